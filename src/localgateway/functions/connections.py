"""@connections as calls in this process: what a handler says to connections, kept for later.

A handler runs inside a transaction, so what it sends must wait until that is durable. `send`
therefore only queued; the runner takes the queued and the server sends them after the commit.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Broadcast(NamedTuple):
    """The same text for several connections."""

    connection_ids: Sequence[str]
    data: bytes


class Connections:
    """Sends to connections by id. `send` is called by handlers, on the thread that runs them."""

    def __init__(self) -> None:
        self.live: set[str] = set()
        """The open connections; the server keeps it."""
        self._queued: list[Broadcast] = []

    def send(self, connection_ids: Iterable[str], data: bytes) -> set[str]:
        """Send `data` as one text frame to each; return those that are gone."""
        ids = tuple(connection_ids)
        self._queued.append(Broadcast(ids, data))
        return set(ids).difference(self.live)

    def drain(self) -> list[Broadcast]:
        """Take what was said since the last call."""
        queued, self._queued = self._queued, []
        return queued
