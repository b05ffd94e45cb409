"""How a request shows that it came through a proxy.

A proxy on this machine makes the whole world look like this machine. Most of them say in a header
that they are there; one that does not can't be told from a program here.
"""

from collections.abc import Iterable

_ADDED = frozenset({"forwarded", "via", "x-real-ip", "cf-connecting-ip"})
_PREFIX = "x-forwarded-"


def proxy_header(names: Iterable[str]) -> str | None:
    """Return the first header name that a proxy has added; None without one."""
    for name in names:
        if name.lower() in _ADDED or name.lower().startswith(_PREFIX):
            return name
    return None
