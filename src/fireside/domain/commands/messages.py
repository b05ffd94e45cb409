"""The commands of clients. Every frame goes through `decode` and then `parse`.

The fields of a command are those of its frame, in snake case; the browser's types are generated
from them. Every frame may also have an `id`, which the answer repeats.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar, Literal, NoReturn, TypeAlias, TypeGuard, TypeVar

from fireside.domain.errors import InvalidCommand, InvalidJson, TooLong, Unsupported
from fireside.domain.message import clean_text, is_message_id
from fireside.domain.names import LOBBY

VERSION: Literal[1] = 1
"""The only version of the protocol so far."""

MAX_ID = 64  # characters
MAX_NONCE = 64  # characters
MAX_PAGE = 100  # messages
DEFAULT_PAGE = 50  # messages
MAX_SEQ = 2**53 - 1  # the largest integer that JavaScript represents exactly


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
    v: Literal[1]
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


Command: TypeAlias = Hello | SendMessage | GetHistory | Resume | Ping

Fields: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Request:
    """A decoded frame: its fields, and the id that the answer repeats."""

    id: str | None
    fields: Fields


# --- decode: from text to fields -------------------------------------------------------------


def decode(body: object) -> Request:
    """Return the fields of a frame. Only JSON that every parser reads the same way is accepted.

    Raises:
        InvalidJson: The text is not JSON, or has NaN or the same key twice.
        InvalidCommand: It is not an object, or its `id` is invalid.
    """
    fields = _load(body)
    if not isinstance(fields, dict):
        raise InvalidCommand("Send a JSON object")
    return Request(_optional_text(fields, "id", MAX_ID), fields)


def _load(body: object) -> object:
    if not isinstance(body, str):
        raise InvalidJson("Send JSON as text")
    try:
        value = _STRICT.decode(body)
        _refuse_lone_surrogates(body, value)
    except (ValueError, RecursionError) as cause:
        raise InvalidJson("That is not JSON we can read") from cause
    return value


def _refuse_lone_surrogates(body: str, value: object) -> None:
    """Raise ValueError for text that can't be encoded as UTF-8: it would break the broadcast."""
    body.encode()
    if "\\u" in body:
        json.dumps(value, ensure_ascii=False).encode()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("the same key twice")
    return fields


_STRICT = json.JSONDecoder(object_pairs_hook=_refuse_duplicates, parse_constant=_refuse_constant)


# --- readable_id: of a frame that can't be decoded -------------------------------------------


def readable_id(body: object) -> str | None:
    """Return the id in a frame, as far as the frame can be read; None if there is not just one.

    A client can't know what was refused by an answer without an id, and would send it again.
    """
    ids: list[object] = []
    with suppress(ValueError, RecursionError):
        members = _members(body) if isinstance(body, str) else ()
        ids.extend(value for name, value in members if name == "id")
    one = ids[0] if ids else None
    return one if _is_id(one) and ids.count(one) == len(ids) else None


def _members(body: str) -> Iterator[tuple[object, object]]:
    """Yield each name and value of an object. Raises ValueError where it can't be read."""
    before_name = _OPENING.match(body)
    while before_name is not None:
        name, end = _LENIENT.raw_decode(body, before_name.end())
        before_value = _COLON.match(body, end)
        if before_value is None:
            return
        value, end = _LENIENT.raw_decode(body, before_value.end())
        yield name, value
        before_name = _COMMA.match(body, end)


_OPENING, _COLON, _COMMA = (re.compile(rf"\s*{mark}\s*") for mark in ("\ufeff?{", ":", ","))
_LENIENT = json.JSONDecoder(parse_int=float)
"""Takes also NaN, keys twice, lone surrogates and numbers of any length."""


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= MAX_ID and not _SURROGATE.search(value)


_SURROGATE = re.compile("[\ud800-\udfff]")


# --- parse: from fields to a command ---------------------------------------------------------


def parse(route: str, fields: Fields) -> Command:
    """Return the command of a route and a frame's fields. Unknown fields are ignored.

    Raises:
        InvalidCommand: A field is missing or wrong, or there is no action.
        TooLong: A field has too many characters.
        Unsupported: The server does not know that action.
    """
    match route:
        case "sendMessage":
            return _send_message(fields)
        case "getHistory":
            return _get_history(fields)
        case "resume":
            return _resume(fields)
        case "ping":
            return Ping()
        case "hello":
            return _hello(fields)
        case _:
            action = _text(fields, "action")
            raise Unsupported(f"There is no action {action[:MAX_ID]!r}", "action")


def _hello(fields: Fields) -> Hello:
    version = _whole_number(fields, "v")
    if version != VERSION:
        raise Unsupported(f"This server speaks version {VERSION}", "v")
    resume = fields.get("resume")
    if resume is None:
        return Hello(VERSION)
    if not isinstance(resume, dict):
        raise InvalidCommand("`resume` must map rooms to cursors", "resume")
    return Hello(VERSION, {room: _cursor(cursor) for room, cursor in resume.items()})


def _cursor(cursor: object) -> Cursor:
    if not isinstance(cursor, dict):
        raise InvalidCommand("`resume` must map rooms to cursors", "resume")
    return Cursor(
        _text(cursor, "epoch"), _seq(cursor, "after"), _optional_message_id(cursor, "messageId")
    )


def _resume(fields: Fields) -> Resume:
    room, cursor = _text(fields, "room"), _cursor(fields)
    return Resume(room, cursor.epoch, cursor.after, cursor.message_id)


def _send_message(fields: Fields) -> SendMessage:
    return SendMessage(
        clean_text(_text(fields, "message")),
        _room(fields),
        _optional_text(fields, "nonce", MAX_NONCE),
        _optional_message_id(fields, "replyTo"),
    )


def _get_history(fields: Fields) -> GetHistory:
    limit = _or_default(_whole_number, fields, "limit", DEFAULT_PAGE)
    before = _or_default(_seq, fields, "before", None)
    after = _or_default(_seq, fields, "after", None)
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidCommand(f"`limit` must be 1 to {MAX_PAGE}", "limit")
    if before is not None and after is not None:
        raise InvalidCommand("Give `before` or `after`, not both", "after")
    return GetHistory(_room(fields), limit, before, after)


def _room(fields: Fields) -> str:
    return _or_default(_text, fields, "room", LOBBY)


_Value = TypeVar("_Value")
_Default = TypeVar("_Default")


def _or_default(
    read: Callable[[Fields, str], _Value], fields: Fields, name: str, default: _Default
) -> _Value | _Default:
    """Return a field, or the default if it is absent or null: many clients send every field."""
    return default if fields.get(name) is None else read(fields, name)


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise InvalidCommand(f"`{name}` must be text", name)
    return value


def _optional_text(fields: Fields, name: str, characters: int) -> str | None:
    """Return an optional id or nonce. An empty one is refused: it would match all others."""
    if fields.get(name) is None:
        return None
    value = _text(fields, name)
    if not value:
        raise InvalidCommand(f"`{name}` must not be empty", name)
    if len(value) > characters:
        raise TooLong(f"`{name}` may have at most {characters} characters", name)
    return value


def _optional_message_id(fields: Fields, name: str) -> str | None:
    value = _optional_text(fields, name, MAX_ID)
    if value is not None and not is_message_id(value):
        raise InvalidCommand(f"`{name}` must be a messageId", name)
    return value


def _seq(fields: Fields, name: str) -> int:
    value = _whole_number(fields, name)
    if not 0 <= value <= MAX_SEQ:
        raise InvalidCommand(f"`{name}` must be a seq", name)
    return value


def _whole_number(fields: Fields, name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidCommand(f"`{name}` must be a whole number", name)
    return value
