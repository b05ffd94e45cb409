"""Reads single fields of a frame, and says which one is wrong."""

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

from fireside.domain.errors import InvalidCommand, TooLong
from fireside.domain.message import is_message_id

MAX_ID = 64  # characters
MAX_SEQ = 2**53 - 1  # the largest integer that JavaScript represents exactly

Fields: TypeAlias = Mapping[str, object]

Command_co = TypeVar("Command_co", covariant=True)

Parsers: TypeAlias = Mapping[str, Callable[[Fields], Command_co]]
"""What reads the fields of each action."""

_Value = TypeVar("_Value")
_Default = TypeVar("_Default")


def or_default(
    read: Callable[[Fields, str], _Value], fields: Fields, name: str, default: _Default
) -> _Value | _Default:
    """Return a field, or the default if it is absent or null: many clients send every field."""
    return default if fields.get(name) is None else read(fields, name)


def text(fields: Fields, name: str) -> str:
    """Return a text, which may be empty."""
    value = fields.get(name)
    if not isinstance(value, str):
        raise InvalidCommand(f"`{name}` must be text", name)
    return value


def short_text(fields: Fields, name: str, characters: int) -> str:
    """Return a text that is not empty and not too long."""
    value = optional_text(fields, name, characters)
    if value is None:
        raise InvalidCommand(f"`{name}` must be text", name)
    return value


def optional_text(fields: Fields, name: str, characters: int) -> str | None:
    """Return an optional text. An empty one is refused: as an id it would match all others."""
    if fields.get(name) is None:
        return None
    value = text(fields, name)
    if not value:
        raise InvalidCommand(f"`{name}` must not be empty", name)
    if len(value) > characters:
        raise TooLong(f"`{name}` may have at most {characters} characters", name)
    return value


def optional_message_id(fields: Fields, name: str) -> str | None:
    """Return an optional id of a message, which need not exist."""
    value = optional_text(fields, name, MAX_ID)
    if value is not None and not is_message_id(value):
        raise InvalidCommand(f"`{name}` must be a messageId", name)
    return value


def seq(fields: Fields, name: str) -> int:
    """Return a place in a log."""
    value = whole_number(fields, name)
    if not 0 <= value <= MAX_SEQ:
        raise InvalidCommand(f"`{name}` must be a seq", name)
    return value


def whole_number(fields: Fields, name: str) -> int:
    """Return a whole number."""
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidCommand(f"`{name}` must be a whole number", name)
    return value
