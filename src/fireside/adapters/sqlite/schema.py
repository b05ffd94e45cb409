"""The tables of the SQLite store, and the way from every older form of them to the newest."""

import sqlite3
from collections.abc import Callable

APPLICATION_ID = 0x46495245
"""Marks the file as ours ("FIRE"), so that we never write into somebody else's database."""

MIGRATIONS = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
        """
        CREATE TABLE messages (
            room         TEXT    NOT NULL,
            seq          INTEGER NOT NULL,
            message_id   TEXT    NOT NULL,
            timestamp_ms INTEGER NOT NULL,
            user_id      TEXT    NOT NULL,
            username     TEXT    NOT NULL,
            text         TEXT    NOT NULL,
            nonce        TEXT    NOT NULL,
            reply_to     TEXT,
            PRIMARY KEY (room, seq)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE UNIQUE INDEX messages_by_nonce ON messages (user_id, nonce)",
    ),
)
"""What leads from each version to the next. Only ever add to the end: old files are out there."""


class NotOurs(Exception):  # noqa: N818 - it says what is so
    """The file is another program's database."""


class TooNew(Exception):  # noqa: N818 - it says what is so
    """The file was written by a later release."""


def recognise(database: sqlite3.Connection) -> None:
    """Make sure that a database is ours, or empty, before anything in it is touched.

    Raises:
        NotOurs: It has tables, but not ours.
        TooNew: It has a form that this release does not know.
    """
    if _number(database, "application_id") != APPLICATION_ID and not _is_empty(database):
        raise NotOurs
    if _number(database, "user_version") > len(MIGRATIONS):
        raise TooNew


def migrate(database: sqlite3.Connection, new_epoch: Callable[[], str]) -> None:
    """Bring a database to the newest form, in one transaction."""
    version = _number(database, "user_version")
    if version == len(MIGRATIONS):
        return
    database.execute("BEGIN IMMEDIATE")
    for statement in (statement for step in MIGRATIONS[version:] for statement in step):
        database.execute(statement)
    database.execute("INSERT OR IGNORE INTO meta VALUES ('epoch', ?)", (new_epoch(),))
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    database.execute("COMMIT")


def epoch(database: sqlite3.Connection) -> str:
    """Read the name that the store was given when it was made."""
    row = database.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
    if row is None:
        raise sqlite3.DatabaseError("it has no epoch")
    return str(row[0])


def _number(database: sqlite3.Connection, pragma: str) -> int:
    (value,) = database.execute(f"PRAGMA {pragma}").fetchone()
    return int(value)


def _is_empty(database: sqlite3.Connection) -> bool:
    return database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
