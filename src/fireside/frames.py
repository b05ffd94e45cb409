"""The frames we send, field by field; `web/src/wire/frames.ts` is generated from this file.

Frames that are not messages lack `timestamp`, `username` or `message`, so that a client that
shows every frame with these three needs to know nothing else.
"""

from typing import Literal, NotRequired, TypeAlias, TypedDict

from fireside.domain.errors import Code


class User(TypedDict):
    """Who the asker is here."""

    userId: str
    username: str


class Room(TypedDict):
    """A room the asker is in, and where its log ends."""

    room: str
    epoch: str
    head: int


class FixedLimits(TypedDict):
    """Limits that are the same wherever the chat runs."""

    textCharacters: int
    usernameMinCharacters: int
    usernameMaxCharacters: int
    nonceCharacters: int
    idCharacters: int
    historyMessages: int
    frameBytes: int


class Limits(FixedLimits):
    """All limits, how often to ping here, and after how long a connection is cut."""

    pingSeconds: int
    lifetimeSeconds: int


class MessageFrame(TypedDict):
    """Something said. The nonce is for its author's own connections only."""

    type: Literal["message"]
    timestamp: str
    username: str
    message: str
    messageId: str
    room: str
    seq: int
    userId: str
    nonce: NotRequired[str]
    replyTo: NotRequired[str]


class AckFrame(TypedDict):
    """A message is kept for good."""

    type: Literal["ack"]
    id: NotRequired[str]
    nonce: str
    messageId: str
    room: str
    seq: int
    timestamp: str
    duplicate: bool


class HistoryFrame(TypedDict):
    """A page; `prev` is the `before` of the older one, `next` the `after` of the newer one."""

    type: Literal["history"]
    id: NotRequired[str]
    room: str
    epoch: str
    messages: list[MessageFrame]
    prev: int | None
    next: int | None
    order: Literal["newest-first", "oldest-first"]


ResumedFrame = TypedDict(
    "ResumedFrame",
    {
        "type": Literal["resumed"],
        "id": NotRequired[str],
        "room": str,
        "epoch": str,
        "from": int,  # a word of Python's own, hence this way of writing it
        "to": int,
        "events": list[MessageFrame],
        "more": bool,
        "reset": bool,
    },
)
ResumedFrame.__doc__ = "What was missed: with `more` ask again from `to`, with `reset` show a gap."


class HelloFrame(TypedDict):
    """Welcome."""

    type: Literal["hello"]
    id: NotRequired[str]
    v: int
    min: int
    user: User
    rooms: list[Room]
    limits: Limits
    features: list[str]
    serverTime: str
    resumed: list[ResumedFrame]


class PongFrame(TypedDict):
    """Where each room ends, so that a lost push is noticed even when nobody speaks again."""

    type: Literal["pong"]
    id: NotRequired[str]
    heads: dict[str, int]
    epoch: dict[str, str]
    serverTime: str


class ErrorFrame(TypedDict):
    """A refusal: `message` is for people, `code` and `retryable` for programs."""

    type: Literal["error"]
    id: NotRequired[str]
    code: Code
    message: str
    field: NotRequired[str]
    retryable: bool
    retryAfterMs: NotRequired[int]


class ClosingFrame(TypedDict):
    """The connection is about to be closed; `again` says whether to come back."""

    type: Literal["closing"]
    reason: str
    again: bool
    retryAfterMs: NotRequired[int]


ServerFrame: TypeAlias = (
    HelloFrame
    | MessageFrame
    | AckFrame
    | HistoryFrame
    | ResumedFrame
    | ErrorFrame
    | ClosingFrame
    | PongFrame
)
