"""People on AWS: persons, the names that they hold, and the audit trail, in one DynamoDB table.

Who a person is takes one read. A change is one write: of the person's row alone, or a
transaction with the rows of names and of the audit trail. Its conditions are that all is as it
was found; if it is not, everything is read and decided again.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fireside.adapters.dynamodb.calls import look_up, needed, pages
from fireside.adapters.dynamodb.client import ConditionFailed, Conflict, RetryPolicy, Tables
from fireside.adapters.dynamodb.rows import Item, people, text
from fireside.domain.person import AuditEntry, Change, Found, Holder, Person
from fireside.ports import Clock, Decide

FORGOTTEN_MS = 60_000
"""How long a process believes who is forgotten."""

_Put = dict[str, object]


class DynamoPeople:
    """The persons on AWS. It keeps nothing in memory but who asked to be forgotten."""

    def __init__(self, tables: Tables, table: str, *, clock: Clock, retry: RetryPolicy) -> None:
        self._tables = tables
        self._table = table
        self._clock = clock
        self._retry = retry
        self._forgotten = frozenset[str]()
        self._forgotten_until_ms = -1

    @property
    def forgotten(self) -> frozenset[str]:
        """Return the user ids of those who asked to be forgotten; it may be a minute old."""
        now = self._clock()
        if not 0 <= self._forgotten_until_ms - now <= FORGOTTEN_MS:  # a clock may be set back
            found = self._retry.run(lambda: list(self._query(people.FORGOTTEN)))
            self._forgotten = frozenset(map(people.forgotten, found))
            self._forgotten_until_ms = now + FORGOTTEN_MS
        return self._forgotten

    def find(self, user_id: str, keys: Sequence[str] = ()) -> Found:
        """Return what is stored of a person, and who has the names of these keys.

        An empty user id is nobody's; then only the names are read.
        """
        return self._retry.run(lambda: self._find(user_id, keys))

    def change(self, user_id: str, keys: Sequence[str], decide: Decide) -> Person:
        """Store what `decide` makes of what `find` returns; return the person.

        Raises:
            Busy: Other changes or throttling got in the way until the retry budget was used up.
        """
        tried: list[Person] = []
        person = self._retry.run(lambda: self._try_to_change(user_id, keys, decide, tried))
        if person.is_forgotten:
            self._forgotten |= {person.user_id}
        return person

    def audit(self, before: str | None, limit: int) -> list[AuditEntry]:
        """Return the entries before the one of this id (or the last ones), newest first."""
        return self._retry.run(lambda: self._entries(before, limit))

    # --- reading ---

    def _find(self, user_id: str, keys: Sequence[str]) -> Found:
        persons = [people.person_key(user_id)] if user_id else []
        names = [people.name_key(key) for key in dict.fromkeys(keys)]
        found = look_up(self._tables, self._table, [*persons, *names])
        own = [row for row in found if row["pk"] == people.person_key(user_id)["pk"]]
        holders = [needed(people.holder, row) for row in found if row not in own]
        return Found(needed(people.person, own[0]) if own else None, dict(holders))

    def _entries(self, before: str | None, limit: int) -> list[AuditEntry]:
        found = self._query(people.AUDIT, before, limit)
        return [needed(people.entry, row) for row in itertools.islice(found, limit)]

    def _query(
        self, partition: str, before: str | None = None, limit: int | None = None
    ) -> Iterator[Item]:
        """Return the rows of a partition, the last ones first."""
        is_part = before is not None
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk < :before" if is_part else "pk = :pk",
            "ExpressionAttributeValues": {":pk": text(partition)}
            | ({} if before is None else {":before": text(before)}),
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        return pages(self._tables, request if limit is None else request | {"Limit": limit})

    # --- writing ---

    def _try_to_change(
        self, user_id: str, keys: Sequence[str], decide: Decide, tried: list[Person]
    ) -> Person:
        """Change the person as it is now.

        `tried` has what earlier attempts wrote: it may be stored, with only its answer lost.
        """
        found = self._find(user_id, keys)
        if found.person is not None and found.person in tried:
            return found.person
        change = decide(found)
        if not change.writes(found):
            return change.person
        person = replace(change.person, revision=change.person.revision + 1)
        tried.append(person)
        try:
            self._write([self._put_person(person, found), *self._others(change, found, keys)])
        except ConditionFailed as changed:
            raise Conflict("the person, or a name, was changed meanwhile") from changed
        return person

    def _write(self, puts: Sequence[_Put]) -> None:
        """Write all rows or none. One alone needs no transaction, which is billed twice."""
        if len(puts) == 1:
            self._tables.call("PutItem", puts[0])
        else:
            self._tables.call("TransactWriteItems", {"TransactItems": [{"Put": p} for p in puts]})

    def _put_person(self, person: Person, found: Found) -> _Put:
        return self._put(people.of_person(person)) | people.as_found(found.person)

    def _others(self, change: Change, found: Found, keys: Sequence[str]) -> Iterator[_Put]:
        """Yield what is written besides the person: names, an entry, that it is forgotten."""
        person = change.person
        own, freed = Holder(person.user_id), Holder(person.user_id, change.freed_until_ms)
        for key, holder in (*_each(change.taken, own), *_each(change.freed, freed)):
            known = found.holders.get(key) if key in keys else own  # not asked for: its old name
            is_anothers = holder is freed and known is not None and known.user_id != own.user_id
            if holder != known and not is_anothers:
                yield self._put(people.of_name(key, holder)) | people.held_as_found(known)
        if change.entry is not None:
            yield self._put(people.of_entry(change.entry))
        if person.is_forgotten:
            yield self._put(people.of_forgotten(person.user_id))

    def _put(self, row: Item) -> _Put:
        return {"TableName": self._table, "Item": row}


def _each(keys: Sequence[str], holder: Holder) -> Iterator[tuple[str, Holder]]:
    return ((key, holder) for key in keys)
