"""Pushes to connections: messages to a room, news to a person, and the last frame before a cut."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

from fireside import wire
from fireside.domain.errors import Busy, StorageFailed
from fireside.domain.events import Closing, Event, MessageSent
from fireside.domain.message import Message
from fireside.domain.names import LOBBY
from fireside.domain.person import Person
from fireside.ports import Clock, Connection, ConnectionRegistry, Outbound

HANDSHAKE_GRACE_MS = 30_000
"""How long a new connection is kept although posts to it answer 410 (gone). It is stored before
its handshake ends, and API Gateway answers 410 until then."""


class Broadcasts:
    """Sends what connections did not ask for, and forgets those that are gone."""

    def __init__(self, connections: ConnectionRegistry, outbound: Outbound, clock: Clock) -> None:
        self.connections = connections
        self.outbound = outbound
        self._clock = clock

    def message(self, message: Message, sender: Connection) -> None:
        """Push to the whole room, except to the sender if its acknowledgement is enough for it."""
        members = self.connections.in_room(message.room)
        own = members.by_user.get(message.user_id, ())
        others = members.ids.difference([member.connection_id for member in own])
        own_to_push = [one for one in own if not (one.said_hello and _is_same(one, sender))]
        self._push(message, others, own_to_push)

    def repeat(self, message: Message, sender: Connection) -> None:
        """Push again, to clients that drop duplicates; a plain client would show it twice."""
        members = self.connections.in_room(message.room)
        listening = [
            member
            for connections in members.by_user.values()
            for member in connections
            if member.said_hello and not _is_same(member, sender)
        ]
        own = [one for one in listening if one.user_id == message.user_id]
        others = [one.connection_id for one in listening if one.user_id != message.user_id]
        self._push(message, others, own)

    def to_person(self, person: Person, event: Event, besides: str = "") -> None:
        """Push an event to the connections of a person's devices, except to the one of this id.

        Who came under the name before it was claimed is not the person. That it can't be sent is
        no failure: the change is stored, and the next hello tells it.
        """
        with suppress(Busy, StorageFailed):
            own = self._of_user(
                person.user_id,
                lambda one: (
                    one.said_hello and one.connection_id != besides and person.has(one.device)
                ),
            )
            self._send(own, event)

    def cut(self, user_id: str, why: Closing, which: Callable[[Connection], bool]) -> None:
        """Close those of a person's connections, after a last frame that says why.

        One that stays open hears nothing more, and is refused at its next frame.
        """
        with suppress(Busy, StorageFailed):
            over = self._of_user(user_id, which)
            if over:
                self.outbound.cut(over, wire.encode(why).encode())
                self._forget(over)

    def put_out(self, user_id: str, which: Callable[[Connection], bool]) -> None:
        """Take those of a person's connections out of all rooms.

        They stay open, and can still show who they are. If that fails, they are refused at their
        next frame anyway.
        """
        with suppress(Busy, StorageFailed):
            self._forget(self._of_user(user_id, which))

    def _forget(self, connection_ids: Collection[str]) -> None:
        if connection_ids:
            self.connections.forget(connection_ids, self._clock() + 1)

    def _of_user(self, user_id: str, which: Callable[[Connection], bool]) -> Sequence[str]:
        """Return the ids of those of a user's connections."""
        own = self.connections.in_room(LOBBY).by_user.get(user_id, ())
        return [one.connection_id for one in own if which(one)]

    def _push(self, message: Message, others: Collection[str], own: Sequence[Connection]) -> None:
        """Push a message; only the author's own connections see its nonce."""
        self._send(others, MessageSent(message))
        own_ids = [member.connection_id for member in own]
        self._send(own_ids, MessageSent(message), reader=message.user_id)

    def _send(self, ids: Collection[str], event: Event, reader: str | None = None) -> None:
        """Push an event as `reader` may see it, and forget connections that are gone."""
        if not ids:
            return
        gone = self.outbound.send(ids, wire.encode(event, reader=reader).encode())
        if gone:
            with suppress(
                Busy, StorageFailed
            ):  # the message is stored, and the next push tries again
                self.connections.forget(gone, self._clock() - HANDSHAKE_GRACE_MS)


def _is_same(one: Connection, other: Connection) -> bool:
    return one.connection_id == other.connection_id
