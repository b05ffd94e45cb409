"""Sockets that listen: on every address of a host, and on one port."""

import errno
import os
import socket
from collections.abc import Sequence

BACKLOG = 1024
_TRIES = 20
_ABSENT = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
"""Errors of an address that this machine does not have."""

_ADDRESSES = {
    # A socket that takes both families shows IPv4 addresses as IPv6, so there is one for each.
    "::": ("::", "0.0.0.0"),  # noqa: S104 - as asked for
    # Browsers open `localhost` at [::1] first: who listens there alone would be taken for us.
    "0.0.0.0": ("0.0.0.0", "::1"),  # noqa: S104 - the same
    "127.0.0.1": ("127.0.0.1", "::1"),
    "localhost": ("127.0.0.1", "::1"),
}
"""Hosts that stand for more addresses than a look-up gives."""

_Place = tuple[str | int | bytes, ...]
_Address = tuple[socket.AddressFamily, _Place]


def listen(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen on all addresses of `host`.

    `::` stands for IPv4 too, and a host at which `localhost` is reached for both its addresses.

    All have the same port, also where `port` is 0 and the system chooses it.

    Raises:
        OSError: No address of `host` is this machine's, or one of them can't be used.
    """
    names = _ADDRESSES.get(host, (host,))
    addresses = [found for name in names for found in _addresses(name, port)]
    for _ in range(_TRIES if port == 0 else 0):
        try:
            return _listen_on(addresses)
        except OSError as cause:
            if cause.errno != errno.EADDRINUSE:  # else the chosen port is taken on another address
                raise
    return _listen_on(addresses)


def _addresses(host: str, port: int) -> list[_Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _listen_on(addresses: Sequence[_Address]) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    absent = OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    try:
        for family, address in addresses:
            chosen = sockets[0].getsockname()[1] if sockets else address[1]
            try:
                sockets.append(_socket(family, (address[0], chosen, *address[2:])))
            except OSError as cause:
                if cause.errno not in _ABSENT:
                    raise
                absent = cause
    except OSError:
        _close(sockets)
        raise
    if not sockets:
        raise absent
    return sockets


def _socket(family: socket.AddressFamily, address: _Place) -> socket.socket:
    # asyncio sets TCP_NODELAY only where the protocol is named; else a frame may wait 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # on Windows it would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _close(sockets: Sequence[socket.socket]) -> None:
    for listener in sockets:
        listener.close()
