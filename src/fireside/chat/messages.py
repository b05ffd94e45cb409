"""The chat: one method for each command. Storage, network, time and randomness are ports.

The log is the truth and a push is a hint: a message is stored first, and then pushed to the
connections that are in the room at that moment. A client that misses a push, or connects later,
reads the message from the log.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from fireside import wire
from fireside.domain.commands import (
    DEFAULT_PAGE,
    MAX_PAGE,
    Cursor,
    GetHistory,
    Hello,
    Resume,
    SendMessage,
)
from fireside.domain.errors import Busy, NotFound, StorageFailed
from fireside.domain.events import Acknowledged, Head, MessageSent, Page, Pong, Resumed, Welcome
from fireside.domain.message import Draft, Message, Stored
from fireside.ports import (
    Clock,
    Connection,
    ConnectionRegistry,
    Entropy,
    MessageStore,
    Outbound,
)

REBROADCAST_WITHIN_MS = 60_000
"""If a send is repeated within this time after its message was stored, its broadcast is repeated
too: the first may have been lost. Later, clients have found the gap themselves."""

HANDSHAKE_GRACE_MS = 30_000
"""How long a new connection is kept although posts to it answer 410 (gone). It is stored before
its handshake ends, and API Gateway answers 410 until then."""

PING_SECONDS = 25
"""Seconds between two pings of a client, where a ping costs nothing."""

LIFETIME_SECONDS = 7200
"""Seconds until API Gateway closes a connection, even one in use."""


class Chat:
    """The commands of clients, and what to do when a connection opens or closes."""

    def __init__(  # noqa: PLR0913 - three ports, time and randomness, two settings
        self,
        messages: MessageStore,
        connections: ConnectionRegistry,
        outbound: Outbound,
        *,
        clock: Clock,
        entropy: Entropy,
        ping_seconds: int = PING_SECONDS,
        lifetime_seconds: int = LIFETIME_SECONDS,
    ) -> None:
        self.messages = messages
        self.connections = connections
        self.outbound = outbound
        self._clock = clock
        self._entropy = entropy
        self._ping_seconds = ping_seconds
        self._lifetime_seconds = lifetime_seconds

    def connect(self, connection: Connection) -> None:
        """Store a new connection. Nothing can be sent to it until its handshake is over."""
        self.connections.expect(connection)

    def disconnect(self, connection_id: str) -> None:
        """Remove a closed connection."""
        self.connections.remove(connection_id)

    def hello(self, connection: Connection, command: Hello) -> Welcome:
        """Note that a client understands the whole protocol; return its rooms and what it missed.

        The connection is stored before messages are read, so a message that is stored after the
        read is pushed to it.
        """
        self.connections.add(replace(connection, said_hello=True))
        return Welcome(
            connection.user_id,
            connection.username,
            self._heads(connection),
            self._missed(connection, command.resume or {}),
            self._ping_seconds,
            self._lifetime_seconds,
            self._clock(),
        )

    def send_message(
        self, sender: Connection, command: SendMessage, request_id: str
    ) -> Acknowledged:
        """Store the message, broadcast it to the room, and acknowledge it.

        The broadcast fails if the room's members can't be read. With a nonce the sender then gets
        an error: sending again stores nothing twice and repeats the broadcast. Without a nonce
        sending again would store a second message, so the message is acknowledged.
        """
        _require_member(sender, command.room)
        stored = self.messages.append(self._draft(sender, command, request_id))
        try:
            self._broadcast_or_repeat(stored, sender)
        except (Busy, StorageFailed):
            if command.nonce:
                raise
        return Acknowledged(stored.message, stored.duplicate)

    def history(self, connection: Connection, command: GetHistory) -> Page:
        """Return a page of a room's log: the newest, unless the command says otherwise."""
        _require_member(connection, command.room)
        self._restore(connection)
        if command.after is not None:
            found = self.messages.after(command.room, command.after, command.limit)
        else:
            found = self.messages.before(command.room, command.before, command.limit)
        messages, _ = wire.fitting(found, connection.user_id)
        return self._page(command.room, messages, newest_first=command.after is None)

    def resume(self, connection: Connection, command: Resume) -> Resumed:
        """Return what was said after a cursor."""
        _require_member(connection, command.room)
        cursor = Cursor(command.epoch, command.after, command.message_id)
        resumed, _ = self._since(connection, command.room, cursor, wire.PAGE_BYTES)
        return resumed

    def ping(self, connection: Connection) -> Pong:
        """Return the last seq of each of the connection's rooms: a client sees what it missed."""
        self._restore(connection)
        return Pong(self._heads(connection), self._clock())

    # --- broadcasting ---

    def _draft(self, sender: Connection, command: SendMessage, request_id: str) -> Draft:
        return Draft(
            command.room,
            sender.user_id,
            sender.username,
            command.message,
            command.nonce or request_id,
            command.reply_to,
            self._clock(),
            self._entropy(),
        )

    def _broadcast_or_repeat(self, stored: Stored, sender: Connection) -> None:
        if not stored.duplicate:
            self._broadcast(stored.message, sender)
        elif abs(self._clock() - stored.message.timestamp_ms) < REBROADCAST_WITHIN_MS:
            self._rebroadcast(stored.message, sender)

    def _broadcast(self, message: Message, sender: Connection) -> None:
        """Push to the whole room, except to the sender if its acknowledgement is enough for it."""
        members = self.connections.in_room(message.room)
        own = members.by_user.get(message.user_id, ())
        others = members.ids.difference([member.connection_id for member in own])
        own_to_push = [one for one in own if not (one.said_hello and _is_same(one, sender))]
        self._push(message, others, own_to_push)

    def _rebroadcast(self, message: Message, sender: Connection) -> None:
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

    def _push(self, message: Message, others: Collection[str], own: Sequence[Connection]) -> None:
        """Push a message; only the author's own connections see its nonce."""
        self._push_as(None, message, others)
        self._push_as(message.user_id, message, [member.connection_id for member in own])

    def _push_as(self, reader: str | None, message: Message, ids: Collection[str]) -> None:
        """Push a message as `reader` may see it, and forget connections that are gone."""
        if not ids:
            return
        gone = self.outbound.send(ids, wire.encode(MessageSent(message), reader=reader).encode())
        if gone:
            with suppress(
                Busy, StorageFailed
            ):  # the message is stored, and the next push tries again
                self.connections.forget(gone, self._clock() - HANDSHAKE_GRACE_MS)

    # --- reading ---

    def _restore(self, connection: Connection) -> None:
        """Store a connection that was forgotten by mistake: it sends commands, so it is open."""
        if self.connections.get(connection.connection_id) is None:
            self.connections.add(connection)

    def _heads(self, connection: Connection) -> list[Head]:
        epoch = self.messages.epoch
        return [Head(room, epoch, self.messages.head(room)) for room in connection.rooms]

    def _page(self, room: str, messages: Sequence[Message], *, newest_first: bool) -> Page:
        seqs = [message.seq for message in messages]
        prev = min(seqs) if seqs and min(seqs) > 1 else None
        following = max(seqs) if seqs and max(seqs) < self.messages.head(room) else None
        return Page(room, self.messages.epoch, messages, prev, following, newest_first)

    def _missed(self, connection: Connection, cursors: Mapping[str, Cursor]) -> list[Resumed]:
        """Return what follows each cursor; the client sends resume for what does not fit."""
        missed = []
        space = wire.PAGE_BYTES
        for room, cursor in cursors.items():
            if room in connection.rooms:
                resumed, space = self._since(connection, room, cursor, space)
                missed.append(resumed)
        return missed

    def _since(
        self, connection: Connection, room: str, cursor: Cursor, space: int
    ) -> tuple[Resumed, int]:
        """Return what follows a cursor, or the newest page if it is invalid, and the bytes left."""
        head, epoch = self.messages.head(room), self.messages.epoch
        found = self._following(room, cursor)
        if found is None or cursor.after > head:
            return self._newest(connection, room, space)
        messages, space = wire.fitting(found, connection.user_id, space)
        end = messages[-1].seq if messages else cursor.after
        more = end < head
        return Resumed(room, epoch, cursor.after, end, messages, more, reset=False), space

    def _following(self, room: str, cursor: Cursor) -> Sequence[Message] | None:
        """Return the messages after a cursor, None if it is not of this log.

        A cursor that names its message is believed if that message is there, whatever its epoch:
        a store may have been restored under its old epoch, or have a new one and the old log.
        """
        if cursor.message_id is None:
            found = self.messages.after(room, cursor.after, MAX_PAGE)
            is_ours = cursor.epoch == self.messages.epoch
        else:
            page = self.messages.after(room, max(cursor.after - 1, 0), MAX_PAGE + 1)
            found = page[1:]
            named = (cursor.after, cursor.message_id)
            is_ours = bool(page) and (page[0].seq, page[0].message_id) == named
        is_dense = not found or found[0].seq == cursor.after + 1
        return found if is_ours and is_dense else None

    def _newest(self, connection: Connection, room: str, space: int) -> tuple[Resumed, int]:
        head, epoch = self.messages.head(room), self.messages.epoch
        found = self.messages.before(room, None, DEFAULT_PAGE)
        messages, space = wire.fitting(found, connection.user_id, space)
        messages.reverse()
        start = messages[0].seq - 1 if messages else head
        return Resumed(room, epoch, start, head, messages, more=False, reset=True), space


def _require_member(connection: Connection, room: str) -> None:
    if room not in connection.rooms:
        raise NotFound("You are in no room of that name", "room")


def _is_same(one: Connection, other: Connection) -> bool:
    return one.connection_id == other.connection_id
