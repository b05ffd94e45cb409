"""`fireside status` and `fireside logs`: what AWS says, in a few lines."""

import json
import time
from datetime import UTC, datetime
from functools import partial

import pytest

from fireside.cloud.deploy import logs
from fireside.cloud.deploy.context import DeployContext
from fireside.console.exits import ExitCode
from tests.infra.fake_aws import FakeAws
from tests.integration.cloud.deploy.computers import Computer

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def aws():
    with FakeAws() as account:
        account.taken.add("fireside-prod-messages")
        account.throttled = 100
        yield account


@pytest.fixture
def computer(tmp_path, aws):
    one = Computer(tmp_path / "one", aws)
    aws.buckets.add("fireside-state-123456789012")
    settings = {"region": "eu-central-1", "invite_hashes": ["ab" * 32], "open": False}
    (one.state / "applied.json").write_text(json.dumps(settings), "utf-8")
    return one


def status(computer, *words):
    done = computer.run("status", *words)
    return done.returncode, done.stdout


def test_it_prints_what_is_deployed_and_whether_it_works(computer):
    code, said = status(computer)

    assert code == 0
    assert "fireside-prod in eu-central-1, account 123456789012" in said
    assert "address   https://chat.example/" in said
    assert "access    with one invite" in said
    assert "names     need not be claimed; there is no owner link: deploy makes one" in said
    assert "versions  chat 7" in said
    assert "last day  1,200 messages both ways, 40 connections" in said
    assert "posts     99 of 100 messages reached their room within 85 ms" in said
    assert "stored    about 17 rows" in said
    assert "alarms    none" in said
    assert "BRAKE" not in said


def test_the_same_for_programs(computer):
    _, said = status(computer, "--json")

    facts = json.loads(said)
    assert facts["messages_a_day"] == 1_200
    assert facts["broadcast_p99_ms"] == 85
    assert facts["brake"] is False
    assert facts["alarms"] == []
    assert (facts["names"], facts["owner_link"]) == ("open", False)


def test_a_brake_that_is_on_is_loud(computer, aws):
    aws.throttled = 0

    code, said = status(computer)

    assert code == ExitCode.UNEXPECTED
    assert "BRAKE     it is on: no client can connect" in said


@pytest.mark.long
def test_an_alarm_is_named(computer, aws):
    aws.alarms = ["fireside-prod-chat-errors"]

    code, said = status(computer)

    assert code == ExitCode.UNEXPECTED
    assert "alarms    fireside-prod-chat-errors" in said


def test_without_permission_there_is_a_question_mark(computer, aws):
    for service in ("apigateway", "monitoring", "dynamodb"):
        aws.refused[service] = "AccessDeniedException"

    code, said = status(computer)

    assert code == 0
    assert "last day  ? messages both ways, ? connections" in said
    assert "posts     not measured in the last day" in said
    assert "alarms    no permission to read them" in said


@pytest.mark.long
def test_a_quiet_day_has_measured_nothing(computer, aws):
    aws.broadcast_ms = None

    _, said = status(computer)

    assert "posts     not measured in the last day" in said


def test_nothing_deployed(computer):
    (computer.state / "applied.json").unlink()

    code, said = status(computer)

    assert code == 0
    assert "It is not deployed: fireside deploy --stage prod" in said


@pytest.mark.long
def test_an_incomplete_apply_is_reported(computer):
    """Terraform keeps the outputs that it got to: the settings need no resource."""
    later = ("address", "socket_url", "api_endpoint", "tables", "log_groups", "live_versions")
    computer.answers(missing=later)

    code, said = status(computer)
    logs = computer.run("logs")

    assert code == 0
    assert "It is deployed in part. To complete it: fireside deploy --stage prod" in said
    assert "To destroy it: fireside destroy --stage prod" in said
    assert json.loads(status(computer, "--json")[1])["begun"]
    assert logs.returncode == ExitCode.CLOUD
    assert "Only a part of fireside-prod is deployed" in logs.stderr


def test_no_bucket_means_nothing_was_ever_deployed(computer, aws):
    aws.buckets.clear()

    done = computer.run("status")

    assert done.returncode == ExitCode.CLOUD
    assert "so nothing is deployed there: start with `fireside deploy`" in done.stderr


# --- Logs --------------------------------------------------------------------------------------

MOMENT = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp() * 1_000)


def events(*texts):
    return [
        {"eventId": f"e{n}", "timestamp": MOMENT + n, "message": text, "logStreamName": "s"}
        for n, text in enumerate(texts)
    ]


def line(text):
    return logs.format_event("chat", MOMENT, text)


def test_lines_are_merged_in_order_and_read_well(computer, aws):
    chat = events('{"level": "error", "message": "It broke", "error": "ValueError"}', "plain text")
    brake = events('{"level": "info", "message": "The brake is on"}')
    brake[0]["timestamp"] += 5
    found = {"/aws/lambda/fireside-prod-chat": chat, "/aws/lambda/brake": brake}
    aws.answers["logs FilterLogEvents"] = lambda asked: {"events": found[asked["logGroupName"]]}

    done = computer.run("logs")

    assert done.returncode == 0, done.stderr
    said = [line.split(maxsplit=2)[2] for line in done.stdout.splitlines()]
    assert said == [
        "chat       error   It broke  error=ValueError",
        "chat               plain text",
        "brake      info    The brake is on",
    ]


def test_one_function_may_be_named(computer, aws):
    asked = []

    def answer(fields):
        asked.append(fields["logGroupName"])
        return {"events": []}

    aws.answers["logs FilterLogEvents"] = answer

    computer.run("logs", "--function", "chat", "--since", "15m")

    assert asked == ["/aws/lambda/fireside-prod-chat"]


def test_a_function_that_is_none(computer):
    done = computer.run("logs", "--function", "talk")

    assert done.returncode == ExitCode.USAGE
    assert "There is no talk; there are brake, chat." in done.stderr


def test_following_shows_each_line_once(computer, aws, monkeypatch):
    rounds = []

    def pause(_seconds):
        rounds.append(1)
        if len(rounds) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("fireside.cli.logs.DeployContext", partial(DeployContext, pause=pause))
    said = events("a", "b")
    for number, event in enumerate(said):
        event["timestamp"] = int(time.time() * 1_000) + number
    aws.answers["logs FilterLogEvents"] = lambda _asked: {"events": said[: 1 + len(rounds)]}

    done = computer.run("logs", "--function", "chat", "--follow")

    assert done.returncode == ExitCode.INTERRUPTED
    assert [said.split()[-1] for said in done.stdout.splitlines()] == ["a", "b"]


def test_a_log_without_permission(computer, aws):
    aws.refused["logs"] = "AccessDeniedException"

    done = computer.run("logs")

    assert done.returncode == ExitCode.CLOUD
    assert "can't be read" in done.stderr


@pytest.mark.parametrize("since", ["15", "m", "0m", "-1h", "1w"])
def test_a_time_that_is_none_is_refused(computer, since):
    assert computer.run("logs", f"--since={since}").returncode == ExitCode.USAGE


def test_metrics_are_left_out():
    assert line('{"_aws": {}, "Acks": 1}') is None


def test_what_lambda_says_itself_is_short():
    said = line(
        '{"time": "x", "type": "platform.report", "record": {"requestId": "r", "status": "timeout",'
        ' "metrics": {"durationMs": 29000, "maxMemoryUsedMB": 80}}}'
    )

    assert said.endswith("report  status=timeout  ms=29000  MB=80")


def test_nothing_logged_can_forge_a_line():
    assert "\n" not in line("a\nb")
    assert "\x1b" not in line('{"message": "\\u001b[2Jhi", "x": "a\\nb"}')
