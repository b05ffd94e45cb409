"""The files of a store while it is opened and open: damaged, gone, busy, grown."""

import logging
import shutil
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace

import pytest

from fireside.adapters.sqlite import files, opening
from fireside.adapters.sqlite.opening import WAL_BYTES, _prepare
from fireside.adapters.sqlite.space import FreeSpace
from fireside.adapters.sqlite.store import SqliteStore
from fireside.adapters.sqlite.unusable import StoreBusy, StoreCorrupt, StoreUnwritable
from fireside.adapters.sqlite.witness import WitnessFile, signature
from fireside.domain.errors import StorageFailed
from tests.contract.drafts import draft, seqs


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


def refuse(store, nonce):
    """Send, and see it refused; then undo it, as the server does."""
    with pytest.raises(StorageFailed):
        send(store, nonce)
    store.rollback()


# --- files that are gone while they are in use ---


def deleted(path):
    path.unlink()


def moved(path):
    path.rename(path.with_name("elsewhere.db"))


def replaced(path):
    moved(path)
    shutil.copy(path.with_name("elsewhere.db"), path)


def without_its_folder(path):
    path.parent.rename(path.parent.with_name("moved"))


def without_its_log(path):
    path.with_name(f"{path.name}-wal").unlink()


@pytest.mark.parametrize("lose", [deleted, moved, replaced, without_its_folder, without_its_log])
def test_nothing_is_stored_in_a_file_that_is_gone(path, store, lose, caplog):
    send(store, "n1")
    lose(path)

    refuse(store, "n2")
    refuse(store, "n3")

    with pytest.raises(StorageFailed):
        store.check()
    lines = [line.getMessage() for line in caplog.records if line.levelname == "ERROR"]
    gone = f"{path} was deleted, moved or replaced: no message is stored until it is back"
    assert lines == [f"{gone}, or until the server starts again"]


def test_what_was_stored_before_can_be_read_on(path, store):
    send(store, "n1", "n2")
    path.unlink()

    store.begin()
    assert seqs(store.after("general", 0, 9)) == [1, 2]
    store.commit()


def test_a_file_that_is_put_back_is_used_again(path, store, caplog):
    send(store, "n1")
    moved(path)
    refuse(store, "n2")
    path.with_name("elsewhere.db").rename(path)

    assert seqs(send(store, "n2")) == [2]
    store.check()
    assert f"{path} is back: messages are stored again" in caplog.messages


def test_a_batch_looks_once_at_its_files_and_one_that_only_reads_does_not(store, monkeypatch):
    looks = []
    monkeypatch.setattr(store._files, "are_in_place", lambda: looks.append(1) or True)

    send(store, *"abcdefgh")
    assert len(looks) == 1

    store.begin()
    store.head("general")
    store.commit()
    assert len(looks) == 1


def test_a_file_that_was_replaced_is_not_taken_for_one_that_was_closed_well(path, opened, caplog):
    store = opened(path)
    send(store, "n1")
    replaced(path)
    store.close()
    caplog.clear()

    opened(path)

    assert "checking the whole database: it was not closed by a server" in caplog.messages


def test_a_link_to_the_database_is_followed(path, tmp_path, opened):
    (tmp_path / "disk").mkdir()
    path.parent.mkdir()
    path.symlink_to(tmp_path / "disk" / "real.db")

    store = opened(path)
    send(store, "n1")
    (tmp_path / "disk" / "real.db").unlink()

    refuse(store, "n2")


def test_a_new_file_in_the_place_of_one_that_is_gone_is_told(path, opened, caplog):
    store = opened(path)
    send(store, "n1")
    store.close()
    path.unlink()

    opened(path)

    said = f"{path} is gone, though messages were stored there: starting with none"
    assert said in caplog.messages


# --- the whole file is read only where it may be damaged ---


def checks(caplog):
    return [line for line in caplog.messages if line.startswith("checking the whole database")]


def test_a_file_that_was_closed_well_is_not_read_as_a_whole(path, opened, caplog):
    store = opened(path)
    send(store, "n1")
    store.close()

    opened(path).close()
    opened(path)

    assert checks(caplog) == []


def test_nor_is_one_whose_folder_was_moved(path, opened, caplog):
    opened(path).close()
    path.parent.rename(path.parent.with_name("moved"))

    opened(path.parent.with_name("moved") / path.name)

    assert checks(caplog) == []


def changed_a_byte(path):
    whole = bytearray(path.read_bytes())
    whole[-1] ^= 1
    path.write_bytes(whole)


def touched(path):
    path.chmod(0o640)


def written_by_another_program(path):
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE more (a)")
        database.commit()


def written_and_not_closed(path):
    aside = path.with_name("aside.db")
    shutil.copy2(path, aside)
    with closing(sqlite3.connect(aside)) as database:
        database.execute("CREATE TABLE more (a)")
        database.commit()
        shutil.copy(f"{aside}-wal", f"{path}-wal")


@pytest.mark.parametrize(
    "change", [changed_a_byte, touched, written_by_another_program, written_and_not_closed]
)
def test_one_that_was_changed_since_is_read_and_a_line_says_so(path, opened, caplog, change):
    opened(path).close()
    change(path)

    opened(path)

    assert checks(caplog) == ["checking the whole database: it was changed since it was closed"]


def test_the_line_says_how_much_there_is_to_read(path, opened, caplog):
    opened(path).close()
    touched(path)

    opened(path)

    [line] = [line for line in caplog.records if line.getMessage().startswith("checking")]
    assert (line.file, line.mebibytes) == (path, 0)


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


def test_the_whole_is_read_once_however_long_another_program_is_waited_for(path, opened, caplog):
    opened(path).close()
    with closing(read_on(path)), pytest.raises(StoreBusy):
        opened(path, busy_seconds=0.01)

    assert len(checks(caplog)) == 1


def test_it_is_read_again_if_it_was_changed_while_it_was_waited_for(
    path, opened, caplog, monkeypatch
):
    opened(path).close()
    monkeypatch.setattr(opening.log, "warning", lambda *_: touched(path))
    with closing(read_on(path)), pytest.raises(StoreBusy):
        opened(path, busy_seconds=0.01)

    assert len(checks(caplog)) == 2


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
        _prepare(database, path, None, str)


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


def test_a_log_that_grows_is_told_once(path, store, caplog, monkeypatch):
    monkeypatch.setattr(files, "LARGE_WAL", 2 << 20)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM meta").fetchall()
        grow(store, path, 6 << 20)
        send(store, "n1")

    [line] = [line for line in caplog.messages if "another program has been reading" in line]
    assert line.startswith(f"{path}-wal has 2 MiB")


def test_the_log_is_emptied_at_the_end_though_another_program_has_it_open(path, opened, caplog):
    store = opened(path)
    with closing(sqlite3.connect(path)) as other:
        send(store, "n1")
        other.execute("SELECT * FROM meta").fetchall()
        store.close()

        assert wal_bytes(path) == 0
        opened(path)
        assert checks(caplog) == []


def test_a_log_that_grew_is_cut_without_messages_too(path, store):
    """Whatever asks `/readyz` now and then brings this about."""
    send(store, "n1")
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM messages").fetchall()
        grow(store, path, 3 * WAL_BYTES)

    store.check()
    store.check()

    assert wal_bytes(path) <= WAL_BYTES


# --- damage that is met while the server runs ---


def test_a_file_in_which_damage_was_met_is_read_as_a_whole_at_the_next_start(path, opened, caplog):
    """Bits that went bad on the disk change neither the size nor the time of a file."""
    store = opened(path)
    for number in range(50):
        send(store, f"n{number}", text="x" * 900)
    store.close()
    damage_unseen(path)
    store = opened(path)
    for _ in range(2):
        with pytest.raises(StorageFailed):
            store.after("general", 0, 100)
    store.close()

    lines = [line.getMessage() for line in caplog.records if line.levelname == "ERROR"]
    assert lines == [f"{path} is damaged: stop the server, then run `fireside doctor`"]
    with pytest.raises(StoreCorrupt):
        opened(path)


def damage_unseen(path):
    """Damage old messages, and let the witness know the file as it is now."""
    whole = path.read_bytes()
    start, end = 9 * 4_096, 12 * 4_096  # behind the roots, before the newest messages
    path.write_bytes(whole[:start] + b"\xff" * (end - start) + whole[end:])
    with closing(WitnessFile(path)) as file:
        file.write(replace(file.read(), closed=signature(path)))


def test_with_too_little_space_nothing_is_stored_but_all_is_read_and_repeats_are_acked(store, path):
    free = [1 << 30]
    store._space = FreeSpace(path.parent, 1 << 30, lambda _: (0, 0, free[0]))
    (first,) = send(store, "first")

    free[0] -= 1
    refuse(store, "second")
    store.begin()
    repeated = store.append(draft("first"))
    store.commit()
    assert (repeated.message, repeated.duplicate) == (first, True)
    assert seqs(store.before("general", None, 10)) == [1]
    with pytest.raises(StorageFailed, match="nearly full"):
        store.check()

    free[0] += 1
    assert [message.seq for message in send(store, "second")] == [2]
    store.check()
