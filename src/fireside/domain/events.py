"""What the chat tells clients. `wire.py` turns it into frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

from fireside.domain.errors import ChatError
from fireside.domain.message import Message
from fireside.domain.person import AuditEntry, Person


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

    user: "Myself"
    version: int
    is_open: bool
    """Whether names need not be claimed."""
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
class Myself:
    """The user of a connection: a person, or only a name."""

    user_id: str
    username: str
    person: Person | None = None

    @classmethod
    def of(cls, person: Person) -> Self:
        """Return the user that a person is."""
        return cls(person.user_id, person.username, person)


YouChange: TypeAlias = Literal[
    "claimed",
    "renamed",
    "recovery",
    "device_link",
    "device_added",
    "device_removed",
    "role",
    "muted",
]


@dataclass(frozen=True, slots=True)
class You:
    """What changed about the user, told to all of the user's connections."""

    user: Myself
    change: YouChange
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """The name is the user's; the recovery code is shown once, and None when it was before."""

    user: Myself
    recovery: str | None


@dataclass(frozen=True, slots=True)
class Linked:
    """The device is the user's; connect again as that user. A used recovery code is replaced."""

    user: Myself
    recovery: str | None = None


@dataclass(frozen=True, slots=True)
class RecoveryMade:
    """A new recovery code, shown once."""

    code: str


@dataclass(frozen=True, slots=True)
class DeviceLinkMade:
    """The secret of a link that adds one device, once."""

    secret: str
    expires_ms: int


@dataclass(frozen=True, slots=True)
class DeviceList:
    """A person's devices; `here` is the id of the one that asked."""

    person: Person
    here: str


@dataclass(frozen=True, slots=True)
class Moderated:
    """What is so about a person after a command of a moderator."""

    person: Person


@dataclass(frozen=True, slots=True)
class AuditPage:
    """What owners and moderators did, newest first; `next` is the cursor of the older page."""

    entries: Sequence[AuditEntry]
    next: str | None


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


Event: TypeAlias = (
    MessageSent
    | Acknowledged
    | Page
    | Resumed
    | Welcome
    | Pong
    | You
    | Claimed
    | Linked
    | RecoveryMade
    | DeviceLinkMade
    | DeviceList
    | Moderated
    | AuditPage
    | Refused
    | Closing
)
