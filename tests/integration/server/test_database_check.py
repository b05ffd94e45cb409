"""What `fireside doctor` says of the database: it looks, and leaves no trace."""

import shutil

import pytest

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
    assert check.found.endswith("is whole")
    assert listing(tmp_path) == before


def test_a_damaged_one_fails_with_what_to_do(tmp_path, store):
    store.close()
    path = database_file(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:4_096] + b"\xff" * (len(whole) - 4_096))

    check = check_database(tmp_path)

    assert check.verdict == "fail"
    assert check.found == f"{path} is damaged"
    assert check.remedy.startswith("Restore a copy")


@pytest.mark.usefixtures("store")
def test_one_that_was_not_closed_is_left_to_the_next_start(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for file in list(tmp_path.glob("fireside.db*")):
        shutil.copy(file, other)
    before = listing(other)

    check = check_database(other)

    assert check.verdict == "ok"
    assert "the next start checks it" in check.found
    assert listing(other) == before


@pytest.mark.usefixtures("store")
def test_one_in_use_is_not_read(tmp_path):
    check = check_database(tmp_path)

    assert check.verdict == "ok"
    assert check.found.startswith("a server uses it (process ")


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
    assert "no message is stored" in check.found
    assert "Put it back" in check.remedy


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
    assert "fireside.db-wal has" in check.found
