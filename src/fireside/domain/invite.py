"""What an invite is: a secret that opens the door, known to the server by its hash alone."""

import base64
import hashlib
import hmac
import re
from collections.abc import Collection

SECRET_BYTES = 16
"""128 random bits: nobody guesses them, so guesses need not be counted."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{22,128}")
_HASH = re.compile(r"[0-9a-f]{64}")


def secret_from(randomness: bytes) -> str:
    """Write random bytes so that they fit a link and a WebSocket subprotocol: base64url."""
    return base64.urlsafe_b64encode(randomness).rstrip(b"=").decode("ascii")


def is_secret(text: str) -> bool:
    """Tell whether `text` has the form of an invite's secret."""
    return _SECRET.fullmatch(text) is not None


def hash_of(secret: str) -> str:
    """Return what a server keeps of a secret: its SHA-256 in hexadecimal.

    A slow hash would add nothing: nobody finds 128 random bits by trying.
    """
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def is_hash(text: str) -> bool:
    """Tell whether `text` is a SHA-256 in lower-case hexadecimal."""
    return _HASH.fullmatch(text) is not None


def opens(secret: str | None, hashes: Collection[str]) -> bool:
    """Tell whether `secret` is one of those behind `hashes`; the time taken tells nothing else.

    Nothing is no secret, whatever the hashes are.
    """
    found = hash_of(secret or "")
    matches = [hmac.compare_digest(found, known) for known in hashes]
    return bool(secret) and any(matches)


def link(address: str, secret: str) -> str:
    """Write the link that invites to `address`.

    The secret is in the fragment, which browsers send to no server, so it is in no access log.
    """
    return f"{address.rstrip('/')}/#invite={secret}"
