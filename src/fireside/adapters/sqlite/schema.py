"""The tables of the SQLite store, and the migrations from every older version of them."""

import sqlite3
from collections.abc import Callable

APPLICATION_ID = 0x46495245
"""Marks a file as Fireside's ("FIRE"), so that no other program's database is written to."""

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
    (
        "ALTER TABLE messages ADD COLUMN unclaimed INTEGER",  # NULL in those from before
        """
        CREATE TABLE people (
            user_id        TEXT    PRIMARY KEY,
            username       TEXT    NOT NULL,
            role           TEXT    NOT NULL,
            devices        TEXT    NOT NULL,
            recovery       TEXT    NOT NULL,
            recovery_ms    INTEGER NOT NULL,
            links          TEXT    NOT NULL,
            is_banned      INTEGER NOT NULL,
            muted_until_ms INTEGER NOT NULL,
            is_forgotten   INTEGER NOT NULL,
            revision       INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX people_forgotten ON people (is_forgotten) WHERE is_forgotten = 1",
        """
        CREATE TABLE names (
            key      TEXT    PRIMARY KEY,
            person   TEXT    NOT NULL,
            until_ms INTEGER
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE audit (
            entry_id  TEXT    PRIMARY KEY,
            at_ms     INTEGER NOT NULL,
            by_person TEXT    NOT NULL,
            action    TEXT    NOT NULL,
            person    TEXT    NOT NULL,
            detail    TEXT    NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
    ),
)
"""The statements from each version to the next. Only append: users have files of every version."""


class NotFireside(Exception):  # noqa: N818 - it says what is so
    """The file is another program's database."""


class TooNew(Exception):  # noqa: N818 - it says what is so
    """The file was written by a later release."""


def check_owner(database: sqlite3.Connection) -> None:
    """Check that a database is Fireside's, or empty, before anything in it is changed.

    Raises:
        NotFireside: It has tables of another program.
        TooNew: Its version is newer than this release knows.
    """
    if _number(database, "application_id") != APPLICATION_ID and not _is_empty(database):
        raise NotFireside
    if _number(database, "user_version") > len(MIGRATIONS):
        raise TooNew


def is_new(database: sqlite3.Connection) -> bool:
    """Return whether a database has no tables yet."""
    return _number(database, "user_version") == 0


def migrate(database: sqlite3.Connection, new_epoch: Callable[[], str]) -> None:
    """Migrate a database to the newest version, in one transaction."""
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
    """Return the name that the store got when it was created."""
    row = database.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
    if row is None:
        raise sqlite3.DatabaseError("it has no epoch")
    return str(row[0])


def renew_epoch(database: sqlite3.Connection, new_epoch: str) -> None:
    """Give the store another name."""
    database.execute("UPDATE meta SET value = ? WHERE name = 'epoch'", (new_epoch,))


def has_message(database: sqlite3.Connection, room: str, seq: int, message_id: str) -> bool:
    """Return whether a message is there, and is that one."""
    where = "WHERE room = ? AND seq = ? AND message_id = ?"
    found = database.execute(f"SELECT 1 FROM messages {where}", (room, seq, message_id))  # noqa: S608 - constant text
    return found.fetchone() is not None


def _number(database: sqlite3.Connection, pragma: str) -> int:
    (value,) = database.execute(f"PRAGMA {pragma}").fetchone()
    return int(value)


def _is_empty(database: sqlite3.Connection) -> bool:
    return database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
