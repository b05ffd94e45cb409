"""People for the length of one event: a person, or a name, is read once, however many parts ask."""

from collections.abc import Sequence

from fireside.domain.person import AuditEntry, Found, Holder, Person
from fireside.ports import Decide, People


class PeopleOfEvent:
    """Other people; it remembers persons and names until the next event, or a change."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._persons: dict[str, Person | None] = {}
        self._holders: dict[str, Holder | None] = {}

    def begin(self) -> None:
        """Forget what the event before has read: it may have been changed since."""
        self._persons.clear()
        self._holders.clear()

    @property
    def forgotten(self) -> frozenset[str]:
        """Return the user ids of those who asked to be forgotten."""
        return self._people.forgotten

    def find(self, user_id: str, keys: Sequence[str] = ()) -> Found:
        """Return what is stored of a person, and who has the names of these keys."""
        new_id = "" if user_id in self._persons else user_id
        new_keys = [key for key in keys if key not in self._holders]
        if new_id or new_keys:
            found = self._people.find(new_id, new_keys)
            self._persons.setdefault(new_id, found.person)
            self._holders |= {key: found.holders.get(key) for key in new_keys}
        holders = {key: self._holders[key] for key in keys}
        known = {key: holder for key, holder in holders.items() if holder is not None}
        return Found(self._persons.get(user_id), known)

    def change(self, user_id: str, keys: Sequence[str], decide: Decide) -> Person:
        """Store what `decide` makes of what is stored now; return the person."""
        self.begin()
        return self._people.change(user_id, keys, decide)

    def audit(self, before: str | None, limit: int) -> list[AuditEntry]:
        """Return the entries before the one of this id (or the last ones), newest first."""
        return self._people.audit(before, limit)
