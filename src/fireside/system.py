"""Time and randomness of the operating system, behind the ports `Clock` and `Entropy`."""

import secrets
import time

from fireside.domain.invite import SECRET_BYTES, secret_from
from fireside.domain.message import ENTROPY_BITS

DAY_SECONDS = 86_400


def epoch_ms() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def entropy() -> int:
    """Return `ENTROPY_BITS` random bits."""
    return secrets.randbits(ENTROPY_BITS)


def random_bytes(count: int) -> bytes:
    """Return so many random bytes."""
    return secrets.token_bytes(count)


def new_epoch() -> str:
    """Return a random name for a new store."""
    return secrets.token_hex(8)


def new_secret() -> str:
    """Return a new secret for a link: an invite, or the owner link."""
    return secret_from(secrets.token_bytes(SECRET_BYTES))
