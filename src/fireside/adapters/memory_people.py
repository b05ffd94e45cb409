"""People in dicts, for tests; the contract tests are the same as for the other stores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fireside.domain.person import AuditEntry, Change, Found, Holder, Person
from fireside.ports import Decide


class MemoryPeople:
    """The persons, their names, and the audit trail."""

    def __init__(self) -> None:
        self.state = State({}, {}, ())
        """All that is stored; put back, it undoes what was done since."""

    @property
    def forgotten(self) -> frozenset[str]:
        """Return the user ids of those who asked to be forgotten."""
        return frozenset(p.user_id for p in self.state.persons.values() if p.is_forgotten)

    def find(self, user_id: str, keys: Sequence[str] = ()) -> Found:
        """Return what is stored of a person, and who has the names of these keys."""
        holders = self.state.holders
        found = {key: holders[key] for key in keys if key in holders}
        return Found(self.state.persons.get(user_id), found)

    def change(self, user_id: str, keys: Sequence[str], decide: Decide) -> Person:
        """Store what `decide` makes of what `find` returns; return the person."""
        found, change = self._decided(user_id, keys, decide)
        if not change.writes(found):
            return change.person
        self.state = self.state.after(change)
        return change.stored()

    def audit(self, before: str | None, limit: int) -> list[AuditEntry]:
        """Return the entries before the one of this id (or the last ones), newest first."""
        entries = sorted(self.state.entries, key=lambda one: one.entry_id, reverse=True)
        older = [one for one in entries if before is None or one.entry_id < before]
        return older[:limit]

    def _decided(self, user_id: str, keys: Sequence[str], decide: Decide) -> tuple[Found, Change]:
        """Return what is stored, and the change to it; nothing was stored in between."""
        while True:
            state = self.state
            found = self.find(user_id, keys)
            change = decide(found)
            if self.state is state:
                return found, change


@dataclass(frozen=True, slots=True)
class State:
    """All that is stored, at one moment; it is replaced, never changed."""

    persons: Mapping[str, Person]
    holders: Mapping[str, Holder]
    entries: tuple[AuditEntry, ...]

    def after(self, change: Change) -> "State":
        """Return what is stored after a change."""
        person = change.stored()
        entries = self.entries if change.entry is None else (*self.entries, change.entry)
        return State(
            {**self.persons, person.user_id: person},
            {**self.holders, **change.holders()},
            entries,
        )
