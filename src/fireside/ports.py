"""What the chat needs of the world: a store, a registry, a way out, the time and some chance."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from fireside.domain.message import Draft, Kept, Message

Clock = Callable[[], int]
"""Gives the time in milliseconds since 1970."""

Entropy = Callable[[], int]
"""Gives `ENTROPY_BITS` random bits."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One open WebSocket and whose it is. Who said hello can put messages in order by itself."""

    connection_id: str
    user_id: str
    username: str
    rooms: tuple[str, ...]
    connected_at_ms: int
    said_hello: bool = False


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in a room at one moment. The ids stand ready, so a broadcast need not visit rows."""

    ids: frozenset[str]
    by_user: Mapping[str, Sequence[Connection]]

    @classmethod
    def of(cls, connections: Iterable[Connection]) -> Self:
        """Find each person's connections."""
        by_user: defaultdict[str, list[Connection]] = defaultdict(list)
        for connection in connections:
            by_user[connection.user_id].append(connection)
        return cls(frozenset(one.connection_id for own in by_user.values() for one in own), by_user)


class MessageStore(Protocol):
    """One log per room, dense from 1. Every verb is one atomic step, or raises `StorageFailed`."""

    @property
    def epoch(self) -> str:
        """Name this store; another one, or a restored one, has another name."""

    def append(self, draft: Draft) -> Kept:
        """Keep a message behind the tail; under a nonce its author used, return the first."""

    def after(self, room: str, seq: int, limit: int) -> list[Message]:
        """Return what follows `seq`, oldest first."""

    def before(self, room: str, seq: int | None, limit: int) -> list[Message]:
        """Return what precedes `seq` (or the end), newest first."""

    def head(self, room: str) -> int:
        """Return the last seq of a room, 0 when nothing was said."""


class ConnectionRegistry(Protocol):
    """The open connections."""

    def expect(self, connection: Connection) -> None:
        """Store a connection whose handshake is not over.

        If that fails, it is in no room, or a post that finds it gone can forget it.
        """

    def add(self, connection: Connection) -> None:
        """Store a connection, in place of what was known of it."""

    def get(self, connection_id: str) -> Connection | None: ...

    def in_room(self, room: str) -> Members: ...

    def remove(self, connection_id: str) -> None:
        """Drop a connection; that it was dropped before is normal."""

    def forget(self, connection_ids: Iterable[str], older_than_ms: int) -> None:
        """Drop those of the connections that were made before `older_than_ms`."""


class Outbound(Protocol):
    """The way to the people."""

    def send(self, connection_ids: Iterable[str], data: bytes) -> set[str]:
        """Send `data` to every connection; return those that are gone."""
