"""Secrets that people get by link: an invite lets a client connect, the owner link makes an owner.

The server keeps only their hashes.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Collection
from urllib.parse import unquote

SECRET_BYTES = 16
"""Bytes of a secret. 128 random bits can't be guessed, so guesses need no rate limit."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{22,128}")
_IN_LINK = re.compile(rf"(?<![\w-])invite=({_SECRET.pattern})(?![\w-])")
_HASH = re.compile(r"[0-9a-f]{64}")


def secret_from(randomness: bytes) -> str:
    """Return random bytes as base64url, which is valid in a link and in a WebSocket subprotocol."""
    return base64.urlsafe_b64encode(randomness).rstrip(b"=").decode("ascii")


def is_secret(text: str) -> bool:
    """Return whether `text` has the form of an invite's secret."""
    return _SECRET.fullmatch(text) is not None


def hash_of(secret: str) -> str:
    """Return what a server keeps of a secret: its SHA-256 in hexadecimal.

    A slow hash would add nothing: 128 random bits can't be found by trying.
    """
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def is_hash(text: str) -> bool:
    """Return whether `text` is a SHA-256 in lower-case hexadecimal."""
    return _HASH.fullmatch(text) is not None


def opens(secret: str | None, hashes: Collection[str]) -> bool:
    """Return whether the hash of `secret` is one of `hashes`; the time taken reveals nothing else.

    An empty secret is never accepted.
    """
    found = hash_of(secret or "")
    matches = [hmac.compare_digest(found, known) for known in hashes]
    return bool(secret) and any(matches)


def link(address: str, secret: str) -> str:
    """Return the link of an invite to the chat at `address`.

    The secret is in the fragment, which browsers send to no server, so it is in no access log.
    """
    return f"{address.rstrip('/')}/#invite={secret}"


def owner_link(address: str, secret: str) -> str:
    """Return the link that makes the person who opens it an owner of the chat at `address`."""
    return f"{address.rstrip('/')}/#owner={secret}"


def secret_in(text: str) -> str | None:
    """Return the secret in an invite's link, whatever stands around it, or None."""
    if is_secret(text.strip()):
        return text.strip()
    found = _IN_LINK.search(unquote(text))
    return None if found is None else found[1]
