"""boto3, if it is there: how this program asks AWS from somebody's own machine.

The chat itself needs none of it; `pip install 'fireside[aws]'` brings it along.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fireside.adapters.dynamodb.client import Tables
from fireside.console.exits import CannotStart, ExitCode

INSTALL = "pip install 'fireside[aws]'"

_CREDENTIALS = (
    "Sign in with `aws login`, `aws sso login` or `aws configure`, or set AWS_PROFILE: "
    "docs/tutorial/deploy.md says how."
)
_UNKNOWN = (
    "AWS does not know your credentials, or your account has to enable this Region first. "
    f"{_CREDENTIALS}"
)
_CONNECT_SECONDS, _READ_SECONDS, _TRIES = 5, 20, 3

_REFUSALS = {
    "ExpiredToken": f"Your AWS credentials have expired. {_CREDENTIALS}",
    "ExpiredTokenException": f"Your AWS credentials have expired. {_CREDENTIALS}",
    "InvalidClientTokenId": _UNKNOWN,
    "UnrecognizedClientException": _UNKNOWN,
    "SignatureDoesNotMatch": f"AWS does not take your secret key, or your clock is wrong. "
    f"{_CREDENTIALS}",
}
_FORBIDDEN = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
_MISSING = {
    "404",
    "NoSuchBucket",
    "NoSuchEntity",
    "NotFound",
    "NotFoundException",
    "ResourceNotFoundException",
}


class Refused(Exception):  # noqa: N818 - it says what AWS did
    """AWS said no: `operation` is what was asked, `code` is AWS's word for why."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.operation = operation
        self.code = code

    @property
    def is_forbidden(self) -> bool:
        return self.code in _FORBIDDEN

    @property
    def is_missing(self) -> bool:
        return self.code in _MISSING


class Aws:
    """Clients for AWS's services, each made when it is first asked for."""

    def __init__(self, region: str | None = None) -> None:
        self._boto3, self._config = _boto3()
        # boto3 alone does not know this variable, which the AWS command line puts first.
        region = region or os.environ.get("AWS_REGION") or None
        with plainly():
            self._session = self._boto3.session.Session(region_name=region)
        self._clients: dict[tuple[str, str], Any] = {}

    @property
    def region(self) -> str | None:
        """Say which Region this computer is set to, if any."""
        found: str | None = self._session.region_name
        return found

    def regions(self) -> list[str]:
        """Name the Regions where API Gateway is."""
        found: list[str] = self._session.get_available_regions("apigatewayv2")
        return found

    def ask(self, service: str, operation: str, region: str, **fields: object) -> Mapping[str, Any]:
        """Call one operation, by its name in boto3.

        Raises:
            Refused: AWS said no.
            CannotStart: There are no credentials that count, or AWS can't be reached.
        """
        with plainly():
            answer: Mapping[str, Any] = getattr(self.client(service, region), operation)(**fields)
        return answer

    def pages(
        self, service: str, operation: str, region: str, **fields: object
    ) -> Iterator[Mapping[str, Any]]:
        """Call one operation as often as there are pages.

        Raises:
            Refused: AWS said no.
            CannotStart: As `ask` does.
        """
        with plainly():
            yield from self.client(service, region).get_paginator(operation).paginate(**fields)

    def tables(self, region: str) -> Tables:
        """Return DynamoDB as the chat's own code asks it."""
        from fireside.adapters.dynamodb.boto import BotoTables

        return BotoTables(self.client("dynamodb", region))

    def client(self, service: str, region: str) -> Any:  # noqa: ANN401 - boto3 has no types
        """Return boto3's client of a service."""
        key = service, region
        if key not in self._clients:
            self._clients[key] = self._session.client(
                service, region_name=region, config=self._config
            )
        return self._clients[key]


@contextmanager
def plainly() -> Iterator[None]:
    """Say in a sentence what botocore says in an exception."""
    from botocore import exceptions

    try:
        yield
    except exceptions.ClientError as cause:
        error = cause.response.get("Error", {})
        code = str(error.get("Code", "Unknown"))
        if code in _REFUSALS:
            raise CannotStart(_REFUSALS[code], ExitCode.CLOUD) from cause
        raise Refused(cause.operation_name, code, str(error.get("Message", ""))) from cause
    except (exceptions.ConnectionError, exceptions.HTTPClientError) as cause:
        sentence = f"AWS can't be reached ({type(cause).__name__}): look at your network."
        raise CannotStart(sentence, ExitCode.CLOUD) from cause
    except exceptions.BotoCoreError as cause:
        sentence = f"There are no AWS credentials to be had here: {cause}. {_CREDENTIALS}"
        raise CannotStart(sentence, ExitCode.CLOUD) from cause


def _boto3() -> tuple[Any, Any]:
    """Import it when it is first needed: it is an extra, and slow to import."""
    try:
        import boto3
        from botocore.config import Config
    except ImportError as cause:
        sentence = f"This command talks to AWS through boto3, which is not here: {INSTALL}"
        raise CannotStart(sentence, ExitCode.CLOUD) from cause
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _TRIES},
    )
    return boto3, config
