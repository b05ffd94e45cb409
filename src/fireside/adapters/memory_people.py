"""People in dicts, for tests; the contract tests are the same as for the other stores."""

from collections.abc import Sequence
from dataclasses import replace

from fireside.domain.person import AuditEntry, Change, Found, Holder, Person
from fireside.ports import Decide


class MemoryPeople:
    """The persons, their names, and the audit trail."""

    def __init__(self) -> None:
        self._state = _State({}, {}, ())
        self._saved: list[_State] = []

    @property
    def forgotten(self) -> frozenset[str]:
        """Return the user ids of those who asked to be forgotten."""
        return frozenset(p.user_id for p in self._state.persons.values() if p.is_forgotten)

    def find(self, user_id: str, keys: Sequence[str] = ()) -> Found:
        """Return what is stored of a person, and who has the names of these keys."""
        holders = self._state.holders
        found = {key: holders[key] for key in keys if key in holders}
        return Found(self._state.persons.get(user_id), found)

    def change(self, user_id: str, keys: Sequence[str], decide: Decide) -> Person:
        """Store what `decide` makes of what `find` returns; return the person."""
        found = self.find(user_id, keys)
        change = decide(found)
        if not change.writes(found):
            return change.person
        self._state = self._state.after(change)
        return self._state.persons[user_id]

    def audit(self, before: str | None, limit: int) -> list[AuditEntry]:
        """Return the entries before the one of this id (or the last ones), newest first."""
        entries = sorted(self._state.entries, key=lambda one: one.entry_id, reverse=True)
        older = [one for one in entries if before is None or one.entry_id < before]
        return older[:limit]

    def has_owner(self) -> bool:
        """Return whether a person owns the place."""
        return any(person.role == "owner" for person in self._state.persons.values())

    def begin(self) -> None:
        """Start a batch."""
        self._saved = [self._state]

    def savepoint(self) -> None:
        """Set a savepoint: what follows can be undone alone."""
        self._saved.append(self._state)

    def release(self) -> None:
        """Remove the savepoint; what was done since is part of the batch."""
        self._saved.pop()

    def undo(self) -> None:
        """Undo what was done since the savepoint."""
        self._state = self._saved.pop()

    def commit(self) -> None:
        """Commit the batch."""
        self._saved.clear()

    def rollback(self) -> None:
        """Undo the batch."""
        if self._saved:
            self._state = self._saved[0]
        self._saved.clear()


class _State:
    """All that is stored, at one moment; it is replaced, never changed."""

    def __init__(
        self,
        persons: dict[str, Person],
        holders: dict[str, Holder],
        entries: tuple[AuditEntry, ...],
    ) -> None:
        self.persons = persons
        self.holders = holders
        self.entries = entries

    def after(self, change: Change) -> "_State":
        """Return what is stored after a change."""
        person = replace(change.person, revision=change.person.revision + 1)
        taken = dict.fromkeys(change.taken, Holder(person.user_id))
        freed = dict.fromkeys(change.freed, Holder(person.user_id, change.freed_until_ms))
        entries = self.entries if change.entry is None else (*self.entries, change.entry)
        return _State(
            self.persons | {person.user_id: person}, self.holders | taken | freed, entries
        )
