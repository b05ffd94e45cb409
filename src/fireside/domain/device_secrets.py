"""Secrets of persons: of a device, of a link for another device, and recovery codes.

The server keeps only their hashes. A slow hash would add nothing: none can be found by trying.
"""

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

from fireside.domain.errors import NotFound

DEVICE_ID_CHARACTERS = 22
"""Of a hash in base64url: 132 bits, so that no two devices have the same id."""

LINK_BYTES = 16
MAX_SECRET = 300
"""Characters of the longest secret, with some to spare: a link's, which names its person."""

CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Letters and digits without 0, O, 1, I and L, which look alike on paper."""
CODE_GROUPS, CODE_GROUP = 6, 4
CODE_BYTES = CODE_GROUPS * CODE_GROUP * 2
"""Random bytes of a code: two for each character, so that all are about equally likely."""

_DEVICE = re.compile(r"[A-Za-z0-9_-]{43}")
_LINK = re.compile(r"([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{2,240})")
_BETWEEN = re.compile(r"[\s-]+")


class LinkSecret(NamedTuple):
    """A link's secret: the person whose device it adds, and the hash that the server keeps."""

    user_id: str
    hash: str


def is_device_secret(text: str) -> bool:
    """Return whether `text` has the form of a device's secret: 32 bytes in base64url."""
    return _DEVICE.fullmatch(text) is not None


def device_id(secret: str) -> str:
    """Return a device's id, by which the server knows its secret."""
    digest = hashlib.sha256(secret.encode()).digest()
    return base64.urlsafe_b64encode(digest)[:DEVICE_ID_CHARACTERS].decode()


def link_secret(user_id: str, randomness: bytes) -> str:
    """Return the secret of a link that adds a device to the person that it names."""
    return f"{_base64url(randomness)}.{_base64url(user_id.encode())}"


def read_link(secret: str) -> LinkSecret:
    """Return the person that a link's secret names, and its hash.

    Raises:
        NotFound: It is no such secret.
    """
    match = _LINK.fullmatch(secret)
    encoded = "" if match is None else match[2] + "=" * (-len(match[2]) % 4)
    try:
        user_id = base64.b64decode(encoded, b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        user_id = ""
    if not user_id:
        raise NotFound("That is no link of this place", "secret")
    return LinkSecret(user_id, hash_of(secret))


def recovery_code(randomness: bytes) -> str:
    """Return a recovery code made of `CODE_BYTES` random bytes, in groups."""
    pairs = zip(randomness[::2], randomness[1::2], strict=True)
    letters = [CODE_ALPHABET[(high << 8 | low) % len(CODE_ALPHABET)] for high, low in pairs]
    groups = ["".join(letters[n : n + CODE_GROUP]) for n in range(0, len(letters), CODE_GROUP)]
    return " ".join(groups)


def recovery_hash(code: str) -> str:
    """Return what the server keeps of a recovery code; spaces, hyphens and case don't matter."""
    return hash_of(_BETWEEN.sub("", code).upper())


def hash_of(text: str) -> str:
    """Return the SHA-256 of a secret, in hexadecimal."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
