"""Which connections without a WebSocket there are, where they come from, and which give way.

A stranger can open connections without end. So one address has few of them, and when all places
are taken, one that is idle gives way to a client that comes: first one that never sent a byte, as
browsers open some before they know what to ask.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from localgateway.machine.limits import Limits
from localgateway.machine.persons import counted
from localgateway.net.plain_http import HttpProtocol
from localgateway.platform.closing import close_at_once


@dataclass(slots=True)
class _Guest:
    address: str
    """Under which it is counted; empty if it is not."""
    has_begun: bool = False
    """Whether its client sent something."""
    http: HttpProtocol | None = None
    """What answers its requests, once a head was whole."""

    def is_silent(self) -> bool:
        return not self.has_begun

    def is_idle(self) -> bool:
        return self.http is not None and self.http.is_idle()


class HttpConnections:
    """The connections without a WebSocket, the one that has asked for nothing for longest first."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._guests: dict[asyncio.Transport, _Guest] = {}
        self._at: dict[str, dict[asyncio.Transport, None]] = {}
        """The same ones by their addresses."""

    def enter(self, transport: asyncio.Transport, peer: str, forwarded: str | None = None) -> bool:
        """Count a connection under its address, or under another one once that is known.

        Return False if it is one too many there, and no idle one could give way.
        """
        self.leave(transport)
        address, most = counted(peer, forwarded, self._limits), self._limits.address_http
        self._guests[transport] = _Guest(address)
        others = self._at.get(address, {})
        if address and most is not None and len(others) >= most and not self._close_idle(others):
            return False
        self._at.setdefault(address, {})[transport] = None
        return True

    def began(self, transport: asyncio.Transport) -> None:
        """Note that a client has sent a part of its first request."""
        self._guests[transport].has_begun = True

    def asked(self, transport: asyncio.Transport, http: HttpProtocol) -> None:
        """Note that a request came, and what answers it."""
        guest = self._guests.pop(transport)
        guest.has_begun, guest.http = True, http
        self._guests[transport] = guest
        others = self._at[guest.address]
        others[transport] = others.pop(transport)

    def leave(self, transport: asyncio.Transport) -> None:
        """Stop counting a connection, if it is counted."""
        guest = self._guests.pop(transport, None)
        if guest is None:
            return
        others = self._at.get(guest.address, {})
        others.pop(transport, None)
        if not others:
            self._at.pop(guest.address, None)

    def make_room(self) -> bool:
        """Close a silent connection, or the one idle for longest; return whether there was one."""
        return self._close_idle(self._guests)

    def _close_idle(self, among: Iterable[asyncio.Transport]) -> bool:
        guests = self._guests
        silent = (one for one in among if guests[one].is_silent())
        idle = (one for one in among if guests[one].is_idle())
        transport = next(silent, None) or next(idle, None)
        if transport is None:
            return False
        self.leave(transport)
        close_at_once(transport)
        return True
