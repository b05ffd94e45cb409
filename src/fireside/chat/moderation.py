"""What owners and moderators do to other people. Each of it is in the audit trail."""

from collections.abc import Callable
from dataclasses import replace

from fireside.chat.broadcasts import Broadcasts
from fireside.chat.door import Sender
from fireside.chat.records import Records
from fireside.domain.commands.moderation import Ban, GetAudit, Mute, Promote, Unban
from fireside.domain.errors import Forbidden, InvalidCommand, NotFound
from fireside.domain.events import AuditPage, Closing, Moderated, Myself, You, YouChange
from fireside.domain.lookalikes import name_keys
from fireside.domain.names import is_folded
from fireside.domain.person import (
    BANNED,
    NEVER_MS,
    AuditEntry,
    Change,
    Found,
    Person,
    existing,
    outranks,
    require_rank,
)
from fireside.ports import Clock, People

AUDIT_PAGE = 50  # entries

PUT_OUT = Closing(BANNED, again=False)


class Moderation:
    """The commands of owners and moderators."""

    def __init__(
        self, people: People, broadcasts: Broadcasts, records: Records, *, clock: Clock
    ) -> None:
        self._people = people
        self._broadcasts = broadcasts
        self._records = records
        self._clock = clock

    def promote(self, sender: Sender, command: Promote) -> Moderated:
        """Give a person a role; only owners do, and none of them to themselves."""
        owner = require_rank(sender.person, "owner")
        if command.person == owner.user_id:
            raise Forbidden("Another owner has to change your role")
        entry = self._records.entry(owner, "promote", command.person, command.role)

        def change(person: Person) -> Person:
            return replace(person, role=command.role)

        person = self._change(command.person, change, entry)
        self._tell(person, "role")
        return Moderated(person)

    def ban(self, sender: Sender, command: Ban) -> Moderated:
        """Put a person out on all devices.

        A name that belongs to no person is refused from now on, to all who come with it.
        """
        moderator = self._require_other(sender, command.person)
        entry = self._records.entry(moderator, "ban", command.person, command.reason or "")
        keys = _keys_of(command.person)

        def decide(found: Found) -> Change:
            person = found.person
            _require_outranks(moderator, person)
            if person is not None and (person.is_banned or not person.is_vacant):
                return _noted(person, replace(person, is_banned=True), entry)
            _require_unclaimed(found, keys, command.person)
            unclaimed = person or Person(command.person, command.person)
            return Change(replace(unclaimed, is_banned=True), taken=keys, entry=entry)

        person = self._people.change(command.person, keys, decide)
        self._broadcasts.cut(command.person, PUT_OUT, lambda _: True)
        return Moderated(person)

    def unban(self, sender: Sender, command: Unban) -> Moderated:
        """Let a person in again."""
        moderator = self._require_other(sender, command.person)
        entry = self._records.entry(moderator, "unban", command.person)

        def decide(found: Found) -> Change:
            person = found.person
            if person is None or not person.is_vacant:
                person = existing(found)
            _require_outranks(moderator, person)
            change = _noted(person, replace(person, is_banned=False), entry)
            if not (person.is_vacant and person.is_banned):
                return change
            keys = _keys_of(person.user_id)
            return replace(change, freed=keys, freed_until_ms=NEVER_MS)

        return Moderated(self._people.change(command.person, (), decide))

    def mute(self, sender: Sender, command: Mute) -> Moderated:
        """Let a person read but not write, for a time."""
        moderator = self._require_other(sender, command.person)
        until = self._clock() + command.seconds * 1_000 if command.seconds else 0
        entry = self._records.entry(moderator, "mute", command.person, str(command.seconds))

        def change(person: Person) -> Person:
            _require_outranks(moderator, person)
            return replace(person, muted_until_ms=until)

        person = self._change(command.person, change, entry)
        self._tell(person, "muted")
        return Moderated(person)

    def audit(self, sender: Sender, command: GetAudit) -> AuditPage:
        """Return what was done, newest first."""
        require_rank(sender.person, "moderator")
        found = self._people.audit(command.before, AUDIT_PAGE + 1)
        entries = found[:AUDIT_PAGE]
        return AuditPage(entries, entries[-1].entry_id if len(found) > AUDIT_PAGE else None)

    def _change(
        self, user_id: str, change: Callable[[Person], Person], entry: AuditEntry
    ) -> Person:
        """Change a person who exists, and note it, unless that is so already."""

        def decide(found: Found) -> Change:
            person = existing(found)
            return _noted(person, change(person), entry)

        return self._people.change(user_id, (), decide)

    def _tell(self, person: Person, change: YouChange) -> None:
        self._broadcasts.to_person(person, You(Myself.of(person), change))

    def _require_other(self, sender: Sender, user_id: str) -> Person:
        moderator = require_rank(sender.person, "moderator")
        if user_id == moderator.user_id:
            raise InvalidCommand("That is you", "person")
        return moderator


def _require_outranks(moderator: Person, other: Person | None) -> None:
    if not outranks(moderator, other):
        raise Forbidden("Only an owner can do that to owners and moderators")


def _noted(before: Person, after: Person, entry: AuditEntry) -> Change:
    """Return a change with its entry, without one if nothing changes."""
    return Change(after, entry=None if after == before else entry)


def _require_unclaimed(found: Found, keys: tuple[str, ...], user_id: str) -> None:
    """Raise `NotFound` unless a user id is a name that nobody has, or had."""
    is_held = any(holder.user_id != user_id for holder in found.holders.values())
    if not keys or is_held:
        raise NotFound("There is no such person, and no such name that nobody has", "person")


def _keys_of(user_id: str) -> tuple[str, ...]:
    """Return the keys of the name that a user id is; none if it is the id of no name."""
    return name_keys(user_id) if is_folded(user_id) else ()
