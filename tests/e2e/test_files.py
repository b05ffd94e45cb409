"""The files of a running server: restored, deleted, moved. Nothing acknowledged is lost unsaid."""

import json
import shutil
import sqlite3
import time
from contextlib import closing, contextmanager

import pytest
from websockets.sync.client import connect

from fireside.adapters.sqlite import lockfile
from fireside.server.data_folder import database_file
from fireside.server.database_check import check_database
from tests.e2e.support.clients import LONGEST_SECONDS, read_all, status_of
from tests.e2e.support.server_process import in_both_modes, serving


class Client:
    """One that says hello with what it has, as the page does."""

    def __init__(self, socket):
        self._socket = socket

    def ask(self, action, **fields):
        self._socket.send(json.dumps({"action": action, "id": action, **fields}))
        while True:
            frame = json.loads(self._socket.recv(timeout=LONGEST_SECONDS))
            if frame.get("id") == action:
                return frame

    def say(self, *texts):
        return [self.ask("sendMessage", message=text, nonce=text) for text in texts]


@contextmanager
def joined(server, name="Ada"):
    url = f"{server.socket_url}?username={name}"
    with connect(url, open_timeout=LONGEST_SECONDS) as socket:
        yield Client(socket)


def texts(kind, count):
    return [f"{kind} {number}" for number in range(1, count + 1)]


def back_up(data, backup):
    with closing(sqlite3.connect(database_file(data))) as database:
        database.execute("VACUUM INTO ?", (str(backup),))


def wait_until_unused(data):
    """Handlers in a process of their own end a moment after a server that was killed."""
    until = time.monotonic() + LONGEST_SECONDS
    while lockfile.holder(lockfile.path_of(database_file(data))) is not None:
        assert time.monotonic() < until
        time.sleep(0.01)


def cursors_at_the_end(client):
    """Return where a client is that has read everything: as the page says it, and as others do."""
    page = client.ask("getHistory", limit=1)
    [newest] = page["messages"]
    plain = {"epoch": page["epoch"], "after": newest["seq"]}
    return plain | {"messageId": newest["messageId"]}, plain


@in_both_modes
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_clients_of_a_restored_database_load_it_again(tmp_path, mode, end):
    data, backup = tmp_path / "data", tmp_path / "backup.db"
    with serving(data, *mode) as server, joined(server) as ada:
        ada.say(*texts("kept", 10))
        back_up(data, backup)
        ada.say(*texts("lost", 10))
        cursors = cursors_at_the_end(ada)
        getattr(server, end)()
    wait_until_unused(data)
    for journal in ("-wal", "-shm"):
        database_file(data).with_name(f"fireside.db{journal}").unlink(missing_ok=True)
    shutil.copy(backup, database_file(data))

    with serving(data, *mode) as server, joined(server) as ada:
        ada.say(*texts("new", 15))
        for cursor in cursors:
            [resumed] = ada.ask("hello", v=1, resume={"general": cursor})["resumed"]
            assert resumed["reset"]
            assert resumed["epoch"] != cursor["epoch"]
            found = [event["message"] for event in resumed["events"]]
            assert found == texts("kept", 10) + texts("new", 15)


@in_both_modes
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_clients_of_the_original_go_on_where_they_were(tmp_path, mode, end):
    data = tmp_path / "data"
    with serving(data, *mode) as server, joined(server) as ada:
        ada.say(*texts("first", 10))
        cursors = cursors_at_the_end(ada)
        getattr(server, end)()

    with serving(data, *mode) as server, joined(server) as ada:
        ada.say("next")
        for cursor in cursors:
            [resumed] = ada.ask("hello", v=1, resume={"general": cursor})["resumed"]
            assert not resumed["reset"]
            assert [event["message"] for event in resumed["events"]] == ["next"]


@in_both_modes
def test_what_is_sent_while_the_database_is_gone_is_refused(tmp_path, mode):
    data = tmp_path / "data"
    path = database_file(data)
    with serving(data, *mode) as server, joined(server) as ada:
        ada.say("before")
        path.rename(data / "aside.db")

        [refused] = ada.say("meanwhile")
        assert (refused["type"], refused["code"]) == ("error", "storage")
        assert refused["retryable"]
        assert status_of(f"{server.address}/readyz") == 503
        assert check_database(data).verdict == "fail"
        assert [m["message"] for m in ada.ask("getHistory")["messages"]] == ["before"]

        (data / "aside.db").rename(path)
        [stored] = ada.say("meanwhile")
        assert stored["type"] == "ack"
        server.stop()

    with serving(data, *mode) as server:
        assert [message["message"] for message in read_all(server)] == ["before", "meanwhile"]
