"""What the chat tells people. How it looks on the wire is `wire.py`'s business."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fireside.domain.errors import ChatError
from fireside.domain.message import Message


@dataclass(frozen=True, slots=True)
class Head:
    """Where a room's log ends, and which log it is."""

    room: str
    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class MessageSent:
    """Somebody said something."""

    message: Message


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The asker's message is kept for good."""

    message: Message
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a room's log, and where its neighbours begin."""

    room: str
    epoch: str
    messages: Sequence[Message]
    prev: int | None
    next: int | None
    newest_first: bool


@dataclass(frozen=True, slots=True)
class Resumed:
    """What was missed after `start`; with `reset`, the newest page in its place."""

    room: str
    epoch: str
    start: int
    end: int
    messages: Sequence[Message]
    more: bool
    reset: bool


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer to a hello: who you are here, where things stand, what you missed."""

    user_id: str
    username: str
    heads: Sequence[Head]
    resumed: Sequence[Resumed]
    ping_seconds: int
    lifetime_seconds: int
    now_ms: int


@dataclass(frozen=True, slots=True)
class Pong:
    """Where each of the asker's rooms ends."""

    heads: Sequence[Head]
    now_ms: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The asker's command was not done."""

    error: ChatError


@dataclass(frozen=True, slots=True)
class Closing:
    """The connection is about to be closed on purpose."""

    reason: str
    again: bool
    retry_after_ms: int | None = None


Event: TypeAlias = MessageSent | Acknowledged | Page | Resumed | Welcome | Pong | Refused | Closing
