"""Which connections without a WebSocket there are, where they come from, and which give way.

A stranger can open connections without end. So one address has few of them, and when all places
are taken, one that is idle gives way to a client that comes.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from localgateway.machine.limits import Limits
from localgateway.machine.persons import counted
from localgateway.net.closing import close_at_once
from localgateway.net.plain_http import HttpProtocol


@dataclass(slots=True)
class _Guest:
    address: str
    """Under which it is counted; empty if it is not."""
    http: HttpProtocol | None = None
    """What answers its requests, once a head was whole."""


class Places:
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

    def asked(self, transport: asyncio.Transport, http: HttpProtocol) -> None:
        """Note that a request came, and what answers it."""
        guest = self._guests.pop(transport)
        guest.http = http
        self._guests[transport] = guest

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
        """Close the connection that is idle for longest; return whether there was one."""
        return self._close_idle(self._guests)

    def _close_idle(self, among: Iterable[asyncio.Transport]) -> bool:
        for transport in among:
            http = self._guests[transport].http
            if http is not None and http.is_idle():
                self.leave(transport)
                close_at_once(transport)
                return True
        return False
