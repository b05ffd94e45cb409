"""@connections as calls in this process: what handlers send is queued until it is durable.

A handler runs inside a transaction, so what it sends must wait for the commit. `send` only
queues; after each handler the runner drains the queue, and after the commit the server sends.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Broadcast(NamedTuple):
    """One text for several connections, which are closed after it if it is their last."""

    connection_ids: Sequence[str]
    data: bytes
    is_last: bool = False


class Connections:
    """Sends to connections by id. `send` is called by handlers, on the thread that runs them."""

    def __init__(self) -> None:
        self.live: set[str] = set()
        """Ids of the open connections; the server keeps it up to date."""
        self._queued: list[Broadcast] = []

    def send(self, connection_ids: Iterable[str], data: bytes) -> set[str]:
        """Queue `data` as one text frame to each connection; return those that are gone."""
        ids = tuple(connection_ids)
        self._queued.append(Broadcast(ids, data))
        return set(ids).difference(self.live)

    def cut(self, connection_ids: Iterable[str], last_frame: bytes) -> None:
        """Queue a last text frame to each connection, and its close."""
        self._queued.append(Broadcast(tuple(connection_ids), last_frame, is_last=True))

    def drain(self) -> list[Broadcast]:
        """Return what was sent since the last call, and empty the queue."""
        queued, self._queued = self._queued, []
        return queued
