"""`fireside destroy` explains, offers an export and asks; `export` writes a whole file."""

import json
import stat

import pytest

from fireside.adapters.memory import MemoryStore
from fireside.cloud.deploy.export import export
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.errors import StorageFailed
from fireside.domain.message import Draft
from tests.infra.fake_aws import FakeAws
from tests.integration.cloud.deploy.computers import Computer, points

pytestmark = pytest.mark.timeout(120)

CALLS = ("version", "init", "output", "plan", "show", "plan", "apply", "plan", "show", "apply")
"""The commands of terraform: the plan, the protection, the destruction."""


@pytest.fixture
def computer(tmp_path):
    """Return a computer whose chat is on AWS."""
    with FakeAws() as aws:
        one = Computer(tmp_path / "one", aws)
        aws.buckets.add("fireside-state-123456789012")
        settings = {"region": "eu-central-1", "invite_hashes": ["ab" * 32], "open": False}
        (one.state / "applied.json").write_text(json.dumps(settings), "utf-8")
        one.calls()
        one.aws = aws
        yield one


def is_there(computer):
    return (computer.state / "applied.json").exists()


def test_it_disables_the_protection_and_then_destroys_everything(computer):
    computer.stage.mkdir(parents=True, exist_ok=True)
    for name in ("invite", "owner"):
        (computer.stage / name).write_text("s" * 22 + "\n", "utf-8")

    done = computer.run("destroy", "--yes", "--no-export")

    assert done.returncode == 0, done.stderr
    assert not (computer.stage / "invite").exists()
    assert not (computer.stage / "owner").exists()
    calls = computer.calls()
    assert tuple(call.split()[0] for call in calls) == CALLS
    assert "-target=module.tables.aws_dynamodb_table.messages" in calls[5]
    assert "-target=module.tables.aws_dynamodb_table.people" in calls[5]
    assert "-destroy" not in calls[5]
    assert "-destroy" in calls[7]
    assert "DANGER" in done.stderr
    assert "What stays" in done.stderr
    assert "fireside-state-123456789012" in done.stderr
    assert not is_there(computer)


@pytest.mark.long
def test_a_second_time_there_is_nothing(computer):
    computer.run("destroy", "--yes", "--no-export")

    done = computer.run("destroy", "--yes")

    assert done.returncode == 0
    assert "There is nothing of fireside-prod on AWS." in done.stderr


@pytest.mark.variations
@pytest.mark.parametrize(
    ("words", "sentence"),
    [(("--yes",), "--export FILE or --no-export"), (("--no-export",), "or add --yes")],
)
def test_nothing_is_destroyed_without_a_confirmation(computer, words, sentence):
    done = computer.run("destroy", *words)

    assert done.returncode == ExitCode.USAGE
    assert sentence in done.stderr
    assert is_there(computer)


@pytest.mark.variations
@pytest.mark.parametrize("at", points(CALLS, first=2))
def test_after_a_failed_command_it_says_how_to_continue_and_then_does(computer, at):
    computer.fail(at=at, how="fail")

    done = computer.run("destroy", "--yes", "--no-export")

    assert done.returncode == ExitCode.CLOUD
    again = "To continue: fireside destroy --stage prod --no-export"
    assert done.stderr.splitlines()[-1].endswith(again)
    computer.fail()
    assert computer.run("destroy", "--yes", "--no-export").returncode == 0
    assert not is_there(computer)


@pytest.mark.variations
@pytest.mark.parametrize("at", [4, 7, 10])
def test_after_an_interruption_it_says_how_to_continue(computer, at):
    computer.fail(at=at, how="interrupt")

    done = computer.apart("destroy", "--yes", "--no-export")

    assert done.returncode == ExitCode.INTERRUPTED
    assert "To continue: fireside destroy --stage prod" in done.stderr.splitlines()[-1]


@pytest.mark.variations
@pytest.mark.parametrize(("at", "rest"), [(4, "--export 'my messages'"), (10, "--no-export")])
def test_an_export_is_asked_for_again_only_until_it_is_there(computer, at, rest):
    computer.aws.answers["dynamodb Query"] = lambda _asked: {"Items": []}
    computer.fail(at=at, how="fail")

    done = computer.run("destroy", "--yes", "--export", "my messages")

    assert done.stderr.splitlines()[-1].endswith(rest)
    assert (computer.checkout / "my messages").exists() is (rest == "--no-export")


@pytest.mark.long
def test_without_a_region_in_the_state_the_one_of_this_computer_counts(computer):
    """An apply may be interrupted before it writes its settings to the state."""
    computer.answers(missing=("settings",))
    computer.fail(at=4, how="fail")

    computer.run("destroy", "--yes", "--no-export", AWS_REGION="eu-west-1")

    settings = json.loads((computer.stage / "settings.tfvars.json").read_text("utf-8"))
    assert settings["region"] == "eu-west-1"


def test_ctrl_c_at_a_question_says_how_to_continue(computer, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("fireside.cloud.deploy.destroy.export", interrupt)

    done = computer.run("destroy", "--yes", "--export", "out")

    assert done.returncode == ExitCode.INTERRUPTED
    assert "nothing was destroyed. To continue: fireside destroy --stage prod" in done.stderr
    assert done.stderr.strip().endswith("--export out")


@pytest.mark.long
def test_messages_that_can_not_be_read_are_not_destroyed(computer, tmp_path):
    computer.aws.refused["dynamodb"] = "AccessDeniedException"

    done = computer.run("destroy", "--yes", "--export", str(tmp_path / "out"))

    assert done.returncode == ExitCode.CLOUD
    assert "Nothing was destroyed" in done.stderr
    assert is_there(computer)
    assert not (tmp_path / "out").exists()


def test_an_export_of_a_chat_asks_its_table(computer, tmp_path):
    computer.aws.answers["dynamodb Query"] = lambda asked: (
        {"Items": []} if asked["TableName"] == "fireside-prod-messages" else None
    )

    done = computer.run("export", str(tmp_path / "out"))

    assert done.returncode == 0, done.stderr
    assert "has all 0 messages" in done.stderr
    assert (tmp_path / "out").read_text("utf-8") == ""


def test_a_chat_that_is_nowhere_can_not_be_exported(computer, tmp_path):
    (computer.state / "applied.json").unlink()

    done = computer.run("export", str(tmp_path / "out"))

    assert done.returncode == ExitCode.CLOUD
    assert "Nothing of fireside-prod is on AWS" in done.stderr


# --- The file ----------------------------------------------------------------------------------


def full(count):
    store = MemoryStore("epoch-1")
    for n in range(count):
        store.append(Draft("general", "ann", "Ann", f"hi {n} \u2764", f"n{n}", None, n, n))
    return store


@pytest.mark.parametrize("count", [0, 1, 100, 250])
def test_every_message_is_a_line_in_order(tmp_path, count):
    out = tmp_path / "out"

    assert export(full(count), out, lambda _count: None) == count

    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [line["message"] for line in lines] == [f"hi {n} \u2764" for n in range(count)]
    assert [line["seq"] for line in lines] == list(range(1, count + 1))
    assert not any("nonce" in line for line in lines)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_a_file_that_is_there_stays_as_it_is(tmp_path):
    out = tmp_path / "out"
    out.write_text("mine", "utf-8")

    with pytest.raises(CannotStart, match="exists already"):
        export(full(1), out, lambda _count: None)

    assert out.read_text("utf-8") == "mine"


def test_an_export_that_breaks_leaves_no_file(tmp_path):
    store = full(150)
    after = store.after

    def breaks(room, seq, limit):
        if seq:
            raise StorageFailed("gone")
        return after(room, seq, limit)

    store.after = breaks

    with pytest.raises(StorageFailed):
        export(store, tmp_path / "out", lambda _count: None)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(CannotStart, match="name another file"):
        export(full(1), tmp_path / "none/out", lambda _count: None)
