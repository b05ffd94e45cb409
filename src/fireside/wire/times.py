"""Times as frames have them."""

from datetime import UTC, datetime
from functools import lru_cache


def timestamp(epoch_ms: int) -> str:
    """Format a time as in RFC 3339, in UTC and with milliseconds."""
    seconds, milliseconds = divmod(epoch_ms, 1_000)
    return f"{_to_the_second(seconds)}.{milliseconds:03}Z"


@lru_cache(maxsize=64)
def _to_the_second(epoch_seconds: int) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def day(days: int) -> str:
    """Format a day since 1970 as in RFC 3339."""
    return _to_the_second(days * 86_400)[:10]
