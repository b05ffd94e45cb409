"""Calls of AWS through boto3, for the commands that run on a person's computer.

The chat itself does not need boto3; `pip install 'fireside[aws]'` installs it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fireside.adapters.dynamodb.client import Tables
from fireside.console.exits import CannotStart, ExitCode

INSTALL = "pip install 'fireside[aws]'"

LOGIN_PROFILE = (
    "Terraform can't read what `aws login` stores: add a profile with credential_process = aws "
    "configure export-credentials --profile NAME --format process, and set AWS_PROFILE to it "
    "(docs/tutorial/deploy.md, section 1)."
)
"""What makes `aws login` work for Terraform too; unlike exported keys, it is refreshed."""

_CREDENTIALS = (
    "Sign in with `aws sso login` or `aws configure`, or set AWS_PROFILE; with `aws login` it "
    "takes a profile more: docs/tutorial/deploy.md, section 1, says how."
)
_NO_CRT = (
    "boto3 can't read what `aws login` stores without its extra crt, which is not installed: "
    f"{INSTALL}. {LOGIN_PROFILE}"
)
_STILL_EXPIRED = "refreshed credentials are still expired"  # botocore has no exception for it
_EXPIRED = f"Your AWS credentials have expired. {_CREDENTIALS}"
_UNKNOWN = (
    "AWS does not know your credentials, or your account has to enable this Region first. "
    f"{_CREDENTIALS}"
)
_CONNECT_SECONDS, _READ_SECONDS, _TRIES = 5, 20, 3

_CREDENTIAL_ERRORS = {
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "InvalidClientTokenId": _UNKNOWN,
    "UnrecognizedClientException": _UNKNOWN,
    "SignatureDoesNotMatch": f"AWS rejects your secret key, or your clock is wrong. {_CREDENTIALS}",
}
_FORBIDDEN = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
_MISSING = {
    "404",
    "NoSuchBucket",
    "NoSuchEntity",
    "NoSuchKey",
    "NotFound",
    "NotFoundException",
    "ResourceNotFoundException",
}


@dataclass(frozen=True, slots=True)
class FoundCredentials:
    """Where boto3 found this computer's credentials, and until when they are valid."""

    source: str
    """boto3's name for it: `env`, `login`, `sso`, `custom-process` or another."""
    expires_at: float | None = None
    """When exported keys expire, in seconds since 1970; None if unknown, and if refreshed."""

    @property
    def is_login(self) -> bool:
        """Return whether they are those of `aws login`."""
        return self.source == "login"


class AwsError(Exception):
    """AWS rejected a call: `operation` is its name, `code` AWS's error code."""

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
    """Clients of AWS's services, each made at its first call."""

    def __init__(self, region: str | None = None) -> None:
        self._boto3, self._config = _boto3()
        # boto3 does not read this variable, which comes first for the AWS command line.
        region = region or os.environ.get("AWS_REGION") or None
        with translate_errors():
            self._session = self._boto3.session.Session(region_name=region)
        self._clients: dict[tuple[str, str], Any] = {}

    @property
    def region(self) -> str | None:
        """Return the Region that this computer is configured for; None without one."""
        found: str | None = self._session.region_name
        return found

    def regions(self) -> list[str]:
        """Return the Regions that have API Gateway."""
        found: list[str] = self._session.get_available_regions("apigatewayv2")
        return found

    def credentials(self) -> FoundCredentials:
        """Return where this computer's credentials come from.

        Raises:
            CannotStart: There are none, or they have expired.
        """
        with translate_errors():
            found = self._session.get_credentials()
        if found is None:
            sentence = f"This computer has no AWS credentials. {_CREDENTIALS}"
            raise CannotStart(sentence, ExitCode.CLOUD)
        return FoundCredentials(found.method, _exported_until() if found.method == "env" else None)

    def call(
        self, service: str, operation: str, region: str, **fields: object
    ) -> Mapping[str, Any]:
        """Call an operation by its name in boto3, and return the response.

        Raises:
            AwsError: AWS rejected the call.
            CannotStart: There are no valid credentials, or AWS can't be reached.
        """
        with translate_errors():
            answer: Mapping[str, Any] = getattr(self.client(service, region), operation)(**fields)
        return answer

    def pages(
        self, service: str, operation: str, region: str, **fields: object
    ) -> Iterator[Mapping[str, Any]]:
        """Yield every page of an operation's response.

        Raises:
            AwsError: AWS rejected the call.
            CannotStart: As `call` does.
        """
        with translate_errors():
            yield from self.client(service, region).get_paginator(operation).paginate(**fields)

    def tables(self, region: str) -> Tables:
        """Return DynamoDB as the chat's store calls it."""
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
def translate_errors() -> Iterator[None]:
    """Raise AwsError or CannotStart in place of botocore's exceptions.

    Raises:
        AwsError: AWS rejected the call.
        CannotStart: There are no valid credentials, or AWS can't be reached.
    """
    from botocore import exceptions

    try:
        yield
    except exceptions.ClientError as cause:
        error = cause.response.get("Error", {})
        code = str(error.get("Code", "Unknown"))
        if code in _CREDENTIAL_ERRORS:
            raise CannotStart(_CREDENTIAL_ERRORS[code], ExitCode.CLOUD) from cause
        raise AwsError(cause.operation_name, code, str(error.get("Message", ""))) from cause
    except (exceptions.ConnectionError, exceptions.HTTPClientError) as cause:
        sentence = f"AWS can't be reached ({type(cause).__name__}): check your network."
        raise CannotStart(sentence, ExitCode.CLOUD) from cause
    except exceptions.MissingDependencyException as cause:
        raise CannotStart(_NO_CRT, ExitCode.CLOUD) from cause
    except _about_credentials() as cause:
        sentence = f"This computer has no AWS credentials: {cause}. {_CREDENTIALS}"
        raise CannotStart(sentence, ExitCode.CLOUD) from cause
    except exceptions.BotoCoreError as cause:
        sentence = f"boto3 did not call AWS: {cause}. `pip install -U boto3` may help."
        raise CannotStart(sentence, ExitCode.CLOUD) from cause
    except RuntimeError as cause:
        if _STILL_EXPIRED not in str(cause):
            raise
        raise CannotStart(_EXPIRED, ExitCode.CLOUD) from cause


def _about_credentials() -> tuple[type[Exception], ...]:
    """Return botocore's exceptions for credentials that are missing, incomplete or out of date."""
    from botocore import exceptions

    return (
        exceptions.ConfigNotFound,
        exceptions.ConfigParseError,
        exceptions.CredentialRetrievalError,
        exceptions.InvalidConfigError,
        exceptions.LoginError,
        exceptions.MetadataRetrievalError,
        exceptions.NoAuthTokenError,
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.ProfileNotFound,
        exceptions.RefreshWithMFAUnsupportedError,
        exceptions.SSOError,
        exceptions.TokenRetrievalError,
        exceptions.UnknownCredentialError,
        exceptions.UnknownTokenProviderError,
    )


def _exported_until() -> float | None:
    """Return when exported keys expire, in seconds since 1970; None if that was not exported."""
    try:
        until = datetime.fromisoformat(os.environ.get("AWS_CREDENTIAL_EXPIRATION", ""))
    except ValueError:
        return None
    return (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp()


def _boto3() -> tuple[Any, Any]:
    """Import boto3 at its first use, as it is optional and slow to import."""
    try:
        import boto3
        from botocore.config import Config
    except ImportError as cause:
        sentence = f"This command needs boto3 to call AWS, which is not installed: {INSTALL}"
        raise CannotStart(sentence, ExitCode.CLOUD) from cause
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _TRIES},
    )
    return boto3, config
