"""`fireside invite`: the link on stdout for programs, its picture for a person, notes on stderr."""

import io
import sys

import pytest
import segno

from fireside.cli.main import main
from fireside.console.exits import ExitCode
from fireside.console.qr import drawn
from fireside.domain.invite import hash_of, is_secret, link
from fireside.server.data_folder import end_requested
from fireside.system import new_secret


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))


def run(capsys, *arguments):
    code = main(["invite", "--data", "data", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_link_is_the_same_until_a_new_one_is_wanted(capsys):
    code, first, _ = run(capsys)
    _, again, _ = run(capsys)
    _, new, note = run(capsys, "--new")
    _, last, _ = run(capsys)

    assert code == ExitCode.OK
    assert first.startswith("http://localhost:8080/#invite=")
    assert first == again != new == last
    assert "Older links stop working" in note
    assert "People who are connected stay" in note


def test_with_end_the_server_is_asked_to_disconnect_the_others(capsys, tmp_path):
    run(capsys)
    before = end_requested(tmp_path / "data")
    code, _, note = run(capsys, "--new", "--end")

    assert code == ExitCode.OK
    assert before is None
    assert end_requested(tmp_path / "data") is not None
    assert "who came in by one is disconnected" in note

    code, _, said = run(capsys, "--end")
    assert code == ExitCode.USAGE
    assert "--end goes with --new" in said


@pytest.mark.parametrize(
    ("arguments", "address"),
    [
        (["--url", "https://chat.example/"], "https://chat.example"),
        (["--host", "192.168.1.20", "--port", "9000"], "http://192.168.1.20:9000"),
        (["--port", "0", "--url", "http://chat.lan:80"], "http://chat.lan"),
    ],
)
def test_the_link_leads_to_where_the_chat_is(capsys, arguments, address):
    code, out, _ = run(capsys, *arguments)

    assert code == ExitCode.OK
    assert out.startswith(f"{address}/#invite=")
    assert len(out.splitlines()) == 1


def test_the_settings_know_the_address_too(capsys, monkeypatch):
    monkeypatch.setenv("FIRESIDE_PUBLIC_URL", "https://chat.example")

    assert run(capsys)[1].startswith("https://chat.example/#invite=")
    assert run(capsys)[2] == ""


def test_functions_on_aws_get_the_hash_and_never_the_secret(capsys):
    secret = run(capsys)[1].strip().partition("#invite=")[2]

    code, out, err = run(capsys, "--hash", "--port", "0")

    assert code == ExitCode.OK
    assert out == f"{hash_of(secret)}\n"
    assert err == ""


def test_a_deployment_makes_its_own():
    secret = new_secret()

    assert secret != new_secret()
    assert is_secret(secret)
    assert link("https://chat.example", secret) == f"https://chat.example/#invite={secret}"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "0"], "give the chat's address with --url"),
        (["--url", "chat.example"], "--url must look like https://chat.example.com"),
        (["--url", "https://chat.example/?room=1"], "--url must look like"),
    ],
)
def test_an_unknown_address_is_asked_for(capsys, tmp_path, arguments, sentence):
    code, out, err = run(capsys, *arguments)

    assert code == ExitCode.USAGE
    assert sentence in err
    assert out == ""
    assert not (tmp_path / "data").exists()


def test_the_link_of_a_stage_needs_no_settings(capsys, monkeypatch, tmp_path):
    printed = []
    monkeypatch.setattr("fireside.cli.invite.find_stage", lambda *names: names)
    monkeypatch.setattr(
        "fireside.cli.invite.print_link",
        lambda stage, *_others, **_options: printed.append(stage) or 0,
    )
    (tmp_path / "fireside.toml").write_text("no toml", "utf-8")
    monkeypatch.setenv("FIRESIDE_PORT", "x")
    monkeypatch.setenv("FIRESIDE_HOSTS", "chat.example")
    monkeypatch.setenv("FIRESIDE_PROT", "80")

    code, out, err = run(capsys, "--config", "nowhere.toml", "--port", "x", "--stage", "prod")

    assert (code, out, err) == (ExitCode.OK, "", "")
    assert printed == [("fireside", "prod", None)]


def test_a_folder_that_can_not_be_written_is_named(capsys, tmp_path):
    (tmp_path / "data").touch()

    code, _, err = run(capsys)

    assert code == ExitCode.DATA
    assert "fix its permissions" in err


def test_notes_say_what_the_link_is_worth(capsys, monkeypatch):
    assert "people enter without an invite" in run(capsys)[2]
    assert "give the right one with --url" in run(capsys, "--host", "0.0.0.0")[2]  # noqa: S104 - not listened on
    monkeypatch.setenv("FIRESIDE_INVITES", "off")
    assert "`invites` is off" in run(capsys, "--url", "https://chat.example")[2]


def test_a_terminal_gets_a_picture_and_a_pipe_does_not(capsys, monkeypatch):
    assert "█" not in run(capsys)[1]
    assert "█" in run(capsys, "--qr")[1]

    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    main(["invite", "--data", "data"])
    assert "█" in terminal.getvalue()

    terminal.encoding = "latin-1"
    terminal.seek(0)
    terminal.truncate()
    main(["invite", "--data", "data"])
    assert "█" not in terminal.getvalue()


def test_the_picture_is_the_code_dark_on_light_with_its_quiet_border():
    light = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
    link = "https://chat.example.com/#invite=AbCdEfGhIjKlMnOpQrSt_-"

    lines = drawn(link).splitlines()

    rows = []
    for line in lines:
        cells = [light[c] for c in line.removeprefix("\x1b[97;40m").removesuffix("\x1b[0m")]
        rows += [[top for top, _ in cells], [bottom for _, bottom in cells]]
    code = segno.make(link, micro=False)
    expected = [[int(not dark) for dark in row] for row in code.matrix_iter(border=4)]
    assert rows[: len(expected)] == expected
