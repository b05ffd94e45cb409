"""A flag counts before FIRESIDE_*, that before fireside.toml; each mistake names its source."""

import os
from pathlib import Path

import click
import pytest

from fireside.cli.options.settings import with_settings
from fireside.console.exits import ExitCode
from fireside.server.settings import SETTINGS, BadSettings


@pytest.fixture
def toml(tmp_path):
    def write(text):
        path = tmp_path / "fireside.toml"
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def load(monkeypatch, tmp_path):
    """Return the settings that a command gets which offers each of them as a flag."""
    monkeypatch.chdir(tmp_path)

    def run(*flags, offered=tuple(SETTINGS), **variables):
        @click.command()
        @with_settings(*offered)
        def command(settings):
            return settings

        monkeypatch.setattr(os, "environ", {"HOME": "/home/ada", **variables})
        with command.make_context("fireside", list(flags)) as context:
            return command.invoke(context)

    return run


@pytest.fixture
def refusal(load):
    def run(*flags, **variables):
        with pytest.raises(BadSettings) as caught:
            load(*flags, **variables)
        assert caught.value.exit_code == ExitCode.USAGE
        return str(caught.value)

    return run


def test_without_a_word_it_is_a_private_chat_on_this_machine(load):
    settings = load()

    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.data.parts[:3] == ("/", "home", "ada")
    assert settings.public_url is None
    assert settings.allow_origin == ()
    assert settings.invites == "auto"
    assert settings.names == "open"
    assert not settings.open
    assert not settings.isolated
    assert settings.log_format == "auto"
    assert settings.color


def test_the_nearest_source_wins(load, toml):
    toml('host = "file"\nport = 1\npublic_url = "http://file"')

    settings = load("--host", "flag", FIRESIDE_HOST="variable", FIRESIDE_PORT="2")

    assert settings.host == "flag"
    assert settings.port == 2
    assert settings.public_url == "http://file"


def test_a_file_that_was_found_is_named_first_and_one_that_was_named_is_not(load, toml, capsys):
    path = toml('port = 1\npublic_url = "https://evil.example"')

    load()
    first, second = capsys.readouterr().err.splitlines()
    assert first == f"fireside: settings from {path}: port, public_url"
    assert second.endswith("the link with the invite leads to https://evil.example")

    load("--config", str(path))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("flag", ["--open", "--no-open"])
def test_a_switch_can_be_set_and_unset_over_the_other_sources(load, toml, flag):
    toml(f"open = {'false' if flag == '--open' else 'true'}")

    assert load(flag).open is (flag == "--open")
    assert load().open is (flag != "--open")
    assert load(flag, FIRESIDE_OPEN="no").open is (flag == "--open")


def test_every_key_can_stand_in_the_file(load, toml):
    toml(
        'host = "::1"\nport = 0\ndata = "/srv/chat"\npublic_url = "https://Chat.Example/"\n'
        'open = true\nallow_origin = ["http://a.example:8000"]\nlog_format = "json"\n'
        'isolated = true\ninvites = "required"\naws_client = "boto3"'
    )

    settings = load()

    assert settings.host == "::1"
    assert settings.port == 0
    assert settings.data == Path("/srv/chat")
    assert settings.public_url == "https://chat.example"
    assert settings.open
    assert settings.invites == "required"
    assert settings.isolated
    assert settings.allow_origin == ("http://a.example:8000",)
    assert settings.aws_client == "boto3"
    assert settings.log_format == "json"


def test_a_folder_in_the_file_is_beside_the_file(load, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there/mine.toml").write_text('data = "messages"', "utf-8")

    assert load("--config", "there/mine.toml").data == Path("there/messages")


def test_a_list_is_a_repeated_flag_a_variable_with_commas_or_an_array(load, toml):
    both = ("http://a.example", "http://b.example")
    toml('allow_origin = ["http://c.example"]')

    assert load("--allow-origin", both[0], "--allow-origin", both[1]).allow_origin == both
    assert load(FIRESIDE_ALLOW_ORIGIN="http://a.example, http://b.example").allow_origin == both
    assert load().allow_origin == ("http://c.example",)


def test_no_color_is_respected(load):
    assert not load(NO_COLOR="1").color
    assert load(NO_COLOR="").color


def test_a_mistake_sounds_the_same_wherever_it_is(refusal, toml):
    problem = "must be a whole number from 0 to 65535, not 'http'."

    assert refusal("--port", "http") == f"--port {problem}"
    assert refusal(FIRESIDE_PORT="http") == f"FIRESIDE_PORT {problem}"
    file = toml('port = "http"')
    assert refusal() == f"port in {file} {problem}"


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("FIRESIDE_OPEN", "maybe", "must be true or false"),
        ("FIRESIDE_LOG_FORMAT", "xml", "must be one of auto, text, json"),
        ("FIRESIDE_HOST", " ", "must be an address or a name of this machine"),
        ("FIRESIDE_DATA", "", "must name a folder"),
        ("FIRESIDE_DATA", "~nobody-of-that-name/x", "must name a folder"),
        ("FIRESIDE_ALLOW_ORIGIN", "*", "must look like"),
    ],
)
def test_a_bad_variable_is_named(refusal, name, value, problem):
    sentence = refusal(**{name: value})

    assert sentence.startswith(f"{name} {problem}")
    assert sentence.endswith(f"not {value.strip()!r}.")


def test_a_variable_from_a_file_with_carriage_returns_is_taken(load):
    settings = load(
        FIRESIDE_PORT="9000\r",
        FIRESIDE_ISOLATED=" yes\r",
        FIRESIDE_PUBLIC_URL="https://chat.example \r",
    )

    assert (settings.port, settings.isolated) == (9000, True)
    assert settings.public_url == "https://chat.example"


def test_the_variable_that_names_the_file_is_taken_too(load, toml):
    file = toml("port = 9000")

    assert load(FIRESIDE_CONFIG=f"{file}\r").port == 9000


def test_a_bad_value_in_the_file_is_named_with_the_file(refusal, toml):
    file = toml("allow_origin = 5")

    assert refusal().startswith(f"allow_origin in {file} must look like")


@pytest.mark.parametrize("line", ["open = 2", "port = 1.5", "port = true", "data = 5", "host = []"])
def test_a_value_of_the_wrong_type_in_the_file_is_refused(refusal, toml, line):
    key = line.partition(" ")[0]
    file = toml(line)

    assert refusal().startswith(f"{key} in {file} must ")


def test_a_setting_that_a_command_does_not_offer_is_no_flag_and_checked_all_the_same(load, refusal):
    with pytest.raises(click.NoSuchOption):
        load("--port", "1", offered=("host",))

    assert load(offered=("host",), FIRESIDE_PORT="1").port == 1
    assert refusal(offered=("host",), FIRESIDE_PORT="x").startswith("FIRESIDE_PORT must be")


def test_an_unknown_variable_gets_a_hint(refusal):
    assert refusal(FIRESIDE_PROT="80") == (
        "The environment has FIRESIDE_PROT, which is not a setting; did you mean FIRESIDE_PORT?"
    )


def test_capitals_do_not_count_after_the_prefix_of_a_variable(load, refusal):
    assert load(FIRESIDE_Port="1").port == 1
    assert load(FIRESIDE_port="1", FIRESIDE_PORT="2").port == 2
    assert load(FIRESIDE_Faithful="yes").isolated
    assert refusal(FIRESIDE_Port="x").startswith("FIRESIDE_Port must be")
    assert refusal(FIRESIDE_Config="x").startswith("The environment has FIRESIDE_Config")


def test_a_variable_of_the_functions_is_ignored_with_a_word(load, capsys):
    assert load(FIRESIDE_HOSTS="chat.example").host == "127.0.0.1"
    assert capsys.readouterr().err == (
        "fireside: ignoring FIRESIDE_HOSTS, which is a variable of the functions.\n"
    )


def test_the_named_file_wins_over_the_one_in_the_folder(load, tmp_path, toml):
    toml("port = 1")
    for port in (2, 3):
        (tmp_path / f"{port}.toml").write_text(f"port = {port}", "utf-8")

    assert load().port == 1
    assert load(FIRESIDE_CONFIG="2.toml").port == 2
    assert load("--config", "3.toml", FIRESIDE_CONFIG="2.toml").port == 3


def test_a_named_file_must_exist(refusal):
    assert "No such file" in refusal("--config", "nowhere.toml")


def test_what_invites_may_be(refusal):
    assert refusal("--invites", "open") == (
        "--invites must be one of auto, required, off, not 'open'."
    )


def test_whether_names_are_claimed_is_one_of_two_words(load, refusal):
    assert load("--names", "claimed").names == load(FIRESIDE_NAMES="claimed").names == "claimed"
    assert refusal("--names", "closed") == ("--names must be one of open, claimed, not 'closed'.")
