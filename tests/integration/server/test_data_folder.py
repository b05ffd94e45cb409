"""A database that can't be opened ends the server with the code that its supervisor needs."""

import errno
import sqlite3
from contextlib import closing

import pytest

from fireside.console.exits import CannotStart, ExitCode
from fireside.server.data_folder import database_file, open_store


def ending(folder):
    """Return how a server ends that can't open its database."""
    with pytest.raises(CannotStart) as ending:
        open_store(folder, busy_seconds=0)
    return ending.value.exit_code, str(ending.value)


def test_a_database_that_another_program_reads_may_be_free_later(tmp_path):
    open_store(tmp_path).close()
    with closing(sqlite3.connect(database_file(tmp_path), isolation_level=None)) as reader:
        reader.execute("PRAGMA journal_mode = DELETE")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM meta").fetchall()

        code, sentence = ending(tmp_path)

    assert code == ExitCode.UNAVAILABLE
    assert "Another program uses" in sentence
    open_store(tmp_path).close()


def test_a_database_that_is_damaged_does_not_repair_itself(tmp_path):
    database_file(tmp_path).write_bytes(b"no database" * 1_000)

    code, sentence = ending(tmp_path)

    assert code == ExitCode.DATABASE
    assert "is damaged" in sentence


def test_a_folder_that_another_server_uses_may_be_free_later(tmp_path):
    store = open_store(tmp_path)

    code, sentence = ending(tmp_path)

    assert code == ExitCode.UNAVAILABLE
    assert "Another Fireside" in sentence
    store.close()
    open_store(tmp_path).close()


@pytest.mark.parametrize(
    "cause",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Quota exceeded"),
        OSError(errno.EIO, "Input/output error"),
    ],
)
def test_a_disk_that_is_full_may_have_space_later(tmp_path, monkeypatch, cause):
    def full(*_):
        raise cause

    with monkeypatch.context() as patches:
        patches.setattr("fireside.adapters.sqlite.lockfile.os.write", full)
        code, sentence = ending(tmp_path)

    assert code == ExitCode.UNAVAILABLE
    assert "free some space" in sentence
    open_store(tmp_path).close()


def test_so_may_one_on_which_sqlite_finds_no_space(tmp_path, monkeypatch):
    open_store(tmp_path).close()

    def full(*_):
        failed = sqlite3.OperationalError("disk I/O error")
        failed.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE  # on a disk that is full
        raise failed

    with monkeypatch.context() as patches:
        patches.setattr("fireside.adapters.sqlite.opening.schema.migrate", full)
        assert ending(tmp_path)[0] == ExitCode.UNAVAILABLE

    open_store(tmp_path).close()


def test_a_folder_that_cannot_be_written_needs_a_person(tmp_path):
    (tmp_path / "data").touch()

    code, sentence = ending(tmp_path / "data")

    assert code == ExitCode.DATA
    assert "make sure that you own it" in sentence


@pytest.mark.parametrize("name", ["fireside.db.lock", "fireside.db.witness"])
def test_a_planted_link_is_not_written_through(tmp_path, name):
    (tmp_path / "diary").write_text("dear diary")
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / name).symlink_to(tmp_path / "diary")

    code, sentence = ending(tmp_path / "data")

    assert code == ExitCode.DATA
    assert f"{name} is a symbolic link" in sentence
    assert (tmp_path / "diary").read_text() == "dear diary"


def test_a_folder_that_others_may_write_to_is_not_used(tmp_path):
    tmp_path.chmod(0o777)

    code, sentence = ending(tmp_path)

    assert code == ExitCode.DATA
    assert "chmod go-w" in sentence
    assert list(tmp_path.iterdir()) == []
