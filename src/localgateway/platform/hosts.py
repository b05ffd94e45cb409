"""Hosts to listen on, and where a server that listens on one of them is reached."""

EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared with, not listened on
"""Hosts that stand for all addresses of this machine, and are none to open in a browser."""

_LOCALHOST = EVERYWHERE | {"127.0.0.1"}
"""Hosts to listen on at which both addresses of `localhost` are the server's own."""


def bracketed(host: str) -> str:
    """Return a host as it stands in a URL, where an IPv6 address has brackets."""
    return f"[{host}]" if ":" in host else host


def reached_at(host: str) -> str:
    """Return the host of a URL at which this machine reaches a server that listens on `host`.

    All addresses are reached over IPv4: a machine may have no IPv6, and then `::` has none either.
    """
    return "127.0.0.1" if host in EVERYWHERE else bracketed(host)


def shown_as(host: str) -> str:
    """Return the host of a URL that a person on this machine opens."""
    return "localhost" if host in _LOCALHOST else bracketed(host)
