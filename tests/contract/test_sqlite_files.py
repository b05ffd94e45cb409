"""The files of a store while it is opened and open: busy, grown."""

import logging
import sqlite3
import threading
from contextlib import closing, suppress

import pytest

from fireside.adapters.sqlite.opening import (
    WAL_BYTES,
    StoreBusy,
    StoreUnwritable,
    _prepare,
)
from fireside.adapters.sqlite.store import SqliteStore
from tests.contract.drafts import draft


@pytest.fixture(autouse=True)
def all_lines(caplog):
    caplog.set_level(logging.INFO)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "chat.db"


@pytest.fixture
def opened():
    """Open stores, and close them in the end."""
    stores = []

    def open_store(path, busy_seconds=0):
        stores.append(SqliteStore.open(path, new_epoch=lambda: "epoch", busy_seconds=busy_seconds))
        return stores[-1]

    yield open_store
    for store in stores:
        with suppress(OSError):  # the test closed it
            store.close()


@pytest.fixture
def store(path, opened):
    return opened(path)


def send(store, *nonces, text="hi"):
    """Store messages as the server does: in a batch."""
    store.begin()
    kept = [store.append(draft(nonce, text=text)).message for nonce in nonces]
    store.commit()
    return kept


# --- another program ---


def read_on(path):
    """Read a database in journal mode DELETE, as another program does; return what holds it."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    reader = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM meta").fetchall()
    return reader


def test_a_copy_that_another_program_reads_is_busy_and_not_forbidden(path, opened):
    opened(path).close()
    reader = read_on(path)

    with pytest.raises(StoreBusy, match=r"Another program uses .*: end it"):
        opened(path)

    reader.close()
    opened(path)


def test_another_program_is_waited_for_and_a_line_says_so(path, opened, caplog):
    opened(path).close()
    reader = read_on(path)
    waiting = threading.Thread(target=opened, args=(path,), kwargs={"busy_seconds": 60})
    waiting.start()
    said = f"another program uses {path}: waiting 60 seconds for it"
    while said not in caplog.messages and waiting.is_alive():
        waiting.join(0.01)

    reader.close()
    waiting.join(60)

    assert said in caplog.messages
    assert opened_store_works(path)


def opened_store_works(path):
    with closing(sqlite3.connect(path)) as database:
        return database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_chat_thread_waits_for_no_other_program(path, opened):
    store = opened(path, busy_seconds=60)

    assert store._execute("PRAGMA busy_timeout").fetchone() == (0,)


def test_a_place_without_a_write_ahead_log_is_refused(path):
    """A database in memory has none either."""
    with (
        closing(sqlite3.connect(":memory:")) as database,
        pytest.raises(StoreUnwritable, match="local disk"),
    ):
        _prepare(database, path, str)


# --- the write-ahead log ---


def wal_bytes(path):
    return path.with_name(f"{path.name}-wal").stat().st_size


def grow(store, path, to_bytes):
    number = 0
    while wal_bytes(path) < to_bytes:
        send(store, *(f"{to_bytes} {number + n}" for n in range(500)), text="x" * 1_000)
        number += 500


def test_a_log_that_a_long_reader_let_grow_is_cut_when_it_ends(path, store):
    send(store, "n1")
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM messages").fetchall()
        grow(store, path, 3 * WAL_BYTES)

    send(store, "n2")
    send(store, "n3")

    assert wal_bytes(path) <= WAL_BYTES
