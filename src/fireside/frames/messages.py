"""The frames of a conversation, and errors."""

from typing import Literal, NotRequired, TypedDict

from fireside.domain.errors import Code
from fireside.frames.people import Place, User


class Room(TypedDict):
    """A room this connection is in, and the last seq of its log."""

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
    """All limits, seconds between pings, and seconds until a connection is closed."""

    pingSeconds: int
    lifetimeSeconds: int


class MessageFrame(TypedDict):
    """A message. Only its author's own connections see the nonce.

    `unclaimed`: it was sent under a name that belonged to no person.
    """

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
    unclaimed: NotRequired[Literal[True]]


class AckFrame(TypedDict):
    """The sender's message is stored."""

    type: Literal["ack"]
    id: NotRequired[str]
    nonce: str
    messageId: str
    room: str
    seq: int
    timestamp: str
    duplicate: bool


class HistoryFrame(TypedDict):
    """A page of messages. `prev`: `before` for the older page, `next`: `after` for the newer."""

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
        "from": int,  # a Python keyword, so this can't be a class
        "to": int,
        "events": list[MessageFrame],
        "more": bool,
        "reset": bool,
    },
)
ResumedFrame.__doc__ = (
    "What was missed. With `more`, ask again from `to`; with `reset`, show a gap."
)


class HelloFrame(TypedDict):
    """The answer to the client's hello."""

    type: Literal["hello"]
    id: NotRequired[str]
    v: int
    min: int
    user: User
    place: Place
    rooms: list[Room]
    limits: Limits
    features: list[str]
    serverTime: str
    resumed: list[ResumedFrame]


class PongFrame(TypedDict):
    """The last seq of each room: shows a client that a push was lost, even if no other follows."""

    type: Literal["pong"]
    id: NotRequired[str]
    heads: dict[str, int]
    epoch: dict[str, str]
    serverTime: str


class ErrorFrame(TypedDict):
    """An error: `message` is for people, `code` and `retryable` for programs."""

    type: Literal["error"]
    id: NotRequired[str]
    code: Code
    message: str
    field: NotRequired[str]
    retryable: bool
    retryAfterMs: NotRequired[int]


class ClosingFrame(TypedDict):
    """The server is about to close the connection; `again` says whether to reconnect."""

    type: Literal["closing"]
    reason: str
    again: bool
    retryAfterMs: NotRequired[int]
