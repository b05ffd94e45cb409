"""What Lambda gives a handler: the context object and the environment variables."""

import os
import platform
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

from localgateway.machine.api import Function
from localgateway.machine.events import ACCOUNT, REGION

VERSION = "$LATEST"
Credentials = tuple[str, str]
"""An access key id and its secret."""

NO_CREDENTIALS: Credentials = ("LOCALGATEWAY", "no-secret")
"""What handlers sign with when you have set no credentials, and the gateway takes any key."""

GATEWAY_KEY, GATEWAY_SECRET = "LOCALGATEWAY_ACCESS_KEY_ID", "LOCALGATEWAY_SECRET_ACCESS_KEY"
"""Variables of a function: the gateway's own key, whatever your own one is."""

_CREDENTIAL_SOURCES = frozenset({"AWS_ACCESS_KEY_ID", "AWS_PROFILE"})


class Context:
    """The second argument of a handler, attribute for attribute as in Lambda's Python runtime."""

    def __init__(
        self,
        request_id: str,
        deadline_ms: int,
        environment: Mapping[str, str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        name = environment["AWS_LAMBDA_FUNCTION_NAME"]
        self.aws_request_id = request_id
        self.function_name = name
        self.function_version = environment["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = environment["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = environment["AWS_LAMBDA_LOG_STREAM_NAME"]
        region = environment["AWS_REGION"]
        self.invoked_function_arn = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}"
        self.client_context = None
        self.tenant_id = None
        self.identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self._deadline_ms = deadline_ms
        self._clock = clock

    def get_remaining_time_in_millis(self) -> int:
        """Return how many milliseconds the function may still run."""
        return max(0, self._deadline_ms - int(self._clock() * 1000))

    def log(self, message: object) -> None:
        """Write to the log, as Lambda's context can."""
        print(message, end="", flush=True)  # noqa: T201 - stdout is the log


def new_credentials(name: str = "LOCALGATEWAY") -> Credentials:
    """Return a key that nobody else knows; its id begins with `name`."""
    return name + secrets.token_hex(8).upper(), secrets.token_urlsafe(30)


def environment(  # noqa: PLR0913 - what a process is made of
    function: Function,
    api_name: str,
    code_root: Path,
    inherited: Mapping[str, str],
    credentials: Credentials | None = None,
    *,
    gateway_key: Credentials | None = None,
) -> dict[str, str]:
    """Return a function's variables: yours, then Lambda's, then the function's own."""
    name = f"{api_name}-{function.name}"
    region = inherited.get("AWS_REGION") or inherited.get("AWS_DEFAULT_REGION") or REGION
    version = ".".join(platform.python_version_tuple()[:2])
    day = time.strftime("%Y/%m/%d", time.gmtime())
    return {
        **inherited,
        **_import_path(inherited),
        **_signing(inherited, credentials, gateway_key),
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{version}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_megabytes),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": VERSION,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{day}/[{VERSION}]{os.urandom(16).hex()}",
        "AWS_REGION": region,
        "LAMBDA_TASK_ROOT": str(code_root.resolve()),
        "TZ": ":UTC",
        "_HANDLER": function.handler or "",
        **function.environment,
    }


def _import_path(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return your PYTHONPATH with absolute paths: a handler's process runs in another folder."""
    given = inherited.get("PYTHONPATH")
    if not given:
        return {}
    return {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, given.split(os.pathsep)))}


def _signing(
    inherited: Mapping[str, str], credentials: Credentials | None, gateway_key: Credentials | None
) -> dict[str, str]:
    """Return what handlers sign with: `credentials`, yours, the gateway's, or a made-up pair."""
    found = {}
    if gateway_key is not None:
        found = dict(zip((GATEWAY_KEY, GATEWAY_SECRET), gateway_key, strict=True))
    if credentials is None and not _CREDENTIAL_SOURCES.isdisjoint(inherited):
        return found
    key, secret = credentials or gateway_key or NO_CREDENTIALS
    return found | {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
