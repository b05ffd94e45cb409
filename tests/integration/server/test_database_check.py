"""What `fireside doctor` says of the database: it looks, and leaves no trace."""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from fireside.adapters.sqlite import lockfile
from fireside.adapters.sqlite.witness import WitnessFile, signature
from fireside.domain.message import Draft
from fireside.server import database_check
from fireside.server.data_folder import database_file, open_store
from fireside.server.database_check import check_database


@pytest.fixture
def store(tmp_path):
    """Be a server that has stored a message and runs on."""
    store = open_store(tmp_path)
    store.begin()
    store.append(Draft("general", "ann", "Ann", "hi", "n1", None, 1_000, entropy=7))
    store.commit()
    yield store
    store.close()


def listing(folder):
    return {
        file.name: (file.stat().st_mtime_ns, file.stat().st_ctime_ns) for file in folder.iterdir()
    }


def test_a_folder_without_a_database_is_fine(tmp_path):
    assert check_database(tmp_path / "not/yet").verdict == "ok"
    assert check_database(tmp_path).verdict == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_for_another_check(tmp_path):
    (tmp_path / "data").touch()

    assert check_database(tmp_path / "data").verdict == "ok"


def test_a_database_that_no_server_uses_is_read_and_left_as_it_is(tmp_path, store):
    store.close()
    before = listing(tmp_path)

    check = check_database(tmp_path)

    assert check.verdict == "ok"
    assert check.found == f"{database_file(tmp_path)} is whole (0.0 MiB)"
    assert listing(tmp_path) == before


def damage(path):
    """Damage the tables, as a disk does: the file looks as if it was not touched."""
    whole = path.read_bytes()
    path.write_bytes(whole[:4_096] + b"\xff" * (len(whole) - 4_096))
    with closing(WitnessFile(path)) as file:
        file.write(replace(file.read(), closed=signature(path)))


def test_a_damaged_one_fails_with_what_to_do(tmp_path, store):
    store.close()
    path = database_file(tmp_path)
    damage(path)

    check = check_database(tmp_path)

    assert check.verdict == "fail"
    assert check.found == f"{path} is damaged"
    assert check.remedy.startswith("Restore a copy")


@pytest.fixture
def abandoned(tmp_path, store):  # noqa: ARG001 - it makes the files
    """Return a folder as a server leaves it that was killed."""
    folder = tmp_path / "abandoned"
    folder.mkdir()
    for file in ("fireside.db", "fireside.db-wal", "fireside.db.witness"):
        shutil.copy(tmp_path / file, folder)
    return folder


def test_one_that_was_not_closed_is_read_with_its_log_and_left_as_it_is(abandoned):
    before = {file: file.read_bytes() for file in abandoned.iterdir()}

    check = check_database(abandoned)

    assert check.verdict == "ok"
    assert check.found.endswith("fireside.db is whole (0.0 MiB)")
    assert {file: file.read_bytes() for file in before} == before


def test_damage_is_found_there_too(abandoned):
    (abandoned / "fireside.db-wal").unlink()
    database_file(abandoned).write_bytes(b"\xff" * 8_192)

    assert check_database(abandoned).verdict == "fail"


def test_one_in_use_is_read_while_messages_are_stored(tmp_path, store):
    check = check_database(tmp_path)

    assert check.verdict == "ok"
    assert check.found.endswith(f"is whole (0.0 MiB), in use by process {os.getpid()}")
    store.check()


def test_one_that_is_damaged_under_its_server_tells_to_stop_that_first(tmp_path, store):
    store.close()
    damage(database_file(tmp_path))
    lock = lockfile.hold(lockfile.path_of(database_file(tmp_path)))

    check = check_database(tmp_path)
    os.close(lock)

    assert check.verdict == "fail"
    assert check.remedy.startswith(f"Stop the server (process {os.getpid()}), then restore a copy")


def test_a_copy_that_another_program_writes_is_a_warning(tmp_path, store):
    store.close()
    with closing(sqlite3.connect(database_file(tmp_path), isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = DELETE")
        writer.execute("BEGIN EXCLUSIVE")

        check = check_database(tmp_path)

    assert check.verdict == "warn"
    assert check.found == f"Another program uses {database_file(tmp_path)}"


def test_what_another_program_left_half_written_is_undone_as_the_next_start_does(tmp_path, store):
    store.close()
    path = database_file(tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = DELETE")
        writer.execute("PRAGMA cache_size = 1")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("CREATE TABLE half AS SELECT zeroblob(100000)")
        folder = tmp_path / "half"
        folder.mkdir()
        for file in ("fireside.db", "fireside.db-journal"):
            shutil.copy(tmp_path / file, folder)

    assert check_database(folder).verdict == "ok"
    assert not (folder / "fireside.db-journal").exists()


def deleted(path):
    path.unlink()


def replaced(path):
    path.rename(path.with_name("aside"))
    shutil.copy(path.with_name("aside"), path)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("lose", [deleted, replaced])
def test_one_that_is_gone_under_its_server_fails(tmp_path, lose):
    lose(database_file(tmp_path))

    check = check_database(tmp_path)

    assert check.verdict == "fail"
    assert "was deleted, moved or replaced" in check.found
    assert check.remedy.startswith("Put it back")


def test_one_that_is_gone_without_a_server_is_a_warning(tmp_path, store):
    store.close()
    database_file(tmp_path).unlink()

    check = check_database(tmp_path)

    assert check.verdict == "warn"
    assert "though messages were stored there" in check.found


@pytest.mark.usefixtures("store")
def test_a_write_ahead_log_that_grew_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(database_check, "LARGE_WAL", 1_000)

    check = check_database(tmp_path)

    assert check.verdict == "warn"
    assert "; its log has 0 MiB" in check.found
