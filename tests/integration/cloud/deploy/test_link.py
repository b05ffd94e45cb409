"""`fireside invite` and `owner --stage NAME` print a link of a chat on AWS, where it is known."""

import json

import pytest

from fireside.console.exits import ExitCode
from fireside.domain.invite import hash_of
from tests.infra.fake_aws import FakeAws
from tests.integration.cloud.deploy.computers import Computer

pytestmark = pytest.mark.timeout(120)

SECRET, OWNER = "s" * 22, "o" * 22


@pytest.fixture
def computer(tmp_path):
    """Return a computer whose chat is on AWS."""
    with FakeAws() as aws:
        one = Computer(tmp_path / "one", aws)
        aws.buckets.add("fireside-state-123456789012")
        one.stage.mkdir(parents=True)
        (one.stage / "invite").write_text(SECRET + "\n", "utf-8")
        (one.stage / "owner").write_text(OWNER + "\n", "utf-8")
        applied(one, invite_hashes=["ab" * 32, hash_of(SECRET)], owner_sha256=hash_of(OWNER))
        yield one


def applied(computer, **settings):
    text = json.dumps({"region": "eu-central-1", "open": False} | settings)
    (computer.state / "applied.json").write_text(text, "utf-8")


def test_the_link_is_on_stdout_and_nothing_else(computer):
    done = computer.run("invite", "--stage", "prod")

    assert (done.returncode, done.stdout) == (0, f"https://chat.example/#invite={SECRET}\n")
    assert SECRET not in done.stderr


def test_its_qr_code_is_drawn_on_request(computer):
    done = computer.run("invite", "--stage", "prod", "--qr")

    assert len(done.stdout.splitlines()) > 10


def test_an_open_chat_needs_no_invite(computer):
    applied(computer, open=True)

    done = computer.run("invite", "--stage", "prod")

    assert done.stdout == "https://chat.example/\n"
    assert "The chat is open" in done.stderr


@pytest.mark.parametrize("is_there", [True, False])
def test_an_invite_that_opens_nothing_is_not_given_away(computer, is_there):
    applied(computer, invite_hashes=["ab" * 32])
    if not is_there:
        (computer.stage / "invite").unlink()

    done = computer.run("invite", "--stage", "prod")

    assert (done.returncode, done.stdout) == (ExitCode.DATA, "")
    assert done.stderr.strip().endswith("fireside deploy --stage prod --add-invite")
    assert (computer.stage / "invite").exists() is is_there


def test_a_chat_that_is_nowhere_has_no_link(computer):
    (computer.state / "applied.json").unlink()

    done = computer.run("invite", "--stage", "prod")

    assert done.returncode == ExitCode.CLOUD
    assert "is not completely deployed: fireside deploy --stage prod" in done.stderr


@pytest.mark.parametrize("option", [("--new",), ("--hash",), ("--url", "https://x.example")])
def test_what_a_deploy_does_is_not_done_here(computer, option):
    done = computer.run("invite", "--stage", "prod", *option)

    assert done.returncode == ExitCode.USAGE
    assert "--new-invite" in done.stderr


@pytest.mark.parametrize("option", [("--project", "ours"), ("--infra", "elsewhere")])
def test_where_on_aws_wants_to_know_which(computer, option):
    done = computer.run("invite", *option)

    assert done.returncode == ExitCode.USAGE
    assert "name it with --stage NAME" in done.stderr


def test_the_owner_link_is_on_stdout_and_nothing_else(computer):
    done = computer.run("owner", "--stage", "prod")

    assert (done.returncode, done.stdout) == (0, f"https://chat.example/#owner={OWNER}\n")
    assert OWNER not in done.stderr


@pytest.mark.parametrize("is_there", [True, False])
def test_an_owner_link_that_makes_no_owner_is_not_given_away(computer, is_there):
    applied(computer, owner_sha256="ab" * 32)
    if not is_there:
        (computer.stage / "owner").unlink()

    done = computer.run("owner", "--stage", "prod")

    assert (done.returncode, done.stdout) == (ExitCode.DATA, "")
    assert done.stderr.strip().endswith("fireside deploy --stage prod --new-owner-link")
    assert (computer.stage / "owner").exists() is is_there
