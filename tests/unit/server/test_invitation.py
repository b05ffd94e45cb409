"""The links at a start: on a terminal the link, in a log a command that prints it."""

import pytest

from fireside.console.exits import CannotStart
from fireside.server.invitation import invitation, owner_secret, ownership, secret_in
from fireside.server.settings import Settings


@pytest.mark.parametrize(("invites", "is_needed"), [("required", True), ("auto", False)])
def test_a_secret_is_made_where_one_is_needed(tmp_path, invites, is_needed):
    settings = Settings(data=tmp_path / "elsewhere", invites=invites)

    secret = secret_in(tmp_path, settings)

    assert (secret is not None) == (tmp_path / "invite").exists() == is_needed
    assert secret == secret_in(tmp_path, settings)


def test_one_that_can_not_be_read_is_one_sentence(tmp_path):
    (tmp_path / "invite").write_text("no secret")

    with pytest.raises(CannotStart, match="fireside invite --new"):
        secret_in(tmp_path, Settings(data=tmp_path, invites="required"))


def test_the_owner_link_is_made_once(tmp_path):
    secret = owner_secret(tmp_path)

    assert (tmp_path / "owner").read_text() == f"{secret}\n"
    assert owner_secret(tmp_path) == secret
    (tmp_path / "owner").write_text("no secret")
    with pytest.raises(CannotStart, match="fireside owner --new"):
        owner_secret(tmp_path)


def test_the_link_is_for_a_terminal_alone(tmp_path, monkeypatch):
    folder = tmp_path / "my folder"
    said = {}
    for is_terminal in (True, False):
        monkeypatch.setattr("sys.stdout.isatty", lambda is_terminal=is_terminal: is_terminal)
        said[is_terminal] = [
            put("http://localhost:1", "s3cret", folder) for put in (invitation, ownership)
        ]

    assert said[True] == [
        "Invite people with http://localhost:1/#invite=s3cret",
        "Own this place with http://localhost:1/#owner=s3cret",
    ]
    options = f"--data '{folder}' --url http://localhost:1"
    assert said[False] == [
        f"People need an invite to enter: fireside invite {options}",
        f"To own this place: fireside owner {options}",
    ]
