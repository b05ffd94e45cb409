"""The commands of owners and moderators."""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from fireside.domain.commands.fields import Fields, Parsers, optional_text, text, whole_number
from fireside.domain.commands.people import person_id
from fireside.domain.device_secrets import MAX_SECRET
from fireside.domain.errors import InvalidCommand
from fireside.domain.person import ROLES, Role

MAX_REASON = 200  # characters
MAX_MUTE_SECONDS = 366 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Promote:
    """Give a person a role."""

    action: ClassVar = "promote"
    person: str
    role: Role


@dataclass(frozen=True, slots=True)
class Ban:
    """Put a person out on all devices; a name that nobody has claimed is refused from now on."""

    action: ClassVar = "ban"
    person: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Unban:
    """Let a person in again."""

    action: ClassVar = "unban"
    person: str


@dataclass(frozen=True, slots=True)
class Mute:
    """Let a person read but not write, for so many seconds; 0 ends that."""

    action: ClassVar = "mute"
    person: str
    seconds: int


@dataclass(frozen=True, slots=True)
class GetAudit:
    """Read what owners and moderators did, newest first."""

    action: ClassVar = "audit"
    before: str | None = None


ModerationCommand: TypeAlias = Promote | Ban | Unban | Mute | GetAudit


def _promote(fields: Fields) -> Promote:
    wanted = text(fields, "role")
    for role in ROLES:
        if role == wanted:
            return Promote(person_id(fields), role)
    raise InvalidCommand(f"`role` must be one of {', '.join(ROLES)}", "role")


def _mute(fields: Fields) -> Mute:
    seconds = whole_number(fields, "seconds")
    if not 0 <= seconds <= MAX_MUTE_SECONDS:
        raise InvalidCommand(f"`seconds` must be 0 to {MAX_MUTE_SECONDS}", "seconds")
    return Mute(person_id(fields), seconds)


PARSERS: Parsers[ModerationCommand] = {
    "promote": _promote,
    "ban": lambda fields: Ban(person_id(fields), optional_text(fields, "reason", MAX_REASON)),
    "unban": lambda fields: Unban(person_id(fields)),
    "mute": _mute,
    "audit": lambda fields: GetAudit(optional_text(fields, "before", MAX_SECRET)),
}
