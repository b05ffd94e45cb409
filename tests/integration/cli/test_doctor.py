"""Each check says ok, warn or fail, and what to do about it."""

import json
import socket
import sqlite3
import subprocess
from pathlib import Path

import pytest

from fireside.cli import doctor as module
from fireside.cli.doctor import (
    check_clock,
    check_folder,
    check_invite,
    check_node,
    check_owner_link,
    check_page,
    check_port,
    check_python,
    check_space,
    check_sqlite,
    check_wal,
    doctor,
    examine,
)
from fireside.console.checks import Check
from fireside.server import own_folder
from fireside.server.data_folder import invite_file, owner_file
from fireside.server.settings import Settings

GIB = 1 << 30


def test_python_and_sqlite_must_be_new_enough():
    assert check_python((3, 11, 0)).verdict == "ok"
    assert check_python((3, 10, 9)).verdict == "fail"
    assert check_sqlite((3, 35, 0), 1).verdict == "ok"
    assert check_sqlite((3, 34, 9), 3).verdict == "fail"
    assert check_sqlite((3, 40, 0), 0).verdict == "fail"


def test_a_folder_that_is_not_there_yet_is_judged_by_its_parent(tmp_path):
    data = tmp_path / "not/yet"

    assert check_folder(data).verdict == "ok"
    assert check_wal(data).verdict == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_fails(tmp_path):
    data = tmp_path / "data"
    data.touch()

    assert check_folder(data).verdict == "fail"
    assert "Fix its permissions" in check_folder(data).remedy
    assert check_wal(data).verdict == "fail"


def test_a_folder_that_others_may_write_to_fails(tmp_path):
    tmp_path.chmod(0o777)

    assert check_folder(tmp_path).verdict == "fail"
    assert f"chmod go-w {tmp_path}" in check_folder(tmp_path).remedy


@pytest.mark.parametrize(
    ("is_known", "found"), [(True, "writable, and not by others"), (False, "writable")]
)
def test_it_says_no_more_of_others_than_it_knows(tmp_path, monkeypatch, is_known, found):
    for where in (own_folder, module):
        monkeypatch.setattr(where, "knows_others", lambda: is_known)

    assert check_folder(tmp_path) == Check("data folder", "ok", f"{tmp_path} is {found}")


def test_a_file_system_without_wal_fails(tmp_path, monkeypatch):
    class NoWal:
        def execute(self, _):
            return self

        def fetchone(self):
            return ("delete",)

        def close(self):
            pass

    monkeypatch.setattr(sqlite3, "connect", lambda _: NoWal())

    check = check_wal(tmp_path)

    assert check.verdict == "fail"
    assert check.found == "journal mode delete"


@pytest.mark.parametrize(
    ("free", "keep_free", "verdict"),
    [
        (10 * GIB, GIB, "ok"),
        (2 * GIB - 1, GIB, "warn"),
        (GIB - 1, GIB, "fail"),
        (GIB, 0, "ok"),
        (GIB // 2, 0, "warn"),
        (1 << 20, 0, "fail"),
    ],
)
def test_a_disk_that_fills_up_is_told_in_time(tmp_path, free, keep_free, verdict):
    settings = Settings(data=tmp_path, keep_free=keep_free)

    assert check_space(settings, lambda _: (0, 0, free)).verdict == verdict


def listening(host, port):
    return Settings(data=Path("data"), host=host, port=port)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::"])  # noqa: S104 - the port is taken
def test_a_port_in_use_fails_on_every_host_that_the_server_could_not_use(host):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        check = check_port(listening(host, port))

    assert (check.verdict, check.found) == ("fail", f"Port {port} is taken by another program")
    assert check.remedy.startswith("Choose another with --port")
    assert check_port(listening(host, 0)).verdict == "ok"


def test_a_host_of_another_machine_fails():
    check = check_port(listening("192.0.2.1", 8080))

    assert (check.verdict, check.remedy) == ("fail", "Check --host.")


def test_the_page_must_be_built(tmp_path):
    index = tmp_path / "index.html"
    assert check_page(index).verdict == "fail"

    index.touch()

    assert check_page(index).verdict == "ok"


def test_a_clock_before_the_installation_is_a_warning():
    installed = 1_800_000_000

    assert check_clock(installed + 1, installed).verdict == "ok"
    assert check_clock(0, installed).verdict == "warn"


@pytest.mark.parametrize(
    ("version", "verdict"),
    [("v20.19.0", "ok"), ("v22.1.0", "ok"), ("v20.18.9", "warn"), ("v18", "warn"), (None, "warn")],
)
def test_an_old_node_only_matters_for_building(version, verdict):
    assert check_node(version).verdict == verdict


def test_node_is_asked_for_its_version(monkeypatch):
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    assert module._node_version() is None

    monkeypatch.setattr(module.shutil, "which", lambda _: "node")
    answer = subprocess.CompletedProcess([], 0, "v20.19.0\n")
    monkeypatch.setattr(module.subprocess, "run", lambda *_, **__: answer)

    assert module._node_version() == "v20.19.0"


@pytest.fixture
def healthy(tmp_path, monkeypatch):
    """Be a machine on which everything is in order, with Fireside installed from a wheel."""
    package = tmp_path / "lib/fireside"
    (package / "web").mkdir(parents=True)
    (package / "web/index.html").touch()
    (package / "__init__.py").touch()
    monkeypatch.setattr(module, "PACKAGE", package)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: (0, 0, 10 * GIB))
    return Settings(data=tmp_path, port=0)


def test_a_healthy_machine_gets_zero(healthy, capsys):
    assert doctor(healthy, as_json=False) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line[:2] for line in lines] == ["ok"] * 11


def test_one_failure_makes_it_one(healthy, capsys):
    Path(module.PACKAGE, "web/index.html").unlink()

    assert doctor(healthy, as_json=True) == 1

    checks = json.loads(capsys.readouterr().out)
    bad = [check for check in checks if check["verdict"] != "ok"]
    assert [check["name"] for check in bad] == ["page"]
    assert "make page" in bad[0]["remedy"]


def test_remedies_stand_on_their_line(healthy, capsys):
    Path(module.PACKAGE, "web/index.html").unlink()

    doctor(healthy, as_json=False)

    assert "fail  page: not built. Run `make page`" in capsys.readouterr().out


def test_node_is_looked_for_in_a_checkout_only(healthy, tmp_path):
    assert "node" not in [check.name for check in examine(healthy)]

    source = tmp_path / "web/package.json"
    source.parent.mkdir()
    source.touch()

    assert "node" in [check.name for check in examine(healthy)]


def test_whether_an_invite_is_needed_is_checked(tmp_path):
    private = Settings(data=tmp_path)
    shared = Settings(data=tmp_path, host="0.0.0.0")  # noqa: S104 - not listened on
    opened = Settings(data=tmp_path, public_url="https://chat.example", invites="off")

    assert (check_invite(private).verdict, check_invite(opened).verdict) == ("ok", "warn")
    assert "made at the first start" in check_invite(shared).found
    assert list(tmp_path.iterdir()) == []
    invite_file(tmp_path).secret()
    assert check_invite(shared).verdict == "ok"


def test_an_invite_that_others_can_read_or_that_is_none_fails(tmp_path):
    shared = Settings(data=tmp_path, invites="required")
    file = invite_file(tmp_path)
    file.secret()

    file.path.chmod(0o644)
    assert check_invite(shared).verdict == "fail"
    assert check_invite(shared).remedy == f"Run `chmod 600 {file.path}`."

    file.path.write_text("nothing")
    assert check_invite(shared).verdict == "fail"
    assert check_invite(shared).remedy == "Make one with `fireside invite --new`."


def test_an_owner_link_that_others_can_read_or_that_is_none_fails(tmp_path):
    settings, file = Settings(data=tmp_path), owner_file(tmp_path)
    assert check_owner_link(settings).found == "made at the first start"
    assert list(tmp_path.iterdir()) == []

    secret = file.secret()
    assert check_owner_link(settings).verdict == "ok"
    assert secret not in str(check_owner_link(settings))

    file.path.chmod(0o644)
    assert check_owner_link(settings).remedy == f"Run `chmod 600 {file.path}`."

    file.path.write_text("nothing")
    assert check_owner_link(settings).verdict == "fail"
    assert check_owner_link(settings).remedy == "Make one with `fireside owner --new`."


def test_an_invite_that_can_not_be_looked_for_fails_in_a_sentence(tmp_path):
    nowhere = Settings(data=tmp_path / ("long" * 100), invites="required")

    check = check_invite(nowhere)

    assert check.verdict == "fail"
    assert check.found.startswith("Can't read ")


def test_each_line_comes_before_the_next_check_begins(healthy, capsys, monkeypatch):
    shown = []

    def slow(_):
        shown.append(capsys.readouterr().out)
        return Check("database", "ok", "read")

    monkeypatch.setattr(module, "check_database", slow)

    doctor(healthy, as_json=False)

    assert "free space" in shown[0]
