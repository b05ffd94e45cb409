"""What the chat tells clients. `wire.py` turns it into frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fireside.domain.errors import ChatError
from fireside.domain.message import Message


@dataclass(frozen=True, slots=True)
class Head:
    """The last seq of a room's log, and the epoch of its store."""

    room: str
    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class MessageSent:
    """A message was stored."""

    message: Message


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The sender's message is stored."""

    message: Message
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a room's log, and the cursors of the pages before and after it."""

    room: str
    epoch: str
    messages: Sequence[Message]
    prev: int | None
    next: int | None
    newest_first: bool


@dataclass(frozen=True, slots=True)
class Resumed:
    """The messages after `start`; with `reset`, the newest page instead."""

    room: str
    epoch: str
    start: int
    end: int
    messages: Sequence[Message]
    more: bool
    reset: bool


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer to a hello: the user, the ends of its rooms, and what it missed."""

    user_id: str
    username: str
    heads: Sequence[Head]
    resumed: Sequence[Resumed]
    ping_seconds: int
    lifetime_seconds: int
    now_ms: int


@dataclass(frozen=True, slots=True)
class Pong:
    """The last seq of each of the connection's rooms."""

    heads: Sequence[Head]
    now_ms: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A command failed."""

    error: ChatError


@dataclass(frozen=True, slots=True)
class Closing:
    """The server is about to close the connection."""

    reason: str
    again: bool
    retry_after_ms: int | None = None


Event: TypeAlias = MessageSent | Acknowledged | Page | Resumed | Welcome | Pong | Refused | Closing
