"""Files of older releases are migrated, and older releases refuse newer files."""

import sqlite3
from contextlib import closing

import pytest

from fireside.adapters.sqlite import schema
from fireside.adapters.sqlite.store import SqliteStore
from fireside.adapters.sqlite.unusable import StoreCorrupt, StoreTooNew
from tests.contract.drafts import draft, keep
from tests.contract.persons import claim, person

COLUMNS = "room, seq, message_id, timestamp_ms, user_id, username, text, nonce, reply_to"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "chat.db"


@pytest.fixture
def opened():
    stores = []

    def open_store(path):
        stores.append(SqliteStore.open(path, new_epoch=lambda: "epoch"))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


def as_of_version(path, version, messages=0):
    """Make a file as the release of a version did, which knew no later migration."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:version])
            schema.migrate(database, lambda: "old")
        rows = (
            ("general", n, f"{n:026}", n, "ann", "Ann", f"text {n}", f"n{n}", None)
            for n in range(1, messages + 1)
        )
        marks = ", ".join("?" * 9)
        database.executemany(f"INSERT INTO messages ({COLUMNS}) VALUES ({marks})", rows)  # noqa: S608 - constant text


def version_of(path):
    with closing(sqlite3.connect(path)) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return version, {name for (name,) in tables}


def test_a_file_of_the_first_release_keeps_all_its_messages(path, opened):
    as_of_version(path, 1, messages=300)

    store = opened(path)

    found = store.after("general", 0, 1_000)
    assert [(one.seq, one.text) for one in found] == [(n, f"text {n}") for n in range(1, 301)]
    assert {one.is_unclaimed for one in found} == {False}
    assert store.append(draft("n7")).message == found[6]
    [following] = keep(store, "next", now_ms=9_000)
    claim(store.people, person(), "ann")
    store.close()

    store = opened(path)
    assert store.after("general", 300, 9) == [following]
    assert store.people.find("ann").person == person(revision=1)


def test_messages_from_before_are_not_marked_either_way(path, opened):
    as_of_version(path, 1, messages=1)
    store = opened(path)
    keep(store, "next")

    marks = store._execute("SELECT unclaimed FROM messages ORDER BY seq").fetchall()

    assert marks == [(None,), (0,)]


def test_a_migrated_file_has_the_tables_of_a_new_one(tmp_path, opened):
    shapes = []
    for name, version in (("new.db", len(schema.MIGRATIONS)), ("old.db", 1)):
        as_of_version(tmp_path / name, version)
        store = opened(tmp_path / name)
        shapes.append(
            store._execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        )

    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS)))
def test_an_older_release_refuses_a_file_of_this_one(path, opened, monkeypatch, version):
    store = opened(path)
    keep(store, "n1")
    store.close()
    whole = path.read_bytes()
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:version])

    with pytest.raises(StoreTooNew, match="was written by a later release: install that one"):
        opened(path)

    assert path.read_bytes() == whole


def test_a_migration_that_fails_half_way_leaves_the_old_file(path, opened, monkeypatch):
    as_of_version(path, 1, messages=3)
    broken = (*schema.MIGRATIONS[1], "CREATE TABLE meta (name TEXT)")
    monkeypatch.setattr(schema, "MIGRATIONS", (schema.MIGRATIONS[0], broken))

    with pytest.raises(StoreCorrupt):
        opened(path)

    assert version_of(path) == (1, {"meta", "messages"})
    monkeypatch.undo()
    assert opened(path).head("general") == 3
