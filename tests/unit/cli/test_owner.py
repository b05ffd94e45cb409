"""`fireside owner`: the link on stdout, notes on stderr."""

import pytest

from fireside.cli.main import main
from fireside.console.exits import ExitCode
from fireside.domain.invite import is_secret
from fireside.server.data_folder import invite_file, owner_file


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))


def run(capsys, *arguments):
    code = main(["owner", "--data", "data", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_link_is_the_same_until_a_new_one_is_wanted(capsys):
    code, first, _ = run(capsys)
    _, again, note = run(capsys)
    assert code == ExitCode.OK
    assert first.startswith("http://localhost:8080/#owner=")
    assert is_secret(first.strip().partition("#owner=")[2])
    assert first == again
    assert note == ""

    _, new, note = run(capsys, "--new")
    _, last, _ = run(capsys)
    assert first != new == last
    assert "Older owner links stop working" in note
    assert len(last.splitlines()) == 1


def test_it_is_another_secret_than_the_invite(capsys, tmp_path):
    run(capsys)

    assert owner_file(tmp_path / "data").hashes()
    assert not invite_file(tmp_path / "data").exists()


def test_the_link_leads_to_where_the_chat_is(capsys, monkeypatch):
    assert run(capsys, "--url", "https://chat.example/")[1].startswith(
        "https://chat.example/#owner="
    )
    monkeypatch.setenv("FIRESIDE_PUBLIC_URL", "https://chat.example.org")
    assert run(capsys)[1].startswith("https://chat.example.org/#owner=")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "0"], "give the chat's address with --url"),
        (["--url", "chat.example"], "--url must look like https://chat.example.com"),
        (["--infra", "infra"], "name it with --stage NAME"),
        (["--stage", "prod", "--new"], "`fireside deploy` knows --new-owner-link"),
    ],
)
def test_what_makes_no_sense_is_refused(capsys, tmp_path, arguments, sentence):
    code, out, err = run(capsys, *arguments)

    assert code == ExitCode.USAGE
    assert sentence in err
    assert out == ""
    assert not (tmp_path / "data").exists()


def test_the_link_of_a_stage_needs_no_settings(capsys, monkeypatch):
    printed = []
    monkeypatch.setattr("fireside.cli.owner.find_stage", lambda *names: names)
    monkeypatch.setattr(
        "fireside.cli.owner.print_owner_link", lambda stage, _context: printed.append(stage) or 0
    )
    monkeypatch.setenv("FIRESIDE_PORT", "x")

    assert run(capsys, "--stage", "prod") == (ExitCode.OK, "", "")
    assert printed == [("fireside", "prod", None)]


def test_a_secret_that_can_not_be_used_is_one_sentence(capsys, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "owner").write_text("no secret")

    code, out, err = run(capsys)

    assert code == ExitCode.DATA
    assert "holds no owner link: make one with `fireside owner --new`" in err
    assert "no secret" not in out + err
