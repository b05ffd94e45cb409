"""Read and check AWS Signature Version 4 on a request to @connections or Invoke."""

import hashlib
import hmac
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

SERVICE = "execute-api"
CLOCK_SKEW_SECONDS = 300

_ALGORITHM = "AWS4-HMAC-SHA256"
_STAMP = "%Y%m%dT%H%M%SZ"
_UNSIGNED_BODY = "UNSIGNED-PAYLOAD"
_CREDENTIAL = re.compile(r"([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request")
_HEADER_NAMES = re.compile(r"[!#-'*+.0-9A-Z^_`a-z|~-]+(;[!#-'*+.0-9A-Z^_`a-z|~-]+)*")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")


class BadSignature(Exception):  # noqa: N818 - it says what happened
    """The request is refused. `kind` is AWS's name of the error."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it came over the wire: the path and the query are still encoded."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        """Return all values of a header, whatever its case, with single spaces."""
        return [" ".join(v.split()) for k, v in self.headers if k.lower() == name]

    def value(self, name: str) -> str:
        """Return a header as one text, empty when it is absent."""
        return ",".join(self.values(name))


@dataclass(frozen=True, slots=True)
class Signature:
    """The fields of an Authorization header."""

    key_id: str
    date: str
    region: str
    service: str
    header_names: tuple[str, ...]
    hex_digest: str

    @property
    def scope(self) -> str:
        """The scope of the signing key: a day, a Region and a service."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def read(request: SignedRequest) -> Signature:
    """Return the signature of a request, without verifying it.

    Raises:
        BadSignature: There is none, or it is not well formed.
    """
    text = request.value("authorization")
    if not text:
        raise BadSignature("MissingAuthenticationTokenException", "Missing Authentication Token")
    algorithm, _, rest = text.partition(" ")
    pairs = (part.strip().partition("=") for part in rest.split(","))
    fields = {name: value for name, _, value in pairs}
    credential = _CREDENTIAL.fullmatch(fields.get("Credential", ""))
    names, digest = fields.get("SignedHeaders", ""), fields.get("Signature", "")
    if (
        algorithm != _ALGORITHM
        or credential is None
        or not _HEADER_NAMES.fullmatch(names)
        or not _SIGNATURE.fullmatch(digest)
    ):
        raise _incomplete(
            "Authorization must be AWS4-HMAC-SHA256 with Credential, SignedHeaders and Signature"
        )
    key_id, date, region, service = credential.groups()
    return Signature(key_id, date, region, service, tuple(names.split(";")), digest)


def check_head(
    request: SignedRequest, secrets: Mapping[str, str], now: datetime, *, service: str = SERVICE
) -> Signature:
    """Return the signature of a request that says it was signed now, for this service and key.

    That needs no body, so nothing is read of a request that can't be valid.

    Raises:
        BadSignature: It says something else.
    """
    signature = read(request)
    if signature.service != service:
        raise _mismatch(f"Credential should be scoped to correct service: '{service}'.")
    if "host" not in signature.header_names:
        raise _mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization.")
    stamp = _stamp(request)
    if not stamp.startswith(signature.date):
        raise _mismatch("Date in Credential scope does not match YYYYMMDD from the request's date")
    if abs((now - _moment(stamp)).total_seconds()) > CLOCK_SKEW_SECONDS:
        raise _mismatch(f"Signature expired: {stamp} is not within 5 min. of {now:{_STAMP}}")
    if signature.key_id not in secrets:
        raise BadSignature(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )
    return signature


def verify(
    request: SignedRequest, secrets: Mapping[str, str], now: datetime, *, service: str = SERVICE
) -> None:
    """Verify that a request was signed now, for this service, with a known key.

    Raises:
        BadSignature: It was not.
    """
    signature = check_head(request, secrets, now, service=service)
    expected = sign(request, signature, _stamp(request), secrets[signature.key_id])
    if not hmac.compare_digest(expected, signature.hex_digest) or not _is_signed_body(request):
        raise _mismatch(
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method."
        )


def sign(request: SignedRequest, signature: Signature, stamp: str, secret: str) -> str:
    """Return the signature that a request must carry, in hexadecimal."""
    canonical = _canonical(request, signature.header_names)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{_ALGORITHM}\n{stamp}\n{signature.scope}\n{digest}"
    key = f"AWS4{secret}".encode()
    for part in (*signature.scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


def _canonical(request: SignedRequest, header_names: Sequence[str]) -> str:
    """Return the canonical request, which both sides sign."""
    return "\n".join(
        [
            request.method.upper(),
            quote(_plain_path(request.path), safe="/~"),
            "&".join("=".join(pair) for pair in _parameters(request.query)),
            *(f"{name}:{request.value(name)}" for name in header_names),
            "",
            ";".join(header_names),
            request.value("x-amz-content-sha256") or hashlib.sha256(request.body).hexdigest(),
        ]
    )


def _plain_path(path: str) -> str:
    """Return the path without dots and double slashes; a slash at the end stays."""
    plain = "/" + posixpath.normpath(f"/{path}").lstrip("/")
    return f"{plain}/" if path.endswith("/") and plain != "/" else plain


def _parameters(query: str) -> list[tuple[str, str]]:
    pairs = (pair.partition("=") for pair in query.split("&") if query)
    return sorted((name, value) for name, _, value in pairs)


def _is_signed_body(request: SignedRequest) -> bool:
    """Return whether the digest that was signed in place of the body is the body's."""
    signed = request.value("x-amz-content-sha256")
    return signed in ("", _UNSIGNED_BODY, hashlib.sha256(request.body).hexdigest())


def _stamp(request: SignedRequest) -> str:
    stamp = request.value("x-amz-date")
    if not stamp:
        raise _incomplete("Authorization header requires existence of 'X-Amz-Date'.")
    return stamp


def _moment(stamp: str) -> datetime:
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError as cause:
        raise _incomplete("X-Amz-Date must be in ISO8601 'basic format'.") from cause


def _incomplete(text: str) -> BadSignature:
    return BadSignature("IncompleteSignatureException", text)


def _mismatch(text: str) -> BadSignature:
    return BadSignature("InvalidSignatureException", text)
