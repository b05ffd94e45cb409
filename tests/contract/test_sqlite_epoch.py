"""The epoch of a file: a restored or copied one gets another, the original keeps its own."""

import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from fireside.adapters.sqlite.store import SqliteStore
from fireside.adapters.sqlite.unusable import StoreCorrupt, StoreUnwritable
from fireside.adapters.sqlite.witness import COPY_NS, Witness, WitnessFile
from fireside.domain.errors import StorageFailed
from tests.contract.drafts import draft

SAY_AND_DIE = """
import os, pathlib, signal, sys
from fireside.adapters.sqlite.store import SqliteStore
from tests.contract.drafts import draft
store = SqliteStore.open(pathlib.Path(sys.argv[1]), new_epoch=lambda: "another")
for nonce in sys.argv[2:]:
    store.begin()
    store.append(draft(nonce))
    store.commit()
os.kill(os.getpid(), signal.SIGKILL)
"""


class Place:
    """A data folder and its server, which may be stopped or killed."""

    def __init__(self, folder, name="epoch"):
        self.folder = folder
        self.store = None
        self._epochs = (f"{name}-{number}" for number in itertools.count(1))

    @property
    def path(self):
        return self.folder / "fireside.db"

    @property
    def witness(self):
        return self.folder / "fireside.db.witness"

    def start(self):
        """Start the server; return the epoch that clients are told."""
        self.store = SqliteStore.open(self.path, new_epoch=self._epochs.__next__)
        return self.store.epoch

    def say(self, *nonces):
        """Store messages, each in a batch of its own."""
        for nonce in nonces:
            self.store.begin()
            self.store.append(draft(nonce))
            self.store.commit()

    def said(self):
        return "".join(message.nonce for message in self.store.after("general", 0, 100))

    def stop(self):
        self.store.close()

    def run(self, *nonces):
        """Start the server, store messages, and stop it; return its epoch."""
        epoch = self.start()
        self.say(*nonces)
        self.stop()
        return epoch

    def run_until_killed(self, *nonces):
        done = subprocess.run(
            [sys.executable, "-c", SAY_AND_DIE, self.path, *nonces],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
        )
        assert done.returncode == -signal.SIGKILL

    def back_up(self, how="VACUUM INTO"):
        """Copy the database while the server runs; return where the copy is."""
        backup = self.folder.with_name("backup.db")
        with closing(sqlite3.connect(self.path)) as database:
            if how == "VACUUM INTO":
                database.execute("VACUUM INTO ?", (str(backup),))
            else:
                with closing(sqlite3.connect(backup)) as target:
                    database.backup(target)
        return backup

    def restore(self, backup):
        """Copy a backup into the database, which may be in use."""
        with closing(sqlite3.connect(backup)) as source, closing(sqlite3.connect(self.path)) as it:
            source.backup(it)

    def time_passes(self, folder=None):
        """Let a copy of the witness be older than its file, as a copy is that was kept a while."""
        witness = (folder or self.folder) / self.witness.name
        fields = json.loads(witness.read_text())
        witness.write_text(json.dumps(fields | {"written_ns": fields["written_ns"] - 2 * COPY_NS}))


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path / "data")
    yield place
    if place.store is not None:
        place.stop()


def replace(backup, path):
    """Put a copy in the place of a file that is deleted first."""
    path.unlink()
    shutil.copy2(backup, path)


def overwrite(backup, path):
    """Copy into the file that is there, as `cp` does."""
    path.write_bytes(backup.read_bytes())


def move(backup, path):
    backup.rename(path)


# --- restored ---


@pytest.mark.parametrize("restore", [replace, overwrite, move])
@pytest.mark.parametrize("how", ["VACUUM INTO", ".backup"])
def test_a_database_that_was_restored_has_another_epoch(place, how, restore):
    place.start()
    place.say(*"abc")
    backup = place.back_up(how)
    place.say(*"def")
    place.stop()

    restore(backup, place.path)

    assert place.start() == "epoch-2"
    assert place.said() == "abc"
    place.say("x")
    place.stop()
    assert place.start() == "epoch-2"


def test_so_has_one_that_was_restored_after_a_crash(place):
    place.start()
    place.say(*"abc")
    backup = place.back_up()
    place.stop()
    place.run_until_killed(*"def")
    for journal in ("-wal", "-shm"):
        place.path.with_name(f"{place.path.name}{journal}").unlink()

    replace(backup, place.path)

    assert place.start() == "epoch-2"
    assert place.said() == "abc"


@pytest.mark.parametrize("is_overwritten", [True, False])
@pytest.mark.parametrize("is_killed", [True, False])
def test_a_folder_that_was_restored_has_another_epoch(place, is_killed, is_overwritten):
    place.run(*"abc")
    if is_killed:
        place.run_until_killed("d")
    backup = place.folder.with_name("backup")
    shutil.copytree(place.folder, backup)
    place.run(*"ef")

    if not is_overwritten:
        shutil.rmtree(place.folder)
    shutil.copytree(backup, place.folder, dirs_exist_ok=True)
    place.time_passes()

    assert place.start() == "epoch-2"
    assert place.said() == ("abcd" if is_killed else "abc")


@pytest.mark.parametrize("is_in_use", [True, False])
def test_a_folder_that_was_copied_a_moment_ago_has_another_epoch(place, tmp_path, is_in_use):
    place.start()
    place.say(*"abc")
    if not is_in_use:
        place.stop()
    copy = Place(tmp_path / "copy", "copy")
    shutil.copytree(place.folder, copy.folder)

    assert copy.run() == "copy-1"


def test_a_database_alone_in_another_folder_has_another_epoch(place, tmp_path):
    place.run(*"abc")
    other = Place(tmp_path / "other", "other")
    other.folder.mkdir()
    shutil.copy2(place.path, other.path)

    assert other.run() == "other-1"
    assert place.start() == "epoch-1"


def test_a_database_that_comes_after_an_empty_one_has_another_epoch(place, tmp_path):
    """A new machine: the service is started once, and then the copy is put in."""
    place.run(*"abc")
    machine = Place(tmp_path / "machine", "machine")
    machine.run()

    replace(place.path, machine.path)

    assert machine.run() == "machine-2"


def test_a_copy_that_lacks_nothing_is_the_same_log(place):
    place.run(*"abc")
    backup = place.back_up()

    replace(backup, place.path)

    assert place.start() == "epoch-1"


def test_a_database_that_is_restored_while_it_is_in_use_gets_another_epoch(place):
    place.start()
    place.say(*"abc")
    backup = place.back_up()
    place.say(*"def")

    place.restore(backup)
    place.say("x")

    assert place.store.epoch == "epoch-2"
    assert place.said() == "abcx"
    place.stop()
    assert place.start() == "epoch-2"


def test_a_restore_while_in_use_is_remembered_until_its_epoch_is_stored(place):
    place.start()
    place.say(*"abc")
    backup = place.back_up()
    place.say(*"def")
    place.restore(backup)

    with closing(sqlite3.connect(place.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            with pytest.raises(StorageFailed):
                place.say("x")
            assert place.store.epoch == "epoch-1"
    place.say("x")

    stored = place.store.epoch
    assert stored != "epoch-1"
    assert place.said() == "abcx"
    place.stop()
    assert place.start() == stored


def test_a_restore_while_in_use_costs_no_message_if_its_witness_cannot_be_written(
    place, monkeypatch
):
    place.start()
    place.say(*"abc")
    backup = place.back_up()
    place.say(*"def")
    place.restore(backup)

    monkeypatch.setattr(WitnessFile, "write", full_disk)
    place.say("x")

    assert place.store.epoch == "epoch-2"
    assert place.said() == "abcx"


def full_disk(_file, _witness):
    raise OSError(28, "No space left on device")


def test_a_row_that_was_deleted_by_hand_changes_no_epoch(place):
    place.start()
    place.say(*"abc")

    with closing(sqlite3.connect(place.path, isolation_level=None)) as database:
        database.execute("DELETE FROM messages WHERE nonce = 'b'")
    place.say("d")

    assert place.store.epoch == "epoch-1"
    assert place.said() == "acd"


# --- the original ---


def test_an_original_keeps_its_epoch_however_its_server_ended(place):
    place.run(*"abc")
    place.run_until_killed("d")
    place.run_until_killed("e")

    assert place.start() == "epoch-1"
    assert place.said() == "abcde"


def test_a_folder_that_was_moved_is_the_original(place):
    place.run(*"abc")

    place.folder = place.folder.rename(place.folder.with_name("moved"))

    assert place.start() == "epoch-1"


def test_so_is_one_that_was_moved_after_a_crash(place):
    place.run(*"abc")
    place.run_until_killed("d")

    place.folder = place.folder.rename(place.folder.with_name("moved"))

    assert place.start() == "epoch-1"


def test_a_database_that_was_renamed_and_back_is_the_original(place):
    place.run(*"abc")
    place.path.rename(place.folder / "aside")
    (place.folder / "aside").rename(place.path)
    place.path.chmod(0o640)

    assert place.start() == "epoch-1"


def test_what_was_undone_is_not_what_the_witness_names(place):
    place.start()
    place.store.begin()
    place.store.append(draft("a"))
    place.store.savepoint()
    place.store.append(draft("b"))
    place.store.undo()
    place.store.commit()
    place.stop()

    assert place.start() == "epoch-1"
    assert place.said() == "a"


# --- the witness itself ---


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"epoch": 1}', "\xff"])
def test_a_witness_that_says_nothing_counts_as_none(place, text):
    place.run(*"abc")
    place.witness.write_text(text)

    assert place.start() == "epoch-2"
    assert place.said() == "abc"


def test_without_a_witness_a_damaged_file_is_still_refused(place):
    place.run(*"abc")
    place.witness.unlink()
    with closing(sqlite3.connect(place.path, isolation_level=None)) as database:
        database.execute("DELETE FROM meta")

    with pytest.raises(StoreCorrupt):
        place.start()


def test_a_witness_that_cannot_be_made_says_what_to_do(place):
    place.folder.mkdir()
    place.witness.mkdir()

    with pytest.raises(StoreUnwritable, match="make sure that you own it"):
        place.start()


def test_a_witness_of_which_only_the_time_is_old_is_a_copy(tmp_path):
    file = WitnessFile(tmp_path / "chat.db")
    file.write(Witness("epoch-1", "general", 7, "0" * 26, (1, 2)))
    assert file.read().seq == 7
    file.close()
    fields = json.loads((tmp_path / "chat.db.witness").read_text())
    copied = json.dumps(fields | {"written_ns": fields["written_ns"] - 2 * COPY_NS})
    (tmp_path / "chat.db.witness").write_text(copied)

    file = WitnessFile(tmp_path / "chat.db")

    assert file.read() is None
    file.close()


@pytest.mark.parametrize(
    ("lost_seconds", "is_original"), [((), True), ((9, 9), True), ((9,) * 9, False)]
)
def test_a_witness_is_written_again_if_the_machine_stood_still(tmp_path, lost_seconds, is_original):
    lost = itertools.chain(lost_seconds, itertools.repeat(0))
    file = WitnessFile(tmp_path / "chat.db", lambda: time.time_ns() - next(lost) * 10**9)

    file.write(Witness("epoch-1", "general", 7, "0" * 26, (1, 2)))

    assert (file.read() is not None) is is_original
    file.close()


def test_a_witness_that_cannot_be_written_costs_no_message(place, monkeypatch):
    place.start()

    monkeypatch.setattr(WitnessFile, "write", full_disk)
    place.say(*"abc")
    place.stop()
    monkeypatch.undo()

    assert place.start() == "epoch-1"
    assert place.said() == "abc"


def test_a_witness_names_no_text_and_no_person(place):
    place.run(*"abc")

    fields = json.loads(place.witness.read_text())

    last = {"epoch", "room", "seq", "message_id"}
    assert set(fields) == last | {"inodes", "closed", "inode", "written_ns"}


# --- a write-ahead log that belongs to another file ---


def test_a_copy_beside_the_log_of_the_file_before_is_refused_and_left_as_it_is(place):
    place.run(*(f"first {number}" for number in range(50)))
    backup = place.back_up()
    place.run(*(f"second {number}" for number in range(500)))
    place.run_until_killed(*(f"third {number}" for number in range(50)))

    replace(backup, place.path)
    with pytest.raises(StoreCorrupt, match=r"without the old fireside\.db-wal"):
        place.start()

    assert place.path.read_bytes() == backup.read_bytes()
    place.path.with_name("fireside.db-wal").unlink()
    place.start()
    assert place.store.head("general") == 50


def test_a_copy_that_came_with_its_own_log_is_taken(place):
    place.run(*"abc")
    place.run_until_killed(*"def")
    backup = place.folder.with_name("backup")
    shutil.copytree(place.folder, backup)
    place.run(*"ghi")
    place.run_until_killed("j")

    for file in ("fireside.db", "fireside.db-wal", "fireside.db-shm"):
        replace(backup / file, place.folder / file)

    assert place.start() == "epoch-2"
    assert place.said() == "abcdef"
