"""The chat: one method per thing people can do. What happens outside comes in through the ports.

The log is the truth and a push is a hint: a message is kept first, then told to whoever is in the
room at that moment. Whoever comes in later reads it in the log, so that nobody can miss it.
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
from fireside.domain.message import Draft, Kept, Message
from fireside.ports import (
    Clock,
    Connection,
    ConnectionRegistry,
    Entropy,
    MessageStore,
    Outbound,
)

REPUSH_WITHIN_MS = 60_000
"""A retry heals a push that was lost, but only while somebody may still be waiting for it."""

YOUNG_MS = 30_000
"""A connection is stored while it is being made, and says "gone" until its handshake is over."""

PING_SECONDS = 25
"""How often clients ping where a ping costs nothing."""

LIFETIME_SECONDS = 7200
"""After how long API Gateway cuts a connection, however busy it is."""


class Chat:
    """What people can do. Every method but the first two is asked by a connection."""

    def __init__(  # noqa: PLR0913 - three ports, and the world as functions
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

    def connect(self, asker: Connection) -> None:
        """Let a connection in. Nothing can be sent to it yet; its welcome answers its hello."""
        self.connections.expect(asker)

    def disconnect(self, connection_id: str) -> None:
        """Let a connection go."""
        self.connections.remove(connection_id)

    def hello(self, asker: Connection, command: Hello) -> Welcome:
        """Learn that a connection understands the whole protocol, then tell what it missed.

        Stored first, read second: a message that is not in what is read will be pushed.
        """
        self.connections.add(replace(asker, said_hello=True))
        return Welcome(
            asker.user_id,
            asker.username,
            self._heads(asker),
            self._missed(asker, command.resume or {}),
            self._ping_seconds,
            self._lifetime_seconds,
            self._clock(),
        )

    def send_message(
        self, asker: Connection, command: SendMessage, request_id: str
    ) -> Acknowledged:
        """Keep the message, then tell the room.

        If nobody knows who is in the room, a sender with a nonce is refused: asking again keeps
        nothing twice and tells them after all. Without one it would, so that is acknowledged.
        """
        _require_member(asker, command.room)
        kept = self.messages.append(self._draft(asker, command, request_id))
        try:
            self._tell_of(kept, asker)
        except (Busy, StorageFailed):
            if command.nonce:
                raise
        return Acknowledged(kept.message, kept.duplicate)

    def history(self, asker: Connection, command: GetHistory) -> Page:
        """Read a page: the newest, unless asked otherwise."""
        _require_member(asker, command.room)
        self._put_back(asker)
        if command.after is not None:
            found = self.messages.after(command.room, command.after, command.limit)
        else:
            found = self.messages.before(command.room, command.before, command.limit)
        messages, _ = wire.fitting(found, asker.user_id)
        return self._page(command.room, messages, newest_first=command.after is None)

    def resume(self, asker: Connection, command: Resume) -> Resumed:
        """Tell what was said after a cursor."""
        _require_member(asker, command.room)
        cursor = Cursor(command.epoch, command.after)
        resumed, _ = self._since(asker, command.room, cursor, wire.PAGE_BYTES)
        return resumed

    def ping(self, asker: Connection) -> Pong:
        """Tell where the asker's rooms end, so that it notices what it missed."""
        self._put_back(asker)
        return Pong(self._heads(asker), self._clock())

    # --- telling ---

    def _draft(self, asker: Connection, command: SendMessage, request_id: str) -> Draft:
        return Draft(
            command.room,
            asker.user_id,
            asker.username,
            command.message,
            command.nonce or request_id,
            command.reply_to,
            self._clock(),
            self._entropy(),
        )

    def _tell_of(self, kept: Kept, asker: Connection) -> None:
        if not kept.duplicate:
            self._tell(kept.message, asker)
        elif self._clock() - kept.message.timestamp_ms < REPUSH_WITHIN_MS:
            self._tell_again(kept.message, asker)

    def _tell(self, message: Message, asker: Connection) -> None:
        """Tell everybody in the room, except a connection for which the answer is enough."""
        members = self.connections.in_room(message.room)
        own = members.by_user.get(message.user_id, ())
        others = members.ids.difference([connection.connection_id for connection in own])
        waiting = [one for one in own if not (one.said_hello and _is_same(one, asker))]
        self._push(message, others, waiting)

    def _tell_again(self, message: Message, asker: Connection) -> None:
        """Tell those who drop what they have; a plain client would show it twice."""
        members = self.connections.in_room(message.room)
        listening = [
            connection
            for connections in members.by_user.values()
            for connection in connections
            if connection.said_hello and not _is_same(connection, asker)
        ]
        own = [one for one in listening if one.user_id == message.user_id]
        others = [one.connection_id for one in listening if one.user_id != message.user_id]
        self._push(message, others, own)

    def _push(self, message: Message, others: Collection[str], own: Sequence[Connection]) -> None:
        """Send a message; its nonce to the author's own connections alone."""
        self._send(message, None, others)
        self._send(message, message.user_id, [connection.connection_id for connection in own])

    def _send(self, message: Message, reader: str | None, ids: Collection[str]) -> None:
        if not ids:
            return
        gone = self.outbound.send(ids, wire.encode(MessageSent(message), reader=reader).encode())
        if gone:
            with suppress(Busy, StorageFailed):  # the message is kept; who is gone stays gone
                self.connections.forget(gone, self._clock() - YOUNG_MS)

    # --- reading ---

    def _put_back(self, asker: Connection) -> None:
        """Store a connection that was forgotten too early: it is asking, so it is there."""
        if self.connections.get(asker.connection_id) is None:
            self.connections.add(asker)

    def _heads(self, asker: Connection) -> list[Head]:
        epoch = self.messages.epoch
        return [Head(room, epoch, self.messages.head(room)) for room in asker.rooms]

    def _page(self, room: str, messages: Sequence[Message], *, newest_first: bool) -> Page:
        seqs = [message.seq for message in messages]
        prev = min(seqs) if seqs and min(seqs) > 1 else None
        following = max(seqs) if seqs and max(seqs) < self.messages.head(room) else None
        return Page(room, self.messages.epoch, messages, prev, following, newest_first)

    def _missed(self, asker: Connection, cursors: Mapping[str, Cursor]) -> list[Resumed]:
        """Answer every cursor, in one frame: what does not fit is left to `resume`."""
        missed = []
        space = wire.PAGE_BYTES
        for room, cursor in cursors.items():
            if room in asker.rooms:
                resumed, space = self._since(asker, room, cursor, space)
                missed.append(resumed)
        return missed

    def _since(
        self, asker: Connection, room: str, cursor: Cursor, space: int
    ) -> tuple[Resumed, int]:
        """Read what follows a cursor, or the newest page if it leads nowhere; tell what is left."""
        head, epoch = self.messages.head(room), self.messages.epoch
        found = self.messages.after(room, cursor.after, MAX_PAGE)
        is_cut_off = bool(found) and found[0].seq != cursor.after + 1
        if cursor.epoch != epoch or cursor.after > head or is_cut_off:
            return self._newest(asker, room, space)
        messages, space = wire.fitting(found, asker.user_id, space)
        end = messages[-1].seq if messages else cursor.after
        more = end < head
        return Resumed(room, epoch, cursor.after, end, messages, more, reset=False), space

    def _newest(self, asker: Connection, room: str, space: int) -> tuple[Resumed, int]:
        head, epoch = self.messages.head(room), self.messages.epoch
        found = self.messages.before(room, None, DEFAULT_PAGE)
        messages, space = wire.fitting(found, asker.user_id, space)
        messages.reverse()
        start = messages[0].seq - 1 if messages else head
        return Resumed(room, epoch, start, head, messages, more=False, reset=True), space


def _require_member(asker: Connection, room: str) -> None:
    if room not in asker.rooms:
        raise NotFound("You are in no room of that name", "room")


def _is_same(one: Connection, other: Connection) -> bool:
    return one.connection_id == other.connection_id
