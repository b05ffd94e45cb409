"""What only a file can do: outlive us, be read by others, be damaged, be full."""

import json
import os
import sqlite3
import stat
import subprocess
import sys

import pytest

from fireside.adapters.sqlite import schema
from fireside.adapters.sqlite.store import SqliteStore
from fireside.adapters.sqlite.unusable import (
    StoreBusy,
    StoreCorrupt,
    StoreDiskFailed,
    StoreLocked,
    StoreTooNew,
    StoreUnusable,
    StoreUnwritable,
)
from fireside.domain.errors import StorageFailed
from fireside.domain.message import Draft
from tests.contract.persons import claim, person


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "chat.db"


@pytest.fixture
def opened():
    """Open stores, and close those that the test left open."""
    stores = []

    def open_store(path, epoch="epoch-1"):
        store = SqliteStore.open(path, new_epoch=lambda: epoch)
        stores.append(store)
        return store

    yield open_store
    for store in stores:
        try:
            store.close()
        except OSError:  # the test closed it
            continue


def draft(nonce, *, text="hi", now_ms=1_000):
    return Draft("general", "ann", "Ann", text, nonce, None, now_ms, entropy=7)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# --- what stays ---


def test_a_store_that_is_opened_again_goes_on_where_it_was(path, opened):
    store = opened(path)
    first = store.append(draft("n1", now_ms=5_000)).message
    store.close()

    store = opened(path, epoch="epoch-2")

    assert store.epoch == "epoch-1"
    assert store.append(draft("n1")).message == first
    following = store.append(draft("n2", now_ms=4_000)).message
    assert (following.seq, following.timestamp_ms) == (2, 5_000)


def test_what_was_not_committed_is_gone_after_a_restart(path, opened):
    store = opened(path)
    store.begin()
    store.append(draft("n1"))
    store.close()

    assert opened(path).head("general") == 0


def test_a_commit_is_synchronous(path, opened):
    store = opened(path)

    assert store._execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._execute("PRAGMA journal_mode").fetchone() == ("wal",)


# --- who may look ---


def test_only_the_owner_may_read_anything(path, opened):
    umask = os.umask(0)
    try:
        store = opened(path)
        store.append(draft("n1"))
    finally:
        os.umask(umask)

    files = {file.name: mode(file) for file in path.parent.iterdir()}
    names = ["chat.db", "chat.db-wal", "chat.db-shm", "chat.db.lock", "chat.db.witness"]
    assert files == dict.fromkeys(names, 0o600)
    assert mode(path.parent) == 0o700


def test_a_folder_that_was_there_keeps_its_mode(path, opened):
    path.parent.mkdir(mode=0o755)

    opened(path)

    assert mode(path.parent) == 0o755


def test_a_file_that_others_could_read_is_closed_to_them(path, opened):
    opened(path).close()
    path.chmod(0o644)

    opened(path)

    assert mode(path) == 0o600


# --- one process ---


def test_a_second_process_is_refused_and_told_who_is_there(path, opened):
    opened(path)
    script = (
        "import sys, pathlib\n"
        "from fireside.adapters.sqlite.unusable import StoreLocked\n"
        "from fireside.adapters.sqlite.store import SqliteStore\n"
        "try: SqliteStore.open(pathlib.Path(sys.argv[1]), new_epoch=str)\n"
        "except StoreLocked as refusal: print(refusal)\n"
    )

    second = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=True
    )

    assert f"process {os.getpid()}" in second.stdout
    assert "--data" in second.stdout


def test_the_lock_is_free_again_after_closing_and_after_failing(path, opened):
    opened(path).close()
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreCorrupt):
        opened(path)
    path.unlink()

    assert opened(path).head("general") == 0


def test_two_stores_in_one_process_exclude_each_other_too(path, opened):
    opened(path)

    with pytest.raises(StoreLocked, match="stop that one"):
        opened(path)


# --- a power cut ---


def test_a_journal_that_was_cut_anywhere_gives_back_a_prefix(path, opened, tmp_path):
    store = opened(path)
    for number in range(40):
        store.append(draft(f"n{number}", text="x" * 900))
    whole, journal = path.read_bytes(), path.with_name("chat.db-wal").read_bytes()
    (tmp_path / "cut").mkdir()
    found = []

    for length in range(0, len(journal), 4_096):
        copy = tmp_path / "cut" / f"{length}.db"
        copy.write_bytes(whole)
        copy.with_name(f"{length}.db-wal").write_bytes(journal[:length])
        restored = opened(copy)
        kept = [message.seq for message in restored.after("general", 0, 100)]
        assert kept == [*range(1, len(kept) + 1)]
        assert restored.append(draft("next")).message.seq == len(kept) + 1
        restored.close()
        found.append(len(kept))

    assert found == sorted(found)
    assert found[0] < found[-1]


# --- files that can't be used ---


def corrupted_header(path):
    path.write_bytes(b"x" * 100 + path.read_bytes()[100:])


def corrupted_pages(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:4_096] + b"\xff" * (len(whole) - 4_096))


def cut_short(path):
    path.write_bytes(path.read_bytes()[:5_000])


def of_another_program(path):
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE bookmarks (url TEXT)")
    database.close()


def without_epoch(path):
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM meta")
    database.close()


def without_tables(path):
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE meta")
    database.close()


@pytest.mark.parametrize(
    "damage",
    [
        corrupted_header,
        corrupted_pages,
        cut_short,
        of_another_program,
        without_epoch,
        without_tables,
    ],
)
def test_a_damaged_file_is_refused_and_left_as_it_is(path, opened, damage):
    store = opened(path)
    for number in range(50):
        store.append(draft(f"n{number}", text="x" * 900))
    store.close()
    damage(path)
    found = path.read_bytes()

    with pytest.raises(StoreCorrupt, match=r"move it away|choose another folder"):
        opened(path)

    assert path.read_bytes() == found


@pytest.mark.parametrize("place", range(20))
def test_a_byte_flipped_anywhere_is_found_or_harmless(path, opened, place):
    store = opened(path)
    for number in range(60):
        store.append(draft(f"n{number}", text=f"{number:04} " + "x" * 800))
    store.close()
    whole = bytearray(path.read_bytes())
    at = place * len(whole) // 20 + 97
    whole[at] ^= 0xFF
    path.write_bytes(whole)

    try:
        store = opened(path)
    except StoreUnusable:
        return

    assert len(store.after("general", 0, 100)) == 60


def test_a_file_of_a_later_release_is_refused(path, opened):
    opened(path).close()
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    database.close()

    with pytest.raises(StoreTooNew, match="later release"):
        opened(path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path, opened):
    (tmp_path / "data").write_text("a file, not a folder")

    with pytest.raises(StoreUnwritable, match="can't be written"):
        opened(tmp_path / "data" / "chat.db")


def test_a_folder_in_the_place_of_the_file_is_refused(path, opened):
    path.mkdir(parents=True)

    with pytest.raises(StoreUnwritable):
        opened(path)


def test_a_disk_that_is_full_at_the_start_is_refused(path, opened, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fireside.adapters.sqlite.lockfile.os.write", full)

    with pytest.raises(StoreDiskFailed, match="free some space"):
        opened(path)


def test_a_file_that_another_tool_is_writing_is_busy(path, opened):
    opened(path).close()
    tool = sqlite3.connect(path, isolation_level=None)
    tool.execute("PRAGMA locking_mode = EXCLUSIVE")
    tool.execute("BEGIN EXCLUSIVE")

    with pytest.raises(StoreBusy, match="Another program uses"):
        opened(path)
    tool.close()


def test_being_interrupted_while_opening_is_no_fault_of_the_file(path, opened):
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SqliteStore.open(path, new_epoch=interrupted)

    assert opened(path).epoch == "epoch-1"


# --- disks that fail ---


def limit_to_what_it_has(store):
    (pages,) = store._execute("PRAGMA page_count").fetchone()
    store._execute(f"PRAGMA max_page_count = {pages}")


def fill(store):
    for number in range(1_000):
        store.append(draft(f"fill-{number}", text="x" * 1_000))


def test_a_full_disk_refuses_and_can_be_tried_again(path, opened):
    store = opened(path)
    store.append(draft("n1"))
    limit_to_what_it_has(store)

    with pytest.raises(StorageFailed) as refusal:
        fill(store)

    assert (refusal.value.code, refusal.value.retryable) == ("storage", True)
    kept = store.head("general")
    assert [message.seq for message in store.after("general", 0, 1_000)] == [*range(1, kept + 1)]
    store._execute("PRAGMA max_page_count = 100000")
    assert store.append(draft("later")).message.seq == kept + 1


def test_a_full_disk_costs_the_whole_batch_and_says_so(path, opened):
    store = opened(path)
    store.begin()
    store.savepoint()
    store.append(draft("n1"))
    store.release()
    limit_to_what_it_has(store)
    store.savepoint()
    with pytest.raises(StorageFailed):
        fill(store)

    with pytest.raises(StorageFailed):
        store.release()
    store.rollback()
    assert store.head("general") == 0
    store._execute("PRAGMA max_page_count = 100000")
    store.begin()
    assert store.append(draft("n1")).message.seq == 1
    store.commit()


@pytest.mark.parametrize("verb", ["savepoint", "commit", "undo", "release"])
def test_a_batch_that_sqlite_dropped_by_itself_is_noticed(path, opened, verb):
    store = opened(path)
    store.begin()
    store.savepoint()
    store.append(draft("n1"))
    store._execute("ROLLBACK")

    with pytest.raises(StorageFailed):
        getattr(store, verb)()
    store.rollback()

    assert store.head("general") == 0
    assert store.append(draft("n2")).message.seq == 1


class FailingDatabase:
    """A connection whose next statement fails as a broken disk does."""

    def __init__(self, database):
        self.database = database
        self.in_transaction = True
        self.total_changes = 0

    def execute(self, *_):
        raise sqlite3.OperationalError("disk I/O error")

    def close(self):
        self.database.close()


@pytest.mark.parametrize(
    "use",
    [
        lambda store: store.append(draft("n1")),
        lambda store: store.after("general", 0, 1),
        lambda store: store.before("general", None, 1),
        lambda store: store.before("general", 1, 1),
        lambda store: store.head("general"),
        lambda store: store.begin(),
        lambda store: store.savepoint(),
        lambda store: store.release(),
        lambda store: store.undo(),
        lambda store: store.commit(),
        lambda store: store.rollback(),
        lambda store: store.check(),
        lambda store: store.people.find("ann", ("ann",)),
        lambda store: store.people.forgotten,
        lambda store: store.people.audit(None, 1),
        lambda store: store.people.audit("e1", 1),
        lambda store: store.people.has_owner(),
        lambda store: claim(store.people, person(), "ann"),
    ],
)
def test_whatever_fails_on_the_disk_is_a_storage_refusal(path, opened, use):
    store = opened(path)
    store._database = FailingDatabase(store._database)
    store._execute = store._database.execute
    store.people._database = store._database
    store.people._execute = store.people._database.execute

    with pytest.raises(StorageFailed) as refusal:
        use(store)

    assert refusal.value.retryable
    assert "disk" not in refusal.value.text


def test_a_healthy_store_passes_its_check(path, opened):
    store = opened(path)

    store.check()
    store.check()


def test_a_store_that_cannot_write_fails_its_check_though_it_reads(path, opened):
    store = opened(path)
    store.append(draft("n1"))
    store._execute("PRAGMA query_only = ON")

    assert store.head("general") == 1
    with pytest.raises(StorageFailed):
        store.check()


# --- rows that went bad ---


def test_a_text_that_is_no_longer_utf8_does_not_hide_the_others(path, opened):
    store = opened(path)
    for nonce in "abc":
        store.append(draft(nonce, text=json.dumps(nonce)))
    store._execute("UPDATE messages SET text = CAST(x'ff41' AS TEXT) WHERE seq = 2")

    texts = [message.text for message in store.after("general", 0, 9)]

    assert texts == ['"a"', "\ufffdA", '"c"']


def test_two_messages_can_never_have_one_seq(path, opened):
    store = opened(path)
    store.append(draft("n1"))
    store._tails.clear()
    store._tails["general"] = store._tail("attic")

    with pytest.raises(StorageFailed):
        store.append(draft("n2"))

    assert len(store.after("general", 0, 9)) == 1
