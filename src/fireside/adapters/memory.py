"""The ports in memory: the registry of one machine, and a message store for tests.

The store passes the same contract tests as the others, so nothing needs to be mocked.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from fireside.adapters.memory_people import MemoryPeople, State
from fireside.domain.message import Draft, Message, Stored, Tail, follow
from fireside.ports import Connection, Members


class MemoryStore:
    """Message logs in lists, and people. Undoing a batch removes what was added since it began."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self._logs: defaultdict[str, list[Message]] = defaultdict(list)
        self._by_nonce: dict[tuple[str, str], Message] = {}
        self._appended: list[Message] = []
        self._marks: list[_Mark] = []
        self.people = MemoryPeople()

    def append(self, draft: Draft) -> Stored:
        """Append a message to its room's log.

        If its author used this nonce before, store nothing and return that first message.
        """
        first = self._by_nonce.get((draft.user_id, draft.nonce))
        if first is not None:
            return Stored(first, duplicate=True)
        log = self._logs[draft.room]
        tail = Tail(log[-1].seq, log[-1].timestamp_ms) if log else Tail()
        message = follow(tail, draft)
        log.append(message)
        self._by_nonce[draft.user_id, draft.nonce] = message
        self._appended.append(message)
        return Stored(message, duplicate=False)

    def after(self, room: str, seq: int, limit: int) -> list[Message]:
        """Return the messages after `seq`, oldest first. Without gaps, a seq is also an index."""
        return self._logs[room][seq : seq + limit]

    def before(self, room: str, seq: int | None, limit: int) -> list[Message]:
        """Return the messages before `seq` (or the last ones), newest first."""
        log = self._logs[room]
        end = len(log) if seq is None else min(max(seq - 1, 0), len(log))
        return log[max(end - limit, 0) : end][::-1]

    def head(self, room: str) -> int:
        """Return the last seq of a room, 0 if it has no message."""
        return len(self._logs[room])

    def begin(self) -> None:
        """Start a batch."""
        self._appended.clear()
        self._marks = [self._mark()]

    def savepoint(self) -> None:
        """Set a savepoint: what follows can be undone alone."""
        self._marks.append(self._mark())

    def release(self) -> None:
        """Remove the savepoint; what was done since is part of the batch."""
        self._marks.pop()

    def undo(self) -> None:
        """Undo what was done since the savepoint."""
        self._undo_to(self._marks.pop())

    def commit(self) -> None:
        """Commit the batch."""
        self._marks.clear()

    def rollback(self) -> None:
        """Undo the batch."""
        for mark in self._marks[:1]:
            self._undo_to(mark)
        self._marks.clear()

    def _mark(self) -> "_Mark":
        return _Mark(len(self._appended), self.people.state)

    def _undo_to(self, mark: "_Mark") -> None:
        for message in reversed(self._appended[mark.appended :]):
            self._logs[message.room].pop()
            del self._by_nonce[message.user_id, message.nonce]
        del self._appended[mark.appended :]
        self.people.state = mark.people


class _Mark(NamedTuple):
    """What is undone to: how many messages of the batch there were, and who was known."""

    appended: int
    people: State


class MemoryRegistry:
    """Connections in dicts. Each room's `Members` are cached until they change."""

    def __init__(self) -> None:
        self._connections: dict[str, Connection] = {}
        self._rooms: defaultdict[str, dict[str, Connection]] = defaultdict(dict)
        self._members: dict[str, Members] = {}

    def expect(self, connection: Connection) -> None:
        """Store a connection whose handshake is not over."""
        self.add(connection)

    def add(self, connection: Connection) -> None:
        """Store a connection, and replace what was stored of it."""
        self.remove(connection.connection_id)
        self._connections[connection.connection_id] = connection
        for room in connection.rooms:
            self._rooms[room][connection.connection_id] = connection
            self._members.pop(room, None)

    def get(self, connection_id: str) -> Connection | None:
        return self._connections.get(connection_id)

    def in_room(self, room: str) -> Members:
        if room not in self._members:
            self._members[room] = Members.of(self._rooms[room].values())
        return self._members[room]

    def remove(self, connection_id: str) -> None:
        """Delete a connection; does nothing if it is not stored."""
        connection = self._connections.pop(connection_id, None)
        for room in connection.rooms if connection else ():
            del self._rooms[room][connection_id]
            self._members.pop(room, None)

    def forget(self, connection_ids: Iterable[str], older_than_ms: int) -> None:
        """Delete those of the connections that were opened before `older_than_ms`."""
        for connection_id in connection_ids:
            connection = self.get(connection_id)
            if connection and connection.connected_at_ms < older_than_ms:
                self.remove(connection_id)


class MemorySpending:
    """What each person has used, of one process."""

    def __init__(self) -> None:
        self._used: Counter[tuple[str, int]] = Counter()

    def spend(self, user_id: str, hour: int, messages: int) -> int:
        """Add messages to what a person used in an hour; return all of it."""
        self._used[user_id, hour] += messages
        return self._used[user_id, hour]
