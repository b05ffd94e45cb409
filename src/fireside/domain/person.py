"""Persons: who has claimed a name, with which devices, and what they may do.

A name is claimed by a device, which shows a secret at each handshake; the server keeps only the
secret's hash. All that is known of a person is in one record, so each change of it is one write.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from fireside.domain.errors import Forbidden, Full, NameTaken, NotFound

MAX_DEVICES = 20
MAX_LABEL = 40  # characters
MAX_LINKS = 5
"""Links for another device that are open at once; a new one replaces the oldest."""

LINK_MS = 10 * 60_000
"""How long a link for another device is valid."""

FREED_MS = 30 * 24 * 60 * 60_000
"""How long a name that was given up stays refused to others."""

NEVER_MS = 0
"""In place of the end of a freed name: it is as free as if nobody had ever had it."""

DAY_MS = 24 * 60 * 60_000

BANNED = "You are banned from this place; a moderator can lift that"

FORGOTTEN = "Somebody"
"""The name over the messages of a person who asked to be forgotten."""

Role: TypeAlias = Literal["owner", "moderator", "member", "bot"]

ROLES: tuple[Role, ...] = get_args(Role)

MAX_USER_ID = 80  # characters

_RANKS: Mapping[Role, int] = {"owner": 2, "moderator": 1, "member": 0, "bot": 0}


@dataclass(frozen=True, slots=True)
class Device:
    """A device of a person; `last_day` is the last day on which it was here, since 1970."""

    device_id: str
    label: str
    added_ms: int
    last_day: int


@dataclass(frozen=True, slots=True)
class DeviceLink:
    """A link that adds one device; the server keeps the hash of its secret."""

    hash: str
    until_ms: int
    device_id: str = ""
    """The device that made it, which it ends with."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person. The id stays when the name changes; `revision` counts the stored changes."""

    user_id: str
    username: str
    role: Role = "member"
    devices: tuple[Device, ...] = ()
    recovery: str = ""
    """The hash of the recovery code; empty without one."""
    recovery_ms: int = 0
    links: tuple[DeviceLink, ...] = ()
    is_banned: bool = False
    muted_until_ms: int = 0
    is_forgotten: bool = False
    revision: int = 0

    @property
    def is_vacant(self) -> bool:
        """Return whether nobody ever claimed the name: a ban of the name made this record."""
        return not (self.devices or self.recovery or self.is_forgotten)

    def has(self, device_id: str) -> bool:
        """Return whether a device is the person's; an empty id is nobody's."""
        return bool(device_id) and any(one.device_id == device_id for one in self.devices)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a name. With `until_ms` it was given up, and is refused to others until then.

    `NEVER_MS` says that nobody had it: it was banned, and is not any more.
    """

    user_id: str
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What is stored of a person, and of the keys of names that were asked for."""

    person: Person | None
    holders: Mapping[str, Holder]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What somebody did to a person. Ids of entries sort by time."""

    entry_id: str
    at_ms: int
    by: str
    """The user id of the person who did it."""
    action: str
    person: str
    """The user id of the person that it was done to."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A change to store in one transaction: all of it, or nothing."""

    person: Person
    taken: tuple[str, ...] = ()
    """Keys of names that the person takes."""
    freed: tuple[str, ...] = ()
    """Keys of names that the person gives up; they are kept until `freed_until_ms`."""
    freed_until_ms: int = 0
    entry: AuditEntry | None = None

    def writes(self, found: Found) -> bool:
        """Return whether anything is to be stored; an entry alone is not."""
        return self.person != found.person or bool(self.taken or self.freed)

    def stored(self) -> Person:
        """Return the person as it is stored: one revision later."""
        return replace(self.person, revision=self.person.revision + 1)

    def holders(self) -> Mapping[str, Holder]:
        """Return what to store of each key of a name."""
        user_id = self.person.user_id
        return dict.fromkeys(self.taken, Holder(user_id)) | dict.fromkeys(
            self.freed, Holder(user_id, self.freed_until_ms)
        )


def existing(found: Found) -> Person:
    """Return the person that was found.

    Raises:
        NotFound: There is none, or only a name that was banned.
    """
    person = found.person
    if person is None or person.is_forgotten or person.is_vacant:
        raise NotFound("Nobody has claimed that name, or has it any more", "person")
    return person


def require_welcome(person: Person) -> None:
    """Raise `Forbidden` if a person is banned."""
    if person.is_banned:
        raise Forbidden(BANNED)


def is_free(holder: Holder | None, user_id: str, now_ms: int) -> bool:
    """Return whether a person may take a name that this holder has."""
    if holder is None or holder.user_id == user_id:
        return True
    return holder.until_ms is not None and holder.until_ms <= now_ms


def require_free(found: Found, keys: tuple[str, ...], user_id: str, now_ms: int) -> None:
    """Raise `NameTaken` if another person holds one of the keys of a name."""
    if not all(is_free(found.holders.get(key), user_id, now_ms) for key in keys):
        raise NameTaken


def with_device(person: Person, device_id: str, label: str, now_ms: int) -> Person:
    """Return a person with one more device.

    Raises:
        Full: It would be one too many.
    """
    if person.has(device_id):
        return person
    if len(person.devices) >= MAX_DEVICES:
        raise Full(f"You have {MAX_DEVICES} devices: sign one out first", "device")
    device = Device(device_id, label, now_ms, now_ms // DAY_MS)
    return replace(person, devices=(*person.devices, device))


def without_device(person: Person, device_id: str) -> Person:
    """Return a person without a device, and without the links that it made.

    It is the same person if the device is not there, as after a repeat.
    """
    return replace(
        person,
        devices=tuple(one for one in person.devices if one.device_id != device_id),
        links=tuple(one for one in person.links if one.device_id != device_id),
    )


def seen_today(person: Person, device_id: str, now_ms: int) -> Person:
    """Return a person one of whose devices was here today."""
    today = now_ms // DAY_MS
    devices = tuple(
        replace(one, last_day=today) if one.device_id == device_id else one
        for one in person.devices
    )
    return replace(person, devices=devices)


def with_link(person: Person, link: DeviceLink, now_ms: int) -> Person:
    """Return a person with one more link for a device, without those that have expired."""
    valid = [one for one in person.links if one.until_ms > now_ms and one.hash != link.hash]
    return replace(person, links=(*valid, link)[-MAX_LINKS:])


def opened_by(person: Person, link_hash: str, now_ms: int) -> bool:
    """Return whether a link is one of the person's, and has not expired."""
    return any(one.hash == link_hash and one.until_ms > now_ms for one in person.links)


def after_link(person: Person, link_hash: str) -> Person:
    """Return a person whose link was used."""
    return replace(person, links=tuple(one for one in person.links if one.hash != link_hash))


def forgotten(person: Person) -> Person:
    """Return what is left of a person who asked to be forgotten."""
    return Person(person.user_id, FORGOTTEN, is_forgotten=True, revision=person.revision)


def outranks(person: Person, other: Person | None) -> bool:
    """Return whether a person may ban and mute another: moderators members, owners all."""
    rank = _RANKS[person.role]
    if other is None:
        return rank > 0
    return person.role == "owner" or rank > _RANKS[other.role]


def require_rank(person: Person | None, role: Role) -> Person:
    """Return a person who is at least a moderator, or an owner.

    Raises:
        Forbidden: The person is less than that, or there is none.
    """
    if person is None or _RANKS[person.role] < _RANKS[role]:
        who = "an owner" if role == "owner" else "a moderator"
        raise Forbidden(f"Only {who} can do that")
    return person
