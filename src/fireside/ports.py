"""What the chat needs from outside: stores, a registry, a way to send, time and randomness."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from fireside.domain.message import Draft, Message, Stored
from fireside.domain.person import AuditEntry, Change, Found, Person

Clock = Callable[[], int]
"""Returns the time in milliseconds since 1970."""

Entropy = Callable[[], int]
"""Returns `ENTROPY_BITS` random bits."""

RandomBytes = Callable[[int], bytes]
"""Returns so many random bytes, for secrets."""

Decide = Callable[[Found], Change]
"""Returns the change to what was found, or raises a `ChatError`; it may be called again."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One open WebSocket and its user.

    A client that said hello understands the whole protocol: it orders messages and drops doubles.
    """

    connection_id: str
    user_id: str
    username: str
    rooms: tuple[str, ...]
    connected_at_ms: int
    said_hello: bool = False
    device: str = ""
    """The id of its device; empty without one."""


@dataclass(frozen=True, slots=True)
class Members:
    """The connections in a room at one moment, with all ids in a set ready for a broadcast."""

    ids: frozenset[str]
    by_user: Mapping[str, Sequence[Connection]]

    @classmethod
    def of(cls, connections: Iterable[Connection]) -> Self:
        """Group connections by user."""
        by_user: defaultdict[str, list[Connection]] = defaultdict(list)
        for connection in connections:
            by_user[connection.user_id].append(connection)
        return cls(frozenset(one.connection_id for own in by_user.values() for one in own), by_user)


class MessageStore(Protocol):
    """One log per room, numbered 1, 2, 3 … without gaps.

    Every method is atomic, or raises `StorageFailed`.
    """

    @property
    def epoch(self) -> str:
        """Return the name of this store; another store, or a restored one, has another name."""

    def append(self, draft: Draft) -> Stored:
        """Append a message to its room's log.

        If its author used this nonce before, store nothing and return that first message.
        """

    def after(self, room: str, seq: int, limit: int) -> list[Message]:
        """Return the messages after `seq`, oldest first."""

    def before(self, room: str, seq: int | None, limit: int) -> list[Message]:
        """Return the messages before `seq` (or the last ones), newest first."""

    def head(self, room: str) -> int:
        """Return the last seq of a room, 0 if it has no message."""


class People(Protocol):
    """The persons, the names that they hold, and what owners and moderators did.

    Every method is atomic, or raises `StorageFailed`.
    """

    @property
    def forgotten(self) -> frozenset[str]:
        """Return the user ids of those who asked to be forgotten; it may be a minute old."""

    def find(self, user_id: str, keys: Sequence[str] = ()) -> Found:
        """Return what is stored of a person, and who has the names of these keys.

        An empty user id is nobody's; then only the names are read.
        """

    def change(self, user_id: str, keys: Sequence[str], decide: Decide) -> Person:
        """Store what `decide` makes of what `find` returns; return the person.

        Nothing else changes the person or takes the names in between. If nothing is to change,
        nothing is written.
        """

    def audit(self, before: str | None, limit: int) -> list[AuditEntry]:
        """Return the entries before the one of this id (or the last ones), newest first."""


class ConnectionRegistry(Protocol):
    """The open connections."""

    def expect(self, connection: Connection) -> None:
        """Store a connection whose handshake is not over.

        If that fails half-way, the connection is in no room, or `forget` can still delete it.
        """

    def add(self, connection: Connection) -> None:
        """Store a connection, and replace what was stored of it."""

    def get(self, connection_id: str) -> Connection | None: ...

    def in_room(self, room: str) -> Members: ...

    def remove(self, connection_id: str) -> None:
        """Delete a connection; does nothing if it is not stored."""

    def forget(self, connection_ids: Iterable[str], older_than_ms: int) -> None:
        """Delete those of the connections that were opened before `older_than_ms`."""


class Outbound(Protocol):
    """Sends frames to connections."""

    def send(self, connection_ids: Iterable[str], data: bytes) -> set[str]:
        """Send `data` to every connection; return those that are gone."""

    def cut(self, connection_ids: Iterable[str], last_frame: bytes) -> None:
        """Send a last frame to connections and close them; one that stays open is only logged."""


class Spending(Protocol):
    """What each person has used, in an hour, counted over all processes."""

    def spend(self, user_id: str, hour: int, messages: int) -> int:
        """Add messages to what a person used in an hour since 1970; return all of it."""
