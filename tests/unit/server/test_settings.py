"""Flag > FIRESIDE_* > fireside.toml > default; every mistake is one sentence with its source."""

from dataclasses import replace
from pathlib import Path

import pytest

from fireside.console.exits import ExitCode
from fireside.server.settings import (
    BadSettings,
    Settings,
    address,
    asks_for_invite,
    config_path,
    default_data,
    is_reachable,
    load,
)

HOME = {"HOME": "/home/ada"}


@pytest.fixture
def toml(tmp_path):
    def write(text):
        path = tmp_path / "fireside.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def refusal(flags=None, environ=HOME, toml_path=None):
    with pytest.raises(BadSettings) as caught:
        load(flags or {}, environ, toml_path)
    assert caught.value.exit_code == ExitCode.USAGE
    return str(caught.value)


def test_without_a_word_it_is_a_private_chat_on_this_machine():
    settings = load({}, HOME, None)

    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.data.parts[:3] == ("/", "home", "ada")
    assert settings.public_url is None
    assert settings.allow_origins == ()
    assert settings.invites == "auto"
    assert not settings.open_browser
    assert not settings.faithful
    assert settings.log_format == "auto"
    assert settings.color


def test_the_nearest_source_wins(toml):
    file = toml('host = "file"\nport = 1\npublic_url = "http://file"')
    environ = HOME | {"FIRESIDE_HOST": "variable", "FIRESIDE_PORT": "2"}

    settings = load({"host": "flag", "port": None}, environ, file)

    assert settings.host == "flag"
    assert settings.port == 2
    assert settings.public_url == "http://file"


def test_every_key_can_stand_in_the_file(toml):
    file = toml(
        'host = "::1"\nport = 0\ndata = "/srv/chat"\npublic_url = "https://Chat.Example/"\n'
        'open = true\nallow_origin = ["http://a.example:8000"]\nlog_format = "json"\n'
        'faithful = true\ninvites = "required"'
    )

    settings = load({}, HOME, file)

    assert settings.host == "::1"
    assert settings.port == 0
    assert settings.data == Path("/srv/chat")
    assert settings.public_url == "https://chat.example"
    assert settings.open_browser
    assert settings.invites == "required"
    assert settings.faithful
    assert settings.allow_origins == ("http://a.example:8000",)
    assert settings.log_format == "json"


def test_a_folder_in_the_file_is_beside_the_file(toml):
    file = toml('data = "messages"')

    assert load({}, HOME, file).data == file.parent / "messages"


def test_a_list_in_the_environment_has_commas():
    environ = HOME | {"FIRESIDE_ALLOW_ORIGIN": "http://a.example, http://b.example"}

    assert load({}, environ, None).allow_origins == ("http://a.example", "http://b.example")


def test_no_color_is_respected():
    assert not load({}, HOME | {"NO_COLOR": "1"}, None).color
    assert load({}, HOME | {"NO_COLOR": ""}, None).color


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://chat.example:443/", "https://chat.example"),
        ("http://chat.example:80", "http://chat.example"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        (" HTTPS://CHAT.example ", "https://chat.example"),
    ],
)
def test_an_address_is_kept_in_one_form(given, origin):
    assert load({"public_url": given}, HOME, None).public_url == origin


@pytest.mark.parametrize(
    "address",
    [
        "chat.example",
        "ftp://chat.example",
        "https://",
        "https://chat.example/room",
        "https://chat.example/?a=1",
        "https://ada@chat.example",
        "https://chat.example:port",
        "https://[",
        "*",
        "",
        7,
    ],
)
def test_an_address_that_cannot_be_one_is_refused(address):
    sentence = refusal({"public_url": address})

    assert sentence.startswith("--public-url must look like https://chat.example.com")
    assert sentence.endswith(f"not {address!r}.")


@pytest.mark.parametrize(
    "port", ["", "-1", "65536", "80a", "８０", "9" * 5_000, True, 1.5, 70_000, []]
)
def test_a_port_that_cannot_be_one_is_refused(port):
    assert "--port must be a whole number" in refusal({"port": port})


@pytest.mark.parametrize(("word", "meaning"), [("1", True), ("Yes", True), ("off", False)])
def test_yes_and_no_have_several_words(word, meaning):
    assert load({}, HOME | {"FIRESIDE_OPEN": word}, None).open_browser is meaning


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("FIRESIDE_OPEN", "maybe", "must be true or false"),
        ("FIRESIDE_LOG_FORMAT", "xml", "must be one of auto, text, json"),
        ("FIRESIDE_HOST", " ", "must be some text"),
        ("FIRESIDE_DATA", "", "must name a folder"),
        ("FIRESIDE_DATA", "~nobody-of-that-name/x", "must name a folder"),
        ("FIRESIDE_ALLOW_ORIGIN", "*", "must look like"),
    ],
)
def test_a_bad_variable_is_named(name, value, problem):
    sentence = refusal(environ=HOME | {name: value})

    assert sentence.startswith(f"{name} {problem}")
    assert sentence.endswith(f"not {value!r}.")


def test_a_bad_value_in_the_file_is_named_with_the_file(toml):
    file = toml("allow_origin = 5")

    assert refusal(toml_path=file).startswith(f"allow_origin in {file} must look like")


def test_a_folder_in_the_file_must_be_text(toml):
    assert "must name a folder" in refusal(toml_path=toml("data = 5"))


def test_an_unknown_variable_gets_a_hint():
    sentence = refusal(environ=HOME | {"FIRESIDE_PROT": "80"})

    assert sentence == (
        "The environment has FIRESIDE_PROT, which is not a setting; did you mean FIRESIDE_PORT?"
    )


def test_an_unknown_key_in_the_file_gets_a_hint(toml):
    file = toml('publicurl = "x"')

    assert refusal(toml_path=file) == (
        f"{file} sets publicurl, which is not a setting; did you mean public_url?"
    )


def test_an_unknown_key_like_no_other_gets_none(toml):
    assert refusal(toml_path=toml("zzz = 1")).endswith("is not a setting.")


def test_a_file_that_is_not_toml_is_refused(toml):
    assert "is not TOML" in refusal(toml_path=toml("host ="))


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "fireside.toml"
    path.write_bytes(b"\xff")

    assert "is not TOML" in refusal(toml_path=path)


def test_a_named_file_must_exist(tmp_path):
    assert "No such file" in refusal(toml_path=tmp_path / "nowhere.toml")


def test_the_named_file_wins_over_the_one_that_lies_there(tmp_path):
    here = tmp_path / "fireside.toml"
    assert config_path(None, {}, tmp_path) is None
    here.touch()

    assert config_path(None, {}, tmp_path) == here
    assert config_path(None, {"FIRESIDE_CONFIG": "/etc/a.toml"}, tmp_path) == Path("/etc/a.toml")
    assert config_path("b.toml", {"FIRESIDE_CONFIG": "/etc/a.toml"}, tmp_path) == Path("b.toml")


def test_the_variable_that_names_the_file_is_no_unknown_setting():
    assert load({}, HOME | {"FIRESIDE_CONFIG": "x"}, None).port == 8080


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
def test_a_chat_that_others_may_reach_does_unless_somebody_said_off(change):
    settings = replace(Settings(data=Path("data")), **change)

    assert is_reachable(settings)
    assert asks_for_invite(settings)
    assert not asks_for_invite(replace(settings, invites="off"))


def test_what_invites_may_be():
    assert refusal({"invites": "open"}) == (
        "--invites must be one of auto, required, off, not 'open'."
    )


@pytest.mark.parametrize(
    ("change", "opened"),
    [
        ({}, "http://localhost:80"),
        ({"host": "::1"}, "http://localhost:80"),
        ({"host": "::"}, "http://localhost:80"),
        ({"host": "127.0.0.2"}, "http://127.0.0.2:80"),
        ({"host": "fe80::1"}, "http://[fe80::1]:80"),
        ({"public_url": "https://chat.example"}, "https://chat.example"),
    ],
)
def test_the_address_is_one_that_can_be_opened(change, opened):
    assert address(replace(Settings(data=Path("data")), **change), 80) == opened
