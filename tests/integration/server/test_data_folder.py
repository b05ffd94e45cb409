"""A database that can't be opened ends the server with the code that its supervisor needs."""

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

    assert code == ExitCode.DATABASE_BUSY
    assert "Another program uses" in sentence
    open_store(tmp_path).close()


def test_a_database_that_is_damaged_does_not_repair_itself(tmp_path):
    database_file(tmp_path).write_bytes(b"no database" * 1_000)

    code, sentence = ending(tmp_path)

    assert code == ExitCode.DATABASE
    assert "is damaged" in sentence


def test_neither_does_a_folder_that_another_server_uses(tmp_path):
    store = open_store(tmp_path)

    assert ending(tmp_path)[0] == ExitCode.DATA
    store.close()


def test_nor_one_that_cannot_be_written(tmp_path):
    (tmp_path / "data").touch()

    assert ending(tmp_path / "data")[0] == ExitCode.DATA
