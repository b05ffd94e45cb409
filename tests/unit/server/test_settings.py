"""The keys, the values and the file; tests/unit/cli/test_options.py has how sources are merged."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from fireside import environment
from fireside.console.exits import ExitCode
from fireside.server.settings import (
    SETTINGS,
    BadSettings,
    Settings,
    address,
    asks_for_invite,
    check_variables,
    config_path,
    default_data,
    is_reachable,
    read_file,
    read_port,
    read_switch,
)

HOME = {"HOME": "/home/ada"}


@pytest.fixture
def toml(tmp_path):
    def write(text):
        path = tmp_path / "fireside.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def refusal(read, given):
    with pytest.raises(BadSettings) as caught:
        read(given)
    assert caught.value.exit_code == ExitCode.USAGE
    return str(caught.value)


def test_a_field_has_the_name_of_its_key():
    assert {field.name for field in fields(Settings)} == {*SETTINGS, "color"}


@pytest.mark.parametrize(
    "port", ["", "-1", "65536", "80a", "８０", "9" * 5_000, True, 1.5, 70_000, []]
)
def test_a_port_that_cannot_be_one_is_refused(port):
    with pytest.raises(ValueError, match="must be a whole number"):
        read_port(port)


@pytest.mark.parametrize(("word", "meaning"), [("1", True), ("Yes", True), ("off", False)])
def test_yes_and_no_have_several_words(word, meaning):
    assert read_switch(word) is meaning


def test_an_unknown_variable_gets_a_hint():
    assert refusal(check_variables, ["PATH", "FIRESIDE_PORT", "FIRESIDE_PROT"]) == (
        "The environment has FIRESIDE_PROT, which is not a setting; did you mean FIRESIDE_PORT?"
    )


def test_the_variable_that_names_the_file_is_no_unknown_setting():
    check_variables(["FIRESIDE_CONFIG"])


def test_variables_of_the_functions_are_known():
    check_variables(environment.OF_FUNCTIONS)


def test_an_unknown_key_in_the_file_gets_a_hint(toml):
    file = toml('publicurl = "x"')

    assert refusal(read_file, file) == (
        f"{file} sets publicurl, which is not a setting; did you mean public_url?"
    )


def test_an_unknown_key_like_no_other_gets_none(toml):
    assert refusal(read_file, toml("zzz = 1")).endswith("is not a setting.")


def test_a_file_that_is_not_toml_is_refused(toml):
    assert "is not TOML" in refusal(read_file, toml("host ="))


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "fireside.toml"
    path.write_bytes(b"\xff")

    assert refusal(read_file, path) == f"{path} is not UTF-8: save it with that encoding."


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_that_was_saved_on_windows_is_read(tmp_path, encoding):
    path = tmp_path / "fireside.toml"
    path.write_bytes("port = 9000  \r\n# für alle\r\ninvites = 'off'\r\n".encode(encoding))

    assert read_file(path) == {"port": 9000, "invites": "off"}


def test_a_named_file_must_exist(tmp_path):
    assert "No such file" in refusal(read_file, tmp_path / "nowhere.toml")


def test_a_folder_in_the_file_is_beside_the_file(toml):
    file = toml('data = "messages"')

    assert read_file(file) == {"data": str(file.parent / "messages")}


def test_the_named_file_wins_over_the_one_in_the_folder(tmp_path):
    here = tmp_path / "fireside.toml"
    assert config_path(None, tmp_path) is None
    here.touch()

    assert config_path(None, tmp_path) == here
    assert config_path("/etc/a.toml", tmp_path) == Path("/etc/a.toml")


@pytest.mark.parametrize(
    ("environ", "platform", "folder"),
    [
        (HOME, "linux", "/home/ada/.local/share/fireside"),
        (HOME | {"XDG_DATA_HOME": "/data"}, "linux", "/data/fireside"),
        (HOME, "darwin", "/home/ada/Library/Application Support/fireside"),
        (HOME, "win32", "/home/ada/AppData/Local/fireside"),
        (HOME | {"LOCALAPPDATA": "/local"}, "win32", "/local/fireside"),
    ],
)
def test_messages_lie_where_the_platform_keeps_data(environ, platform, folder):
    assert default_data(environ, platform) == Path(folder)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_a_chat_that_only_this_machine_reaches_asks_for_no_invite(host):
    settings = Settings(data=Path("data"), host=host)

    assert not is_reachable(settings)
    assert not asks_for_invite(settings)
    assert asks_for_invite(replace(settings, invites="required"))


@pytest.mark.parametrize(
    "change",
    [
        {"host": "0.0.0.0"},  # noqa: S104 - not listened on
        {"host": "::"},
        {"host": "192.168.1.20"},
        {"host": "chat.lan"},
        {"host": "localhost.example"},
        {"public_url": "https://chat.example"},
        {"public_url": "http://localhost:8080"},
    ],
)
def test_a_chat_that_others_may_reach_does_unless_invites_are_off(change):
    settings = replace(Settings(data=Path("data")), **change)

    assert is_reachable(settings)
    assert asks_for_invite(settings)
    assert not asks_for_invite(replace(settings, invites="off"))


@pytest.mark.parametrize(
    ("change", "opened"),
    [
        ({}, "http://localhost:80"),
        ({"host": "::1"}, "http://[::1]:80"),
        ({"host": "::"}, "http://localhost:80"),
        ({"host": "127.0.0.2"}, "http://127.0.0.2:80"),
        ({"host": "fe80::1"}, "http://[fe80::1]:80"),
        ({"public_url": "https://chat.example"}, "https://chat.example"),
    ],
)
def test_the_address_is_one_that_can_be_opened(change, opened):
    assert address(replace(Settings(data=Path("data")), **change), 80) == opened


@pytest.mark.parametrize(
    ("given", "found"),
    [("500 MiB", 500 << 20), ("2GiB", 2 << 30), ("0", 0), (0, 0), (" 1 GiB ", 1 << 30)],
)
def test_a_size_has_its_unit(given, found):
    assert SETTINGS["keep_free"].read(given) == found


@pytest.mark.parametrize(
    "given", ["1", 1, "1 GB", "-1 GiB", "1.5 GiB", "", True, None, "\u0661 GiB"]
)
def test_a_size_without_a_unit_is_a_mistake(given):
    with pytest.raises(ValueError, match="must be a size such as 500 MiB"):
        SETTINGS["keep_free"].read(given)
