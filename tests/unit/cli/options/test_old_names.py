"""An old name works for one release, and one line on stderr has the new one."""

import pytest

from fireside.cli.deploy import command as deploy
from fireside.cli.main import main
from fireside.cli.rehearse import command as rehearse
from fireside.cli.serve import command as serve
from fireside.cli.verify import command as verify
from fireside.console.exits import ExitCode


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))


def parsed(command, words):
    return command.make_context("fireside", list(words)).params


def line(old, new):
    return f"fireside: use {new} instead of {old}, which the next release will not accept.\n"


@pytest.mark.parametrize(
    ("command", "old", "new"),
    [
        (serve, "--faithful", "--isolated"),
        (serve, "--no-faithful", "--no-isolated"),
        (verify, "--silent", "--read-only"),
        (deploy, "--accept-losses", "--allow-data-loss"),
    ],
)
def test_an_old_flag_is_the_new_one(capsys, command, old, new):
    url = ["--url", "wss://chat.example/ws"] if command is verify else []
    name = new.replace("--no-", "--").removeprefix("--").replace("-", "_")
    value = not new.startswith("--no-")

    assert parsed(command, [*url, old])[name] is value
    assert capsys.readouterr().err == line(old, new)
    assert parsed(command, [*url, new])[name] is value
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("words", [["--for", "0.5"], ["--for=0.5"]])
def test_an_old_option_keeps_its_value(capsys, words):
    assert parsed(rehearse, words)["seconds"] == 0.5
    assert capsys.readouterr().err == line("--for", "--duration")


@pytest.mark.parametrize("words", [["serve", "--silent"], ["rehearse", "--faithful"]])
def test_an_old_name_of_another_command_is_unknown(capsys, words):
    assert main(words) == ExitCode.USAGE

    printed = capsys.readouterr().err
    assert f"No such option '{words[1]}'" in printed
    assert "instead of" not in printed


def test_an_old_value_is_the_new_one(capsys, monkeypatch):
    assert parsed(rehearse, ["--aws-client", "own"])["aws_client"] == "builtin"
    assert capsys.readouterr().err == line("--aws-client=own", "--aws-client=builtin")

    monkeypatch.setenv("FIRESIDE_AWS_CLIENT", "own")
    assert parsed(rehearse, [])["aws_client"] == "builtin"
    assert capsys.readouterr().err == line("FIRESIDE_AWS_CLIENT=own", "FIRESIDE_AWS_CLIENT=builtin")


def test_an_old_variable_is_the_new_one(capsys, monkeypatch):
    monkeypatch.setenv("FIRESIDE_FAITHFUL", "yes")
    assert parsed(serve, [])["isolated"] is True
    assert capsys.readouterr().err == line("FIRESIDE_FAITHFUL", "FIRESIDE_ISOLATED")

    monkeypatch.setenv("FIRESIDE_ISOLATED", "no")
    assert parsed(serve, [])["isolated"] is False


def test_a_mistake_in_an_old_variable_is_named_with_it(capsys, monkeypatch):
    monkeypatch.setenv("FIRESIDE_FAITHFUL", "maybe")

    assert main(["serve"]) == ExitCode.USAGE
    assert "FIRESIDE_FAITHFUL must be true or false, not 'maybe'." in capsys.readouterr().err


def test_an_old_key_in_the_file_is_the_new_one(capsys, tmp_path):
    file = tmp_path / "fireside.toml"
    file.write_text("faithful = true", "utf-8")

    assert parsed(serve, [])["isolated"] is True
    named, *rest = capsys.readouterr().err.splitlines(keepends=True)
    assert named == f"fireside: settings from {file}: faithful\n"
    assert rest == [line(f"faithful in {file}", "isolated")]
