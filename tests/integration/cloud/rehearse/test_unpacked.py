"""A rehearsal's processes are told what the documents say, and the zip is laid out whole."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from fireside.cloud.package import FUNCTIONS, CannotPackage
from fireside.cloud.rehearse import unpacked
from fireside.console.exits import CannotStart
from fireside.domain.entry import EntryRules
from fireside.server.local import api_document

ROOT = Path(__file__).resolve().parents[4]
OPTIONAL = {
    "FIRESIDE_AWS_CLIENT",
    "FIRESIDE_BROADCAST_SECONDS",
    "FIRESIDE_NAMES",
    "FIRESIDE_ORIGIN_SECRET_SHA256",
    "FIRESIDE_OWNER_SHA256",
    "FIRESIDE_POST_SECONDS",
}


def told(rules=EntryRules()):  # noqa: B008 - it is frozen
    api = api_document()
    variables = unpacked.function_variables(api, rules, "http://127.0.0.1:1", "http://127.0.0.1:2")
    return unpacked.with_functions(api, Path("/place"), variables).functions


def test_every_documented_variable_is_set_for_the_functions_that_read_it():
    rows = re.findall(
        r"^\| `(FIRESIDE_\w+|AWS_ENDPOINT\w+)` \| ([\w, ]+?) \|",
        (ROOT / "docs/reference/functions.md").read_text("utf-8"),
        re.MULTILINE,
    )
    functions = {one.handler.rpartition(".")[2]: one for one in told().values()}

    assert len(rows) > 5
    for variable, readers in rows:
        for reader in readers.split(", "):
            known = functions[reader].environment
            assert variable in known or variable in OPTIONAL, (variable, reader)


def test_the_door_is_told_nothing_of_the_tables():
    [authorizer] = [one for one in told().values() if one.handler == f"{FUNCTIONS}.authorizer"]

    assert not [value for value in authorizer.environment.values() if "127.0.0.1:" in value]


def test_hosts_and_origins_are_those_of_the_settings():
    rules = EntryRules(frozenset({"chat.lan"}), frozenset({"https://chat.example"}))

    chat = told(rules)["chat"].environment
    assert "chat.lan" in chat["FIRESIDE_HOSTS"].split()
    assert "localhost" in chat["FIRESIDE_HOSTS"].split()
    assert chat["FIRESIDE_ORIGINS"] == "https://chat.example"


def test_where_the_page_comes_over_http_its_address_is_among_the_origins():
    rules = EntryRules(origins=frozenset({"https://a.example"}), plain_hosts=frozenset({"box"}))

    origins = told(rules)["chat"].environment["FIRESIDE_ORIGINS"].split()
    assert origins == ["http://127.0.0.1:1", "https://a.example"]


def test_messages_are_not_kept_in_a_folder_that_others_may_write_to(tmp_path):
    tmp_path.chmod(0o777)

    with (
        pytest.raises(CannotStart, match=f"chmod go-w {tmp_path}.* in it, --keep {tmp_path}/chat"),
        unpacked.folder(tmp_path),
    ):
        pass

    assert list(tmp_path.iterdir()) == []
    with unpacked.folder(tmp_path / "chat") as place:
        assert place.stat().st_mode & 0o777 == 0o700


def test_what_is_laid_out_is_the_zip_and_what_was_there_before_is_gone(tmp_path):
    (tmp_path / "function/old").mkdir(parents=True)

    package = unpacked.unpack(tmp_path)

    folder = tmp_path / "function"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    with zipfile.ZipFile(package.path) as archive:
        assert found == set(archive.namelist())
    assert not (folder / "old").exists()
    gateway = {path.name for path in (tmp_path / "gateway").rglob("*.py")}
    assert {"confined.py", "worker.py"} <= gateway
    assert "server.py" not in gateway


def test_the_sdk_is_there_only_if_it_was_chosen_and_alone(tmp_path):
    unpacked.unpack(tmp_path)
    gateway = tmp_path / "gateway"
    without = set(gateway.iterdir())

    unpacked.unpack(tmp_path, sdk=True)

    added = {path.name for path in set(gateway.iterdir()) - without}
    assert {"boto3", "botocore"} <= added
    assert not {"aiohttp", "websockets", "site-packages"} & added
    code = "import boto3, sys; print([m for m in sys.modules if m.startswith('aiohttp')])"
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(gateway)!r}); {code}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_without_the_sdk_it_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked, "_SDK", ("nothing_of_that_name",))

    with pytest.raises(CannotPackage, match="pip install"):
        unpacked.unpack(tmp_path, sdk=True)


def test_a_folder_is_kept_only_if_it_was_asked_for(tmp_path):
    with unpacked.folder(None) as passing:
        (passing / "file").touch()
    with unpacked.folder(tmp_path / "kept") as kept:
        (kept / "file").touch()

    assert not passing.exists()
    assert (tmp_path / "kept/file").exists()
    assert unpacked.data_in(kept).is_dir()
