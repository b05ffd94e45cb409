"""What owners and moderators do to other people. Each of it is in the audit trail."""

from collections.abc import Callable
from dataclasses import replace

from fireside.chat.broadcasts import Broadcasts
from fireside.chat.door import Sender
from fireside.chat.records import Records
from fireside.domain.commands.moderation import Ban, GetAudit, Mute, Promote, Unban
from fireside.domain.errors import Forbidden, InvalidCommand, InvalidName, NotFound
from fireside.domain.events import AuditPage, Closing, Moderated, Myself, You, YouChange
from fireside.domain.lookalikes import name_keys
from fireside.domain.names import clean_username
from fireside.domain.person import AuditEntry, Change, Found, Person, outranks, require_rank
from fireside.ports import Clock, People

AUDIT_PAGE = 50  # entries

BANNED = Closing("You are banned from this place; its owners can lift that", again=False)


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
            _require_outranks(moderator, found.person)
            if found.person is None:
                if not keys:
                    raise NotFound("There is no such person", "person")
                unknown = Person(command.person, command.person, is_banned=True)
                return Change(unknown, taken=keys, entry=entry)
            if found.person.is_banned:
                return Change(found.person)
            return Change(replace(found.person, is_banned=True), entry=entry)

        person = self._people.change(command.person, keys, decide)
        self._broadcasts.cut(command.person, BANNED, lambda _: True)
        return Moderated(person)

    def unban(self, sender: Sender, command: Unban) -> Moderated:
        """Let a person in again."""
        moderator = self._require_other(sender, command.person)
        entry = self._records.entry(moderator, "unban", command.person)

        def change(person: Person) -> Person:
            _require_outranks(moderator, person)
            return replace(person, is_banned=False)

        return Moderated(self._change(command.person, change, entry))

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
        entries = self._people.audit(command.before, AUDIT_PAGE)
        is_full = len(entries) == AUDIT_PAGE
        return AuditPage(entries, entries[-1].entry_id if is_full else None)

    def _change(
        self, user_id: str, change: Callable[[Person], Person], entry: AuditEntry
    ) -> Person:
        """Change a person who exists, and note it, unless that is so already."""

        def decide(found: Found) -> Change:
            person = found.person
            if person is None or person.is_forgotten:
                raise NotFound("There is no such person", "person")
            changed = change(person)
            return Change(changed, entry=None if changed == person else entry)

        return self._people.change(user_id, (), decide)

    def _tell(self, person: Person, change: YouChange) -> None:
        you = You(Myself(person.user_id, person.username, person), change)
        self._broadcasts.to_person(person.user_id, you)

    def _require_other(self, sender: Sender, user_id: str) -> Person:
        moderator = require_rank(sender.person, "moderator")
        if user_id == moderator.user_id:
            raise InvalidCommand("That is you", "person")
        return moderator


def _require_outranks(moderator: Person, other: Person | None) -> None:
    if not outranks(moderator, other):
        raise Forbidden("Only an owner can do that to owners and moderators")


def _keys_of(user_id: str) -> tuple[str, ...]:
    """Return the keys of the name that a user id is, where no person has it."""
    try:
        return name_keys(clean_username(user_id))
    except InvalidName:
        return ()
