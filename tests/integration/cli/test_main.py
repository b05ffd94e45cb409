"""The command line says what to run; every ending has its code and every refusal its sentence."""

import logging
import os
import re
import runpy
import subprocess
import sys

import pytest

from fireside.cli import doctor
from fireside.cli.main import COMMANDS, main
from fireside.console.exits import CannotStart, ExitCode
from fireside.server import run


@pytest.fixture(autouse=True)
def own_surroundings(tmp_path, monkeypatch):
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    yield
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def served(monkeypatch):
    """Collect the settings that would be served."""
    seen = []
    monkeypatch.setattr(run, "serve", lambda settings: seen.append(settings) or 0)
    return seen


def test_serve_hands_the_flags_over(served, tmp_path):
    place = ["--host", "::1", "--port", "0", "--data", str(tmp_path)]
    origins = ["--allow-origin", "http://b.example", "--allow-origin", "http://c.example"]
    rest = ["--public-url", "https://a.example", "--log-format", "json", "--open"]

    code = main(["serve", *place, *origins, *rest])

    [settings] = served
    assert code == ExitCode.OK
    assert (settings.host, settings.port, settings.data) == ("::1", 0, tmp_path)
    assert settings.public_url == "https://a.example"
    assert settings.allow_origin == ("http://b.example", "http://c.example")
    assert settings.open
    assert settings.log_format == "json"


def test_a_flag_can_take_back_what_the_environment_says(served, monkeypatch):
    monkeypatch.setenv("FIRESIDE_OPEN", "yes")

    main(["serve", "--no-open"])

    assert not served[0].open


def test_the_file_in_the_folder_is_read(served, tmp_path):
    (tmp_path / "fireside.toml").write_text("port = 9000", "utf-8")

    main(["serve"])

    assert served[0].port == 9000


def test_the_file_that_was_named_is_read(served, tmp_path):
    (tmp_path / "mine.toml").write_text("port = 9001", "utf-8")

    main(["serve", "--config", "mine.toml"])

    assert served[0].port == 9001


def test_a_bad_setting_is_one_sentence_and_a_usage_error(capsys):
    assert main(["serve", "--port", "http"]) == ExitCode.USAGE

    assert capsys.readouterr().err == (
        "fireside: --port must be a whole number from 0 to 65535, not 'http'.\n"
    )


@pytest.mark.parametrize("code", [ExitCode.PORT_BUSY, ExitCode.DATA, ExitCode.PAGE])
def test_what_cannot_start_says_why_and_ends_with_its_code(monkeypatch, capsys, code):
    def serve(_):
        raise CannotStart("Do this next.", code)

    monkeypatch.setattr(run, "serve", serve)

    assert main(["serve"]) == code
    assert capsys.readouterr().err == "fireside: Do this next.\n"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (r'"\u001b[2J\nfireside: all is well" = 1', r"sets \x1b[2J\nfireside: all is well, which"),
        (r'port = "\u009b2J"', r"port in"),
    ],
)
def test_a_file_that_was_planted_moves_no_cursor(tmp_path, monkeypatch, capsys, file, said):
    folder = tmp_path / "a\x1b[2Jb"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "fireside.toml").write_text(file, "utf-8")

    assert main(["serve"]) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert said in error
    assert r"a\x1b[2Jb/fireside.toml" in error
    assert all(line.isprintable() for line in error.splitlines())
    assert "\nfireside: all is well" not in error


def test_an_old_name_in_it_moves_none_either(served, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "a\x1b[2Jb"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "fireside.toml").write_text('faithful = true\naws_client = "own"', "utf-8")

    assert main(["serve"]) == ExitCode.OK
    error = capsys.readouterr().err
    assert "faithful in " in error
    assert served[0].isolated
    assert all(line.isprintable() for line in error.splitlines())


def test_a_reason_with_lines_keeps_them(monkeypatch, capsys):
    def serve(_):
        raise CannotStart("This:\n  one\x1b[2J\n  two")

    monkeypatch.setattr(run, "serve", serve)

    assert main(["serve"]) == ExitCode.UNEXPECTED
    assert capsys.readouterr().err == "fireside: This:\n  one\\x1b[2J\n  two\n"


@pytest.mark.parametrize("word", ["--\x1b[2J", "\x1b[2J"])
def test_a_word_that_makes_no_sense_moves_no_cursor(word, capsys):
    assert main(["serve", word]) == ExitCode.USAGE
    assert "\x1b" not in capsys.readouterr().err


def test_ctrl_c_ends_quietly(monkeypatch, capsys):
    def serve(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "serve", serve)

    assert main(["serve"]) == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == ""


def test_doctor_gets_the_settings(monkeypatch):
    asked = []
    monkeypatch.setattr(
        doctor, "doctor", lambda settings, *, as_json: asked.append((settings.port, as_json)) or 1
    )

    assert main(["doctor", "--port", "9000", "--json"]) == 1
    assert asked == [(9000, True)]


def test_the_version_is_printed(capsys):
    assert main(["--version"]) == ExitCode.OK
    assert capsys.readouterr().out.startswith("fireside 0.")


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_version_and_the_list_of_commands_need_no_command(option):
    program = (
        f"import sys; from fireside.cli.main import main; main([{option!r}])\n"
        "loaded = {name for name in sys.modules if name.split('.')[0] == 'fireside'}\n"
        "assert loaded == {'fireside', 'fireside.cli', 'fireside.cli.main', 'fireside.console',\n"
        "                  'fireside.console.exits'}, loaded"
    )

    subprocess.run([sys.executable, "-c", program], check=True, env=os.environ)


def test_every_command_is_listed(capsys):
    main(["--help"])

    listed = capsys.readouterr().out
    for name, line in COMMANDS.items():
        assert f"  {name} " in listed
        assert f" {line}\n" in listed


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_is_no_failure(command, option, capsys):
    assert main([*command, option]) == ExitCode.OK

    printed = capsys.readouterr().out
    assert f"Usage: {' '.join(['fireside', *command])} [OPTIONS]" in printed
    assert re.search(r"-h, --help +print this help and exit\n", printed)


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["dance"],
        ["serve", "--prot", "1"],
        ["invoke"],
        ["deploy", "--new-invite", "--add-invite"],
        ["destroy", "--export", "messages.jsonl", "--no-export"],
    ],
)
def test_what_makes_no_sense_is_a_usage_error(command, capsys):
    assert main(command) == ExitCode.USAGE
    assert "Usage: fireside" in capsys.readouterr().err


def test_an_ending_with_words_is_unexpected(monkeypatch):
    def serve(_):
        sys.exit("words")

    monkeypatch.setattr(run, "serve", serve)

    assert main(["serve"]) == ExitCode.UNEXPECTED


def test_python_dash_m_is_the_same(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["fireside", "--version"])

    with pytest.raises(SystemExit) as ending:
        runpy.run_module("fireside", run_name="__main__")

    assert ending.value.code == ExitCode.OK
    assert capsys.readouterr().out.startswith("fireside ")
