"""The commands of a conversation: say hello, send, read, and keep the connection open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from fireside.domain.commands.fields import (
    Fields,
    Parsers,
    optional_message_id,
    optional_text,
    or_default,
    seq,
    text,
    whole_number,
)
from fireside.domain.errors import InvalidCommand, Unsupported
from fireside.domain.message import clean_text
from fireside.domain.names import LOBBY

OLDEST, NEWEST = 1, 2
VERSIONS = range(OLDEST, NEWEST + 1)
"""The versions of the protocol; a client names the one that it speaks in its hello."""

MAX_NONCE = 64  # characters
MAX_PAGE = 100  # messages
DEFAULT_PAGE = 50  # messages


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a client has read of a log: epoch, last seq, and the id of that message as a proof."""

    epoch: str
    after: int
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Hello:
    """Start the whole protocol on a connection."""

    action: ClassVar = "hello"
    v: int
    resume: Mapping[str, Cursor] | None = None


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send a message to a room."""

    action: ClassVar = "sendMessage"
    message: str
    room: str = LOBBY
    nonce: str | None = None
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class GetHistory:
    """Read a page of messages: the newest by default."""

    action: ClassVar = "getHistory"
    room: str = LOBBY
    limit: int = DEFAULT_PAGE
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """Read what was said after a cursor."""

    action: ClassVar = "resume"
    room: str
    epoch: str
    after: int
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    """Keep the connection open, and learn the last seq of each room."""

    action: ClassVar = "ping"


MessageCommand: TypeAlias = Hello | SendMessage | GetHistory | Resume | Ping


def _hello(fields: Fields) -> Hello:
    version = whole_number(fields, "v")
    if version not in VERSIONS:
        raise Unsupported(f"This server speaks the versions {OLDEST} to {NEWEST}", "v")
    resume = fields.get("resume")
    if resume is None:
        return Hello(version)
    if not isinstance(resume, dict):
        raise InvalidCommand("`resume` must map rooms to cursors", "resume")
    return Hello(version, {room: _cursor(cursor) for room, cursor in resume.items()})


def _cursor(cursor: object) -> Cursor:
    if not isinstance(cursor, dict):
        raise InvalidCommand("`resume` must map rooms to cursors", "resume")
    return Cursor(
        text(cursor, "epoch"), seq(cursor, "after"), optional_message_id(cursor, "messageId")
    )


def _resume(fields: Fields) -> Resume:
    room, cursor = text(fields, "room"), _cursor(fields)
    return Resume(room, cursor.epoch, cursor.after, cursor.message_id)


def _send_message(fields: Fields) -> SendMessage:
    return SendMessage(
        clean_text(text(fields, "message")),
        _room(fields),
        optional_text(fields, "nonce", MAX_NONCE),
        optional_message_id(fields, "replyTo"),
    )


def _get_history(fields: Fields) -> GetHistory:
    limit = or_default(whole_number, fields, "limit", DEFAULT_PAGE)
    before = or_default(seq, fields, "before", None)
    after = or_default(seq, fields, "after", None)
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidCommand(f"`limit` must be 1 to {MAX_PAGE}", "limit")
    if before is not None and after is not None:
        raise InvalidCommand("Give `before` or `after`, not both", "after")
    return GetHistory(_room(fields), limit, before, after)


def _room(fields: Fields) -> str:
    return or_default(text, fields, "room", LOBBY)


PARSERS: Parsers[MessageCommand] = {
    "hello": _hello,
    "sendMessage": _send_message,
    "getHistory": _get_history,
    "resume": _resume,
    "ping": lambda _: Ping(),
}
