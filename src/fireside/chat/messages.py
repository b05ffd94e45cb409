"""The conversation: what is said, and what others hear of it.

The log is the truth and a push is a hint: a message is stored first, and then pushed to the
connections that are in the room at that moment. A client that misses a push, or connects later,
reads the message from the log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fireside import wire
from fireside.chat.broadcasts import Broadcasts
from fireside.chat.door import Sender
from fireside.domain.commands.messages import (
    DEFAULT_PAGE,
    MAX_PAGE,
    Cursor,
    GetHistory,
    Hello,
    Resume,
    SendMessage,
)
from fireside.domain.errors import Busy, Forbidden, NotFound, StorageFailed
from fireside.domain.events import Acknowledged, Head, Page, Pong, Resumed, Welcome
from fireside.domain.message import Draft, Message, Stored
from fireside.domain.person import FORGOTTEN
from fireside.domain.standing import NamesRule
from fireside.ports import Clock, Connection, ConnectionRegistry, Entropy, MessageStore, People

REBROADCAST_WITHIN_MS = 60_000
"""If a send is repeated within this time after its message was stored, its broadcast is repeated
too: the first may have been lost. Later, clients have found the gap themselves."""


class Conversation:
    """What is said in the rooms."""

    def __init__(  # noqa: PLR0913 - what a conversation is made of, and three settings
        self,
        messages: MessageStore,
        connections: ConnectionRegistry,
        people: People,
        broadcasts: Broadcasts,
        *,
        clock: Clock,
        entropy: Entropy,
        ping_seconds: int,
        lifetime_seconds: int,
        names: NamesRule,
    ) -> None:
        self.messages = messages
        self.connections = connections
        self._people = people
        self._broadcasts = broadcasts
        self._clock = clock
        self._entropy = entropy
        self._ping_seconds = ping_seconds
        self._lifetime_seconds = lifetime_seconds
        self._names: NamesRule = names

    def hello(self, sender: Sender, command: Hello) -> Welcome:
        """Note that a client understands the whole protocol; return its rooms and what it missed.

        The connection is stored before messages are read, so a message that is stored after the
        read is pushed to it.
        """
        connection = replace(sender.connection, said_hello=True)
        self.connections.add(connection)
        return Welcome(
            sender.myself,
            command.v,
            self._names == "open",
            self._heads(connection),
            self._missed(connection, command.resume or {}),
            self._ping_seconds,
            self._lifetime_seconds,
            self._clock(),
        )

    def send_message(self, sender: Sender, command: SendMessage, request_id: str) -> Acknowledged:
        """Store the message, broadcast it to the room, and acknowledge it.

        The broadcast fails if the room's members can't be read. With a nonce the sender then gets
        an error: sending again stores nothing twice and repeats the broadcast. Without a nonce
        sending again would store a second message, so the message is acknowledged.
        """
        _require_member(sender.connection, command.room)
        self._require_voice(sender)
        stored = self.messages.append(self._draft(sender, command, request_id))
        try:
            self._broadcast_or_repeat(stored, sender.connection)
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
        messages, _ = wire.fitting(self._shown(found), connection.user_id)
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

    # --- sending ---

    def _require_voice(self, sender: Sender) -> None:
        """Raise `Forbidden` if the person may only read for now."""
        person = sender.person
        if person is not None and person.muted_until_ms > self._clock():
            until = wire.timestamp(person.muted_until_ms)
            raise Forbidden(f"You may read but not write until {until}")

    def _draft(self, sender: Sender, command: SendMessage, request_id: str) -> Draft:
        return Draft(
            command.room,
            sender.connection.user_id,
            sender.connection.username,
            command.message,
            command.nonce or request_id,
            command.reply_to,
            self._clock(),
            self._entropy(),
            is_unclaimed=sender.person is None,
        )

    def _broadcast_or_repeat(self, stored: Stored, sender: Connection) -> None:
        if not stored.duplicate:
            self._broadcasts.message(stored.message, sender)
        elif abs(self._clock() - stored.message.timestamp_ms) < REBROADCAST_WITHIN_MS:
            self._broadcasts.repeat(stored.message, sender)

    # --- reading ---

    def _restore(self, connection: Connection) -> None:
        """Store a connection that was forgotten by mistake: it sends commands, so it is open."""
        if self.connections.get(connection.connection_id) is None:
            self.connections.add(connection)

    def _heads(self, connection: Connection) -> list[Head]:
        epoch = self.messages.epoch
        return [Head(room, epoch, self.messages.head(room)) for room in connection.rooms]

    def _shown(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Return messages without the names of those who asked to be forgotten."""
        forgotten = self._people.forgotten
        if not forgotten:
            return messages
        return [
            replace(one, username=FORGOTTEN) if one.user_id in forgotten else one
            for one in messages
        ]

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
        messages, space = wire.fitting(self._shown(found), connection.user_id, space)
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
        messages, space = wire.fitting(self._shown(found), connection.user_id, space)
        messages.reverse()
        start = messages[0].seq - 1 if messages else head
        return Resumed(room, epoch, start, head, messages, more=False, reset=True), space


def _require_member(connection: Connection, room: str) -> None:
    if room not in connection.rooms:
        raise NotFound("You are in no room of that name", "room")
