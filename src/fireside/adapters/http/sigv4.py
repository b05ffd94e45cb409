"""Signs requests to AWS (Signature Version 4) with the standard library alone.

A signer is for requests that differ in path and body only, as posts and database calls do.
The rest is computed once, or once a second, which leaves two digests for each request.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_ALGORITHM = "AWS4-HMAC-SHA256"
_DATE = "x-amz-date"
_TOKEN = "x-amz-security-token"  # noqa: S105 - a header's name


@dataclass(frozen=True, slots=True)
class Credentials:
    """AWS credentials. Temporary ones, as a Lambda function has, come with a token."""

    key_id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


class Signer:
    """Signs requests of one method to one host."""

    def __init__(  # noqa: PLR0913 - everything that is the same for all requests
        self,
        credentials: Credentials,
        *,
        region: str,
        service: str,
        method: str,
        host: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Store what is the same in all requests.

        Args:
            credentials: AWS credentials to sign with.
            region: AWS Region, as `eu-central-1`.
            service: AWS's name of the service, as `execute-api`.
            method: HTTP method.
            host: Value of the Host header, with the port unless it is the default.
            headers: More headers to send and to sign.
        """
        fixed = {name.lower(): " ".join(value.split()) for name, value in (headers or {}).items()}
        fixed["host"] = host
        if credentials.token:
            fixed[_TOKEN] = credentials.token
        self._fixed = fixed
        self._names = sorted([*fixed, _DATE])
        self._credentials = credentials
        self._region, self._service, self._method = region, service, method
        self._day = ""
        self._hmac = _hmac(b"")
        self._second = -1
        self._canonical = self._to_sign = self._lines = ""
        self._body = b""
        self._body_digest = hashlib.sha256(b"").hexdigest()

    def sign(self, path: str, body: bytes, epoch_seconds: float) -> str:
        r"""Return the header lines to send, each with its `\r\n`.

        `path` is percent-encoded: everything but letters, digits, `-._~` and slashes. Segments
        that are only dots, double slashes and queries are not supported.
        """
        if int(epoch_seconds) != self._second:
            self._renew(int(epoch_seconds))
        if body is not self._body:  # a broadcast is one body to many
            self._body, self._body_digest = body, hashlib.sha256(body).hexdigest()
        # AWS signs an encoded path encoded once more, and only the percent signs need that.
        twice = path.replace("%", "%25")
        canonical = f"{self._method}\n{twice}\n{self._canonical}{self._body_digest}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        signature = self._hmac(f"{self._to_sign}{digest}".encode())
        return f"{self._lines}{signature}\r\n"

    def _renew(self, second: int) -> None:
        """Compute what is the same for one second, and the key, which is the same for one day."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
        scope = f"{stamp[:8]}/{self._region}/{self._service}/aws4_request"
        if stamp[:8] != self._day:
            self._day, self._hmac = stamp[:8], _hmac(_key(self._credentials.secret, scope))
        values = {**self._fixed, _DATE: stamp}
        signed = "".join(f"{name}:{values[name]}\n" for name in self._names)
        names = ";".join(self._names)
        self._canonical = f"\n{signed}\n{names}\n"
        self._to_sign = f"{_ALGORITHM}\n{stamp}\n{scope}\n"
        sent = "".join(f"{name}: {value}\r\n" for name, value in values.items())
        signer = f"Credential={self._credentials.key_id}/{scope}"
        self._lines = (
            f"{sent}authorization: {_ALGORITHM} {signer}, SignedHeaders={names}, Signature="
        )
        self._second = second


def _hmac(key: bytes) -> Callable[[bytes], str]:
    """Return a function that computes a text's HMAC (RFC 2104) with this key, in hexadecimal.

    It hashes the key only once. `hmac` hashes it for each text, which takes 2.5 times as long.
    """
    padded = key.ljust(hashlib.sha256().block_size, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def digest(text: bytes) -> str:
        inner_copy, outer_copy = inner.copy(), outer.copy()
        inner_copy.update(text)
        outer_copy.update(inner_copy.digest())
        return outer_copy.hexdigest()

    return digest


def _key(secret: str, scope: str) -> bytes:
    """Return the key for a day, a Region and a service."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
