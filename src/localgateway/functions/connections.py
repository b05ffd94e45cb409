"""@connections as calls in this process: what a handler says to connections, kept for later.

A handler runs inside a transaction, so what it sends must wait until that is durable. `send`
therefore only notes; the runner takes the notes and the server sends them after the commit.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Push(NamedTuple):
    """The same text for several connections."""

    connection_ids: Sequence[str]
    data: bytes


class Connections:
    """Sends to connections by id. `send` is called by handlers, on the thread that runs them."""

    def __init__(self) -> None:
        self.live: set[str] = set()
        """The open connections; the server keeps it."""
        self._notes: list[Push] = []

    def send(self, connection_ids: Iterable[str], data: bytes) -> set[str]:
        """Send `data` as one text frame to each; return those that are gone."""
        ids = tuple(connection_ids)
        self._notes.append(Push(ids, data))
        return set(ids).difference(self.live)

    def take(self) -> list[Push]:
        """Take what was said since the last call."""
        notes, self._notes = self._notes, []
        return notes
