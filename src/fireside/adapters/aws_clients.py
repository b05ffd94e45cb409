"""Makes the AWS clients of a function: the built-in ones, or boto3.

`FIRESIDE_AWS_CLIENT=boto3` chooses boto3, which is imported only then.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from fireside.adapters.dynamodb.client import Tables
from fireside.adapters.dynamodb.http import DynamoDbApi
from fireside.adapters.http.pool import Pool
from fireside.adapters.http.sigv4 import Credentials
from fireside.adapters.http.tls import context_for
from fireside.adapters.outbound.ending import ConnectionsEnder, Ender
from fireside.adapters.outbound.http import ConnectionsApi
from fireside.adapters.outbound.lambda_invoke import Functions, LambdaApi
from fireside.adapters.outbound.posting import Poster
from fireside.domain.hosts import DEFAULT_PORTS

CLIENT = "FIRESIDE_AWS_CLIENT"


def tables(environ: Mapping[str, str]) -> Tables:
    """Return a client for DynamoDB."""
    region = environ["AWS_REGION"]
    endpoint = environ.get("AWS_ENDPOINT_URL_DYNAMODB", f"https://dynamodb.{region}.amazonaws.com")
    if _is_boto3(environ):
        from fireside.adapters.dynamodb.boto import BotoTables  # noqa: PLC0415 - takes 200 ms

        return BotoTables.connect(region, endpoint)
    return DynamoDbApi(endpoint, region, credentials(environ), tls=context_for(environ, endpoint))


def outbound(environ: Mapping[str, str], endpoint: str) -> Poster:
    """Return a client for the connections of the API at `endpoint`, `https://HOST/STAGE`."""
    region = environ["AWS_REGION"]
    if _is_boto3(environ):
        from fireside.adapters.outbound.boto import BotoConnections  # noqa: PLC0415 - the same

        return BotoConnections.connect(endpoint, region)
    return ConnectionsApi(endpoint, region, credentials(environ), pool_to(environ, endpoint))


def ender(environ: Mapping[str, str], endpoint: str) -> Ender:
    """Return a client that ends connections of the API at `endpoint`."""
    region = environ["AWS_REGION"]
    if _is_boto3(environ):
        from fireside.adapters.outbound.boto import BotoEnder  # noqa: PLC0415 - the same

        return BotoEnder.connect(endpoint, region)
    return ConnectionsEnder(endpoint, region, credentials(environ), pool_to(environ, endpoint))


def functions(environ: Mapping[str, str]) -> Functions:
    """Return a client that invokes Lambda functions."""
    region = environ["AWS_REGION"]
    endpoint = environ.get("AWS_ENDPOINT_URL_LAMBDA", f"https://lambda.{region}.amazonaws.com")
    if _is_boto3(environ):
        from fireside.adapters.outbound.boto import BotoFunctions  # noqa: PLC0415 - the same

        return BotoFunctions.connect(region, endpoint)
    pool = pool_to(environ, endpoint)
    return LambdaApi(urlsplit(endpoint).netloc, region, credentials(environ), pool)


def pool_to(environ: Mapping[str, str], endpoint: str) -> Pool:
    """Return a pool for an endpoint; its first exchange opens connections."""
    url = urlsplit(endpoint)
    assert url.hostname is not None
    port = url.port or DEFAULT_PORTS[url.scheme]
    return Pool(url.hostname, port, tls=context_for(environ, endpoint))


def credentials(environ: Mapping[str, str]) -> Credentials:
    """Return the function's credentials, which Lambda puts into the environment."""
    return Credentials(
        environ["AWS_ACCESS_KEY_ID"],
        environ["AWS_SECRET_ACCESS_KEY"],
        environ.get("AWS_SESSION_TOKEN"),
    )


def _is_boto3(environ: Mapping[str, str]) -> bool:
    """Return whether boto3 was chosen.

    Raises:
        ValueError: The value is unknown.
    """
    chosen = environ.get(CLIENT, "builtin")
    if chosen not in {"builtin", "own", "boto3"}:  # own: the old name of builtin
        raise ValueError(f"{CLIENT} is {chosen!r}: set it to builtin or boto3, or leave it out")
    return chosen == "boto3"
