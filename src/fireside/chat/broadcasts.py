"""Pushes to connections: messages to a room, news to a person, and the last frame before a cut."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

from fireside import wire
from fireside.domain.errors import Busy, StorageFailed
from fireside.domain.events import Closing, Event, MessageSent
from fireside.domain.message import Message
from fireside.domain.names import LOBBY
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

    def to_person(self, user_id: str, event: Event, besides: str = "") -> None:
        """Push an event to a person's connections, except to the one of this id.

        That it can't be sent is no failure: the change is stored, and the next hello tells it.
        """
        with suppress(Busy, StorageFailed):
            own = self._of_person(user_id)
            ids = [o.connection_id for o in own if o.said_hello and o.connection_id != besides]
            self._send(ids, event)

    def cut(self, user_id: str, why: Closing, which: Callable[[Connection], bool]) -> None:
        """Close those of a person's connections, after a last frame that says why.

        One that stays open hears nothing more, and is refused at its next frame.
        """
        with suppress(Busy, StorageFailed):
            over = self.put_out(user_id, which)
            if over:
                self.outbound.cut(over, wire.encode(why).encode())

    def put_out(self, user_id: str, which: Callable[[Connection], bool]) -> Sequence[str]:
        """Take those of a person's connections out of all rooms; return their ids.

        They stay open, and can still show who they are.
        """
        over = [one.connection_id for one in self._of_person(user_id) if which(one)]
        if over:
            self.connections.forget(over, self._clock() + 1)
        return over

    def _of_person(self, user_id: str) -> Sequence[Connection]:
        return self.connections.in_room(LOBBY).by_user.get(user_id, ())

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
