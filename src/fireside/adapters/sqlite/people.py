"""People in the file of the messages: the same connection, and so the same transactions.

What was found is cached until something changes, since every command asks for its person. One
thread of one process writes, so the cache is exact.
"""

import functools
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

from fireside.adapters.sqlite.guard import Damage, storage
from fireside.adapters.sqlite.space import FreeSpace
from fireside.domain.person import (
    AuditEntry,
    Change,
    Device,
    DeviceLink,
    Found,
    Holder,
    Person,
)
from fireside.ports import Decide

CACHED = 10_000
"""What is cached at most: about what 5,000 people need, in 10 MB."""

_COLUMNS = (
    "user_id, username, role, devices, recovery, recovery_ms, links, is_banned, muted_until_ms, "
    "is_forgotten, revision"
)
_PERSON = f"SELECT {_COLUMNS} FROM people WHERE user_id = ?"  # noqa: S608 - constant text
_REPLACE_PERSON = (
    f"INSERT OR REPLACE INTO people ({_COLUMNS}) "  # noqa: S608 - constant text
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_HOLDER = "SELECT person, until_ms FROM names WHERE key = ?"
_REPLACE_HOLDER = "INSERT OR REPLACE INTO names (key, person, until_ms) VALUES (?, ?, ?)"
_FORGOTTEN = "SELECT user_id FROM people WHERE is_forgotten = 1"
_HAS_OWNER = "SELECT EXISTS (SELECT 1 FROM people WHERE role = 'owner')"
_FIELDS = "entry_id, at_ms, by_person, action, person, detail"
_INSERT_ENTRY = f"INSERT INTO audit ({_FIELDS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - constant text
_ENTRIES = f"SELECT {_FIELDS} FROM audit "  # noqa: S608 - constant text
_NEWEST = _ENTRIES + "ORDER BY entry_id DESC LIMIT ?"
_BEFORE = _ENTRIES + "WHERE entry_id < ? ORDER BY entry_id DESC LIMIT ?"


class SqlitePeople:
    """The persons, their names, and the audit trail of one machine."""

    def __init__(self, database: sqlite3.Connection, space: FreeSpace, damage: Damage) -> None:
        self.damage = damage
        self._database = database
        self._execute = database.execute
        self._space = space
        self._find = functools.lru_cache(CACHED)(self._read)
        self._forgotten: frozenset[str] | None = None

    def drop_cached(self) -> None:
        """Forget what was found: it was undone, or another program has written."""
        self._find.cache_clear()
        self._forgotten = None

    @storage
    def has_owner(self) -> bool:
        """Return whether the place has an owner."""
        (has_owner,) = self._execute(_HAS_OWNER).fetchone()
        return bool(has_owner)

    # --- the port ---

    @property
    @storage
    def forgotten(self) -> frozenset[str]:
        """Return the user ids of those who asked to be forgotten."""
        if self._forgotten is None:
            self._forgotten = frozenset(user_id for (user_id,) in self._execute(_FORGOTTEN))
        return self._forgotten

    def find(self, user_id: str, keys: Sequence[str] = ()) -> Found:
        """Return what is stored of a person, and who has the names of these keys."""
        return self._find(user_id, tuple(keys))

    @storage
    def change(self, user_id: str, keys: Sequence[str], decide: Decide) -> Person:
        """Store what `decide` makes of what `find` returns; return the person."""
        found, change = self._decided(user_id, tuple(keys), decide)
        if not change.writes(found):
            return change.person
        self._space.require()
        self.drop_cached()
        with self._all_or_nothing():
            self._write(change)
        return change.stored()

    @storage
    def audit(self, before: str | None, limit: int) -> list[AuditEntry]:
        """Return the entries before the one of this id (or the last ones), newest first."""
        if before is None:
            return [AuditEntry(*row) for row in self._execute(_NEWEST, (limit,))]
        return [AuditEntry(*row) for row in self._execute(_BEFORE, (before, limit))]

    # --- reading ---

    @storage
    def _read(self, user_id: str, keys: tuple[str, ...]) -> Found:
        row = self._execute(_PERSON, (user_id,)).fetchone()
        rows = {key: self._execute(_HOLDER, (key,)).fetchone() for key in keys}
        holders = {key: Holder(*held) for key, held in rows.items() if held}
        return Found(_person(row) if row else None, holders)

    # --- writing ---

    def _decided(self, user_id: str, keys: tuple[str, ...], decide: Decide) -> tuple[Found, Change]:
        """Return what is stored, and the change to it; nothing was written in between."""
        while True:
            written = self._database.total_changes
            found = self._read(user_id, keys)
            change = decide(found)
            if self._database.total_changes == written:
                return found, change

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Undo what is written if not all of it can be, as on a full disk."""
        self._execute("SAVEPOINT change")
        try:
            yield
            self._execute("RELEASE change")
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite may have undone the whole transaction by itself
                self._execute("ROLLBACK TO change")
                self._execute("RELEASE change")
            raise

    def _write(self, change: Change) -> None:
        self._execute(_REPLACE_PERSON, _row(change.stored()))
        for key, holder in change.holders().items():
            self._execute(_REPLACE_HOLDER, (key, holder.user_id, holder.until_ms))
        if change.entry is not None:
            one = change.entry
            self._execute(
                _INSERT_ENTRY,
                (one.entry_id, one.at_ms, one.by, one.action, one.person, one.detail),
            )


def _row(person: Person) -> tuple[object, ...]:
    return (
        person.user_id,
        person.username,
        person.role,
        json.dumps([asdict(one) for one in person.devices]),
        person.recovery,
        person.recovery_ms,
        json.dumps([asdict(one) for one in person.links]),
        person.is_banned,
        person.muted_until_ms,
        person.is_forgotten,
        person.revision,
    )


def _person(row: tuple[Any, ...]) -> Person:
    (user_id, username, role, devices, recovery, recovery_ms, links, *rest) = row
    is_banned, muted_until_ms, is_forgotten, revision = rest
    return Person(
        user_id,
        username,
        role,
        tuple(Device(**one) for one in json.loads(devices)),
        recovery,
        recovery_ms,
        tuple(DeviceLink(**one) for one in json.loads(links)),
        bool(is_banned),
        muted_until_ms,
        bool(is_forgotten),
        revision,
    )
