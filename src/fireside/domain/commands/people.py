"""The commands of persons: claim a name, add and end devices, get back in."""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from fireside.domain.commands.fields import Fields, Parsers, optional_text, short_text
from fireside.domain.device_secrets import MAX_SECRET
from fireside.domain.names import MAX_NAME, clean_username
from fireside.domain.person import MAX_LABEL, MAX_USER_ID

_LONGEST_NAME = 4 * MAX_NAME
"""Characters of a name before it is trimmed and composed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Make the connection's name the property of its device."""

    action: ClassVar = "claim"
    name: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Rename:
    """Take another name; the old one stays refused to others for 30 days."""

    action: ClassVar = "rename"
    name: str


@dataclass(frozen=True, slots=True)
class NewRecovery:
    """Replace the recovery code."""

    action: ClassVar = "recovery"


@dataclass(frozen=True, slots=True)
class Recover:
    """Add this device to the person of a name, by the recovery code, which is replaced."""

    action: ClassVar = "recover"
    name: str
    code: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class NewDeviceLink:
    """Make a link that adds one device; an owner may make it for another `person`."""

    action: ClassVar = "deviceLink"
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Add this device to the person who made a link."""

    action: ClassVar = "link"
    secret: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class ListDevices:
    """List the person's devices."""

    action: ClassVar = "devices"


@dataclass(frozen=True, slots=True)
class RevokeDevice:
    """End a device: it can't come in any more, and its connections are closed."""

    action: ClassVar = "revokeDevice"
    device: str


@dataclass(frozen=True, slots=True)
class ForgetMe:
    """Forget the person: devices and name go, the messages stay under "Somebody"."""

    action: ClassVar = "forgetMe"
    name: str


@dataclass(frozen=True, slots=True)
class Own:
    """Become an owner of the place, by the secret of the owner link."""

    action: ClassVar = "own"
    secret: str


PersonCommand: TypeAlias = (
    Rename | NewRecovery | NewDeviceLink | ListDevices | RevokeDevice | ForgetMe | Own
)
"""What only a person may do."""

PeopleCommand: TypeAlias = Claim | Link | Recover | PersonCommand


def person_id(fields: Fields, name: str = "person") -> str:
    """Return the user id that a field names; there need not be such a person."""
    return short_text(fields, name, MAX_USER_ID)


def _name(fields: Fields) -> str:
    return clean_username(short_text(fields, "name", _LONGEST_NAME))


def _label(fields: Fields) -> str | None:
    """Return a device's label without what is invisible, as it is shown to its owner."""
    label = optional_text(fields, "label", MAX_LABEL)
    return None if label is None else "".join(filter(str.isprintable, label)).strip() or None


def _device_link(fields: Fields) -> NewDeviceLink:
    return NewDeviceLink(optional_text(fields, "person", MAX_USER_ID))


def _recover(fields: Fields) -> Recover:
    return Recover(_name(fields), short_text(fields, "code", MAX_SECRET), _label(fields))


PARSERS: Parsers[PeopleCommand] = {
    "claim": lambda fields: Claim(_name(fields), _label(fields)),
    "rename": lambda fields: Rename(_name(fields)),
    "recovery": lambda _: NewRecovery(),
    "recover": _recover,
    "deviceLink": _device_link,
    "link": lambda fields: Link(short_text(fields, "secret", MAX_SECRET), _label(fields)),
    "devices": lambda _: ListDevices(),
    "revokeDevice": lambda fields: RevokeDevice(short_text(fields, "device", MAX_SECRET)),
    "forgetMe": lambda fields: ForgetMe(_name(fields)),
    "own": lambda fields: Own(short_text(fields, "secret", MAX_SECRET)),
}
