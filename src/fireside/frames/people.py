"""The frames about people."""

from typing import Literal, NotRequired, TypedDict

from fireside.domain.events import YouChange
from fireside.domain.person import Role


class User(TypedDict):
    """A user: a person, or with `claimed` false only a name. `mutedUntil`: may not write."""

    userId: str
    username: str
    claimed: bool
    role: Role
    mutedUntil: NotRequired[str]


class Place(TypedDict):
    """The rules of the place. `names`: with `claimed`, only persons may take part."""

    names: Literal["open", "claimed"]


class YouFrame(TypedDict):
    """What changed about this user, on this or another connection; `device`: the one added."""

    type: Literal["you"]
    id: NotRequired[str]
    user: User
    change: YouChange
    device: NotRequired[str]


class ClaimedFrame(TypedDict):
    """The name is this user's. The recovery code is shown once; null: it was shown before."""

    type: Literal["claimed"]
    id: NotRequired[str]
    user: User
    recovery: str | None


class LinkedFrame(TypedDict):
    """The device is this user's: connect again with `user`. A used recovery code is replaced."""

    type: Literal["linked"]
    id: NotRequired[str]
    user: User
    recovery: NotRequired[str]


class RecoveryFrame(TypedDict):
    """The new recovery code, shown once."""

    type: Literal["recovery"]
    id: NotRequired[str]
    code: str


class DeviceLinkFrame(TypedDict):
    """The secret of a link that adds one device, once, until `expiresAt`."""

    type: Literal["deviceLink"]
    id: NotRequired[str]
    secret: str
    expiresAt: str


class Device(TypedDict):
    """A device; `lastDay` is the last day on which it was here, `here`: it asked."""

    device: str
    label: str
    addedAt: str
    lastDay: str
    here: bool


class DevicesFrame(TypedDict):
    """The user's devices, and when the recovery code was made."""

    type: Literal["devices"]
    id: NotRequired[str]
    devices: list[Device]
    recoveryAt: NotRequired[str]


class PersonFrame(TypedDict):
    """What is so about a person after a command of a moderator."""

    type: Literal["person"]
    id: NotRequired[str]
    user: User
    banned: bool


class AuditEntry(TypedDict):
    """What an owner or a moderator (`by`) did to a person."""

    entry: str
    at: str
    by: str
    action: str
    person: str
    detail: str


class AuditFrame(TypedDict):
    """What was done, newest first. `next`: `before` for the older page."""

    type: Literal["audit"]
    id: NotRequired[str]
    entries: list[AuditEntry]
    next: str | None
