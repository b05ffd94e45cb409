"""`fireside deploy` with a stand-in for terraform: what it runs, prints and keeps at every step."""

import json
import os
import re
import signal
import stat
from datetime import UTC, datetime, timedelta

import pytest

from fireside.console.exits import ExitCode
from fireside.domain.invite import hash_of
from tests.e2e.support.server_process import serving
from tests.infra.fake_aws import FakeAws
from tests.integration.cloud.deploy.computers import ROOT, Computer, points

pytestmark = pytest.mark.timeout(120)

CALLS = (
    "version",
    "bootstrap init",
    "bootstrap plan",
    "bootstrap show",
    "bootstrap apply",
    "init",
    "output",
    "plan",
    "show",
    "apply",
    "output",
)
"""The commands of terraform that a first deploy runs."""


@pytest.fixture(scope="module")
def chat(tmp_path_factory):
    """Run a chat in place of the deployed one."""
    data = tmp_path_factory.mktemp("chat")
    with serving(data, "--invites", "required") as running:
        yield running, (data / "invite")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr("fireside.cloud.verify.smoke.PAUSE_SECONDS", 0)


@pytest.fixture
def aws():
    with FakeAws() as account:
        yield account


@pytest.fixture
def computer(tmp_path, aws, chat):
    """Return a computer that has the invite of that chat."""
    running, invite = chat
    one = Computer(tmp_path / "one", aws)
    one.answers(outputs={"socket_url": running.socket_url})
    if not invite.exists():
        one.run("invite", "--data", str(invite.parent))
    one.stage.mkdir(parents=True)
    (one.stage / "invite").write_text(invite.read_text("utf-8"), "utf-8")
    return one


def secret_of(computer):
    return (computer.stage / "invite").read_text("utf-8").strip()


def owner_of(computer):
    return (computer.stage / "owner").read_text("utf-8").strip()


def steps(calls):
    return tuple(
        " ".join(word for word in call.split() if not word.startswith("-")).split("bootstrap.tf")[0]
        for call in calls
    )


def test_where_no_person_reads_along_the_link_is_not_printed(computer):
    done = computer.deploy()

    assert done.stdout == "https://chat.example/\n"
    assert done.stderr.endswith(
        "People need an invite to enter: fireside invite --stage prod\n"
        "To own this place: fireside owner --stage prod\n"
    )
    assert secret_of(computer) not in done.stderr
    assert owner_of(computer) not in done.stderr


def test_a_first_deploy_makes_the_bucket_then_the_chat_and_prints_the_link(computer):
    computer.has_terminal = True
    done = computer.deploy()

    assert done.returncode == 0, done.stderr
    assert done.stdout == f"https://chat.example/#invite={secret_of(computer)}\n"
    calls = computer.calls()
    shown = [line for line in done.stderr.splitlines() if line.startswith("$ ")]
    assert len(shown) == len(calls) - 1  # all but `version`, which changes nothing
    for call, line in zip(calls[1:], shown, strict=True):
        assert call.removeprefix("bootstrap ") in line.replace("'", "")
    assert "about $" in done.stderr
    assert "on one day, under attack" in done.stderr
    assert "CloudFront's free tier is 1,024 GB" in done.stderr
    assert "hello, ping and history" in done.stderr


@pytest.mark.long
def test_the_lock_of_the_providers_is_made_once_and_then_used_as_it_is(computer, aws):
    place = "fireside-state-123456789012", "prod.terraform.lock.hcl"
    first = computer.deploy()
    made, calls = aws.objects[place], computer.calls()
    (computer.checkout / "infra/.terraform.lock.hcl").unlink()
    again = computer.deploy()

    assert (first.returncode, again.returncode) == (0, 0), again.stderr
    assert b'version = "6.69.1"' in made
    assert not [call for call in calls if "-lockfile" in call]
    inits = [call for call in computer.calls() if call.startswith("init")]
    assert [call.split()[-1] for call in inits] == ["-lockfile=readonly"]
    assert aws.objects[place] == made


@pytest.mark.long
def test_without_a_page_on_cloudfront_nothing_is_said_of_its_bill(computer):
    computer.answers(variables={"site": False})

    done = computer.deploy("--plan-only")

    assert "on one day, under attack" in done.stderr
    assert "CloudFront's free tier" not in done.stderr


def test_no_secret_is_in_what_terraform_is_given_or_what_is_said(computer):
    done = computer.deploy()

    secret = secret_of(computer)
    assert secret not in done.stderr
    assert secret not in "\n".join(computer.calls())
    settings = (computer.stage / "settings.tfvars.json").read_text("utf-8")
    assert secret not in settings
    assert hash_of(secret) in settings


def test_what_is_kept_here_is_private(computer):
    (computer.stage / "invite").unlink()
    computer.stage.rmdir()

    computer.deploy()

    assert stat.S_IMODE(computer.stage.stat().st_mode) == 0o700
    assert stat.S_IMODE((computer.stage / "invite").stat().st_mode) == 0o600
    assert not (computer.stage / "plan").exists()


def test_a_second_run_changes_nothing_and_tries_the_chat_again(computer):
    computer.deploy()
    computer.calls()

    done = computer.deploy()

    assert done.returncode == 0, done.stderr
    assert "Nothing to change." in done.stderr
    assert "hello, ping and history" in done.stderr
    assert "No message was sent" in done.stderr
    assert not [call for call in computer.calls() if "apply" in call.split()[:2]]


@pytest.mark.long
def test_a_smoke_message_is_sent_on_request(computer):
    computer.deploy()

    assert "reached the other client" in computer.deploy("--smoke-message").stderr


def test_plan_only_stops_before_anything_is_made(computer):
    computer.deploy()
    (computer.state / "applied.json").unlink()
    computer.calls()

    done = computer.deploy("--plan-only")

    assert done.returncode == 0
    assert done.stdout == ""
    assert "nothing was changed" in done.stderr
    assert "To apply it: fireside deploy --stage prod" in done.stderr
    assert steps(computer.calls())[-1].startswith("show")
    whole = re.search(r"The whole plan: .* terraform -chdir=(\S+) show (\S+)", done.stderr)
    assert (computer.checkout / whole[1] / whole[2]).is_file()


@pytest.mark.long
def test_plan_only_makes_no_bucket_for_the_state_either(computer, aws):
    done = computer.deploy("--plan-only")

    assert done.returncode == 0, done.stderr
    assert "There is no bucket fireside-state-123456789012" in done.stderr
    assert [call.split()[0] for call in computer.calls()] == [
        "version", "init", "output", "plan", "show"
    ]  # fmt: skip
    assert not aws.buckets
    assert not (computer.stage / "backend.hcl").exists()
    copy = computer.stage / "plan-only/infra"
    assert 'backend "local"' in (copy / "backend_override.tf").read_text("utf-8")
    assert not (computer.checkout / "infra/backend_override.tf").exists()
    settings = json.loads((computer.stage / "settings.tfvars.json").read_text("utf-8"))
    assert (copy / settings["page_path"]).resolve() == ROOT / "src/fireside/web"

    continues(computer)
    assert not (computer.stage / "plan-only").exists()
    settings = json.loads((computer.stage / "settings.tfvars.json").read_text("utf-8"))
    assert settings["page_path"] == os.path.relpath(
        ROOT / "src/fireside/web", computer.checkout / "infra"
    )


def test_nothing_is_created_without_a_confirmation(computer):
    done = computer.run("deploy", "--no-build")

    assert done.returncode == ExitCode.USAGE
    assert "or add --yes" in done.stderr
    assert not (computer.state / "applied.json").exists()


# --- Interrupted at every step -----------------------------------------------------------------


@pytest.mark.variations
@pytest.mark.parametrize("at", points(CALLS))
def test_after_an_interruption_it_says_how_to_continue_and_then_does(computer, at):
    computer.fail(at=at, how="interrupt")

    done = computer.apart("deploy", "--no-build", "--yes")

    assert len(computer.calls()) == at
    assert done.returncode == ExitCode.INTERRUPTED == 128 + signal.SIGINT
    assert "To continue: fireside deploy --stage prod" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    continues(computer)


@pytest.mark.variations
@pytest.mark.parametrize("at", points(CALLS, first=2))
def test_after_a_failed_command_it_says_how_to_continue_and_then_does(computer, at):
    computer.fail(at=at, how="fail")

    done = computer.deploy()

    assert len(computer.calls()) == at
    assert done.returncode == ExitCode.CLOUD
    assert "To continue: fireside deploy --stage prod" in done.stderr.splitlines()[-1]
    continues(computer)


def continues(computer):
    computer.fail()

    done = computer.deploy()

    assert done.returncode == 0, done.stderr
    assert done.stdout == "https://chat.example/\n"


@pytest.mark.long
def test_the_calls_of_a_first_deploy_are_those_that_are_interrupted(computer):
    computer.deploy()

    found = [
        " ".join(call.split()[: 2 if "bootstrap" in call.split()[0] else 1])
        for call in computer.calls()
    ]

    assert tuple(found) == CALLS


@pytest.mark.long
def test_a_new_invite_that_was_interrupted_loses_neither_the_old_nor_the_new(computer):
    computer.deploy()
    old = secret_of(computer)
    computer.calls()
    computer.fail(at=6, how="interrupt")  # while applying: it is applied, and we don't know

    stopped = computer.apart("deploy", "--no-build", "--yes", "--new-invite")

    assert stopped.returncode == ExitCode.INTERRUPTED
    assert secret_of(computer) == old
    computer.fail()
    computer.deploy()
    applied = json.loads((computer.state / "applied.json").read_text("utf-8"))
    assert secret_of(computer) != old
    assert applied["invite_hashes"] == [hash_of(secret_of(computer))]


# --- What stops it -----------------------------------------------------------------------------


LOCK = """\
Error: Error acquiring the state lock

Error message: operation error S3: PutObject, https response error StatusCode: 412
Lock Info:
  ID:        5f0c-1
  Path:      fireside-state-123456789012/prod.tfstate
  Operation: OperationTypeApply
  Who:       bob@laptop
  Version:   1.11.4
  Created:   2026-11-22 18:00:00 UTC
"""


@pytest.mark.long
def test_the_computer_that_holds_the_lock_is_named(computer):
    computer.fail(at=8, how="fail", said=LOCK)

    done = computer.deploy()

    assert "bob@laptop has locked the state since 2026-11-22 18:00:00 UTC: wait" in done.stderr
    assert "terraform -chdir=infra force-unlock 5f0c-1" in done.stderr


@pytest.mark.variations
@pytest.mark.parametrize(
    ("said", "advice"),
    [
        (
            "Your account must be verified before you can add",
            'site = false and allowed_origins = ["https://example.org"]',
        ),
        ("CloudWatch Logs role ARN must be set in account settings", "account_log_role = true"),
        ("decreases account's UnreservedConcurrentExecution below", "reserved_concurrency = null"),
        ("Error: Saved plan is stale", "no longer holds"),
        ("api error ExpiredToken: The security token", "sign in again"),
        ("Error: No valid credential sources found", "credential_process = aws configure"),
        ("User: x is not authorized to perform: iam:CreateRole on", "lacks that permission"),
        ("dial tcp: lookup registry.terraform.io: no such host", "check your network"),
        ("something else", "Its output above says why"),
    ],
)
def test_what_makes_first_applies_fail_is_known(computer, said, advice):
    computer.fail(at=10, how="fail", said=said)

    done = computer.deploy()

    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == ExitCode.CLOUD
    assert said in done.stderr
    assert advice in last
    assert "What was created so far is in the state" in last


@pytest.mark.variations
@pytest.mark.parametrize("how", ["fail", "interrupt"])
def test_a_state_that_could_not_be_saved_is_saved_by_the_next_run(computer, how):
    """As when credentials expire in mid-apply: Terraform leaves it in a file, and the lock too."""
    computer.fail(at=10, how=how, said="Failed to persist state to backend", left="a state")

    done = computer.apart("deploy", "--no-build", "--yes")

    last = done.stderr.strip().splitlines()[-1]
    assert "the state could not be saved" in last
    assert "it may still be locked: then the next run says how to unlock it" in last
    assert "What was created so far is in the state" not in last
    assert not (computer.checkout / "infra/errored.tfstate").exists()
    computer.calls()
    continues(computer)
    words = [call.split()[0] for call in computer.calls()]
    assert words[:4] == ["version", "init", "state", "output"]
    assert (computer.state / "pushed").read_text("utf-8") == "a state"
    assert not list(computer.stage.glob("*.tfstate"))


@pytest.mark.long
def test_a_state_that_can_not_be_saved_yet_is_kept(computer):
    computer.fail(at=10, how="fail", left="a state")
    computer.deploy()
    computer.calls()
    computer.fail(at=3, how="fail", said=LOCK)

    done = computer.deploy()

    assert "force-unlock 5f0c-1" in done.stderr
    assert [file.read_text("utf-8") for file in computer.stage.glob("*.tfstate")] == ["a state"]


@pytest.mark.long
def test_a_state_of_another_stage_is_left_alone(computer):
    file = computer.checkout / "infra/errored.tfstate"
    file.write_text("another", "utf-8")
    computer.fail(at=10, how="fail")

    done = computer.deploy()

    assert "What was created so far is in the state" in done.stderr
    assert file.read_text("utf-8") == "another"


DISTRIBUTION = {
    "address": "module.site[0].aws_cloudfront_distribution.this",
    "type": "aws_cloudfront_distribution",
    "change": {"actions": ["create"], "before": None, "after": {}},
}


@pytest.mark.variations
@pytest.mark.parametrize(("minutes", "is_made"), [(15, False), (45, True)])
def test_keys_that_die_in_a_first_apply_stop_it_before_anything_is_made(computer, minutes, is_made):
    running = json.loads((computer.state / "answers.json").read_text("utf-8"))["outputs"]
    computer.answers(outputs=running, changes=[DISTRIBUTION])
    until = datetime.now(UTC) + timedelta(minutes=minutes)

    done = computer.deploy(AWS_SESSION_TOKEN="any", AWS_CREDENTIAL_EXPIRATION=until.isoformat())

    assert (done.returncode == 0) == is_made, done.stderr
    assert (computer.state / "applied.json").exists() == is_made
    assert ("fail  expiry: exported keys expire in 1" in done.stderr) != is_made
    assert ("set AWS_PROFILE instead" in done.stderr) != is_made


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        ('{"terraform_version": "1.10.9"}', "1.10.9 is too old"),
        ("hm", "does not print its version"),
    ],
)
def test_an_unusable_terraform_is_refused(computer, version, sentence):
    computer.answers(version=version)

    done = computer.deploy()

    assert done.returncode == ExitCode.CLOUD
    assert sentence in done.stderr
    assert "https://developer.hashicorp.com/terraform/install" in done.stderr


def test_without_terraform_it_says_where_to_get_it(computer):
    (computer.folder / "bin/terraform").unlink()

    done = computer.deploy(PATH=str(computer.folder / "bin"))

    assert done.returncode == ExitCode.CLOUD
    assert "Terraform is not installed: install it from" in done.stderr


def test_no_credentials(computer):
    environ = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}

    done = computer.deploy(**environ)

    assert done.returncode == ExitCode.CLOUD
    assert "no AWS credentials" in done.stderr
    assert "Sign in with `aws sso login` or `aws configure`" in done.stderr


@pytest.mark.parametrize(
    ("code", "sentence"),
    [("ExpiredToken", "have expired"), ("InvalidClientTokenId", "does not know your credentials")],
)
def test_invalid_credentials(computer, aws, code, sentence):
    aws.refused["sts"] = code

    done = computer.deploy()

    assert done.returncode == ExitCode.CLOUD
    assert sentence in done.stderr


def test_aws_out_of_reach(computer):
    done = computer.deploy(AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1")

    assert done.returncode == ExitCode.CLOUD
    assert "check your network" in done.stderr


@pytest.mark.long
def test_another_account_is_not_given_the_chat_of_this_one(computer):
    computer.deploy()
    backend = computer.stage / "backend.hcl"
    backend.write_text(backend.read_text("utf-8").replace("123456789012", "999999999999"), "utf-8")

    done = computer.deploy()

    assert done.returncode == ExitCode.USAGE
    assert "is in account 999999999999, and you are in 123456789012" in done.stderr


@pytest.mark.long
def test_a_stage_does_not_move_to_another_region(computer):
    computer.deploy()

    done = computer.deploy("--region", "us-west-2")

    assert done.returncode == ExitCode.USAGE
    assert "fireside-prod is in eu-central-1, and a stage does not move" in done.stderr


def test_a_region_that_is_none(computer):
    done = computer.deploy("--region", "mars-north-1")

    assert done.returncode == ExitCode.CLOUD
    assert "mars-north-1 is not a Region" in done.stderr


def test_a_region_of_another_partition_is_refused_before_aws_is_asked(computer, aws):
    done = computer.deploy(AWS_REGION="cn-north-1")

    assert done.returncode == ExitCode.CLOUD
    assert "cn-north-1 is in another partition of AWS" in done.stderr
    assert aws.asked == []


@pytest.mark.long
def test_a_file_of_variables_can_not_say_another_region(computer):
    computer.answers(variables={"region": "us-west-2"})

    done = computer.deploy()

    assert done.returncode == ExitCode.USAGE
    assert "has region = 'us-west-2', but the stage has 'eu-central-1'" in done.stderr
    assert "--region" in done.stderr
    assert not (computer.state / "applied.json").exists()


@pytest.mark.parametrize("option", [("--stage", "Prod"), ("--project", "x")])
def test_an_invalid_name_is_refused_before_anything_runs(computer, option):
    done = computer.deploy(*option)

    assert done.returncode == ExitCode.USAGE
    assert f"{option[0]} takes" in done.stderr
    assert computer.calls() == []


def test_a_folder_without_terraform_files(computer):
    done = computer.deploy("--infra", "elsewhere")

    assert done.returncode == ExitCode.USAGE
    assert "There are no Terraform files in elsewhere" in done.stderr


def test_a_new_account_is_told_of_cloudfront_before_it_agrees(computer, aws):
    aws.distributions = 0
    aws.buckets.add("fireside-state-123456789012")

    done = computer.run("deploy", "--no-build")  # no terminal, so nobody agrees

    assert done.returncode == ExitCode.USAGE
    assert 'allowed_origins = ["https://example.org"]' in done.stderr
    assert not (computer.state / "applied.json").exists()


def test_a_check_that_fails_stops_it_before_anything_is_made(computer, aws):
    aws.taken.add("fireside-prod-messages")

    done = computer.deploy()

    assert done.returncode == ExitCode.CLOUD
    assert "fail  names: taken: fireside-prod-messages" in done.stderr
    assert "The apply would fail: names." in done.stderr
    assert not (computer.state / "applied.json").exists()


GONE = {
    "address": "module.tables.aws_dynamodb_table.messages",
    "type": "aws_dynamodb_table",
    "change": {"actions": ["delete", "create"], "before": {"name": "x"}, "after": {"name": "y"}},
}


def test_a_plan_that_loses_messages_is_not_applied_unless_that_is_said(computer):
    computer.deploy()
    running = json.loads((computer.state / "answers.json").read_text("utf-8"))["outputs"]
    computer.answers(outputs=running, changes=[GONE], variables={"alarm_email": "a@b.example"})
    computer.calls()

    done = computer.deploy()

    assert done.returncode == ExitCode.USAGE
    assert "DANGER" in done.stderr
    assert "its rows are lost for good" in done.stderr
    assert "--allow-data-loss" in done.stderr
    assert computer.deploy("--allow-data-loss").returncode == 0


# --- The brake ---------------------------------------------------------------------------------

BRAKE = "fireside-prod-brake"


@pytest.mark.long
def test_a_released_brake_can_act_again_though_its_alarm_is_still_on(computer, aws):
    """An alarm calls the brake once for each change of its state."""
    aws.alarms = [BRAKE, "fireside-prod-latency"]

    done = computer.deploy()

    assert done.returncode == 0, done.stderr
    assert aws.alarms == ["fireside-prod-latency"]
    assert "The brake's alarm was still on: it is reset" in done.stderr


@pytest.mark.long
def test_so_it_can_where_somebody_else_released_it_or_a_deploy_was_interrupted(computer, aws):
    computer.deploy()
    aws.alarms = [BRAKE]

    done = computer.deploy()

    assert "Nothing to change." in done.stderr
    assert aws.alarms == []


@pytest.mark.long
def test_a_brake_that_is_on_keeps_its_alarm(computer, aws):
    aws.alarms, aws.throttled = [BRAKE], 0

    done = computer.deploy()

    assert aws.alarms == [BRAKE]
    assert "reset" not in done.stderr


@pytest.mark.long
@pytest.mark.parametrize("service", ["monitoring", "apigateway"])
def test_without_permission_it_is_said_that_the_brake_waits(computer, aws, service):
    aws.alarms = [BRAKE]
    aws.refused[service] = "AccessDeniedException"

    done = computer.deploy()

    assert done.returncode == 0, done.stderr
    assert "No permission to reset the brake's alarm" in done.stderr
    assert aws.alarms == [BRAKE]


@pytest.mark.long
def test_an_alarm_that_is_off_is_left_alone(computer, aws):
    done = computer.deploy()

    assert "alarm" not in done.stderr
    assert not [call for call in aws.asked if "SetAlarmState" in call]


@pytest.mark.long
def test_a_smoke_test_that_fails_says_that_all_was_applied(computer, chat):
    running, _invite = chat
    computer.answers(outputs={"socket_url": running.socket_url.replace("/ws", "/elsewhere")})

    done = computer.deploy()

    assert done.returncode == ExitCode.CLOUD
    assert "Everything was applied, but the smoke test failed" in done.stderr
    assert "fireside logs --stage prod" in done.stderr


# --- Two computers -----------------------------------------------------------------------------


@pytest.fixture
def second(computer, aws, tmp_path):
    """Return another computer with the same state, without the first one's files."""
    computer.deploy()
    aws.buckets.add("fireside-state-123456789012")
    computer.calls()
    return Computer(tmp_path / "two", aws, state=computer.state)


def test_a_second_computer_finds_the_state_and_keeps_the_invites(computer, second):
    before = json.loads((computer.state / "applied.json").read_text("utf-8"))

    done = second.deploy()

    assert done.returncode == 0, done.stderr
    assert not [call for call in second.calls() if call.startswith("bootstrap")]
    assert "Nothing to change." in done.stderr
    assert "The invite is on another computer" in done.stderr
    assert "To own this place" not in done.stderr
    assert before["owner_sha256"] == hash_of(owner_of(computer))
    assert done.stdout == "https://chat.example/\n"
    assert json.loads((computer.state / "applied.json").read_text("utf-8")) == before


@pytest.mark.long
def test_a_second_computer_may_make_an_invite_of_its_own(computer, second):
    done = second.deploy("--add-invite", "--plan-only")
    hashes = json.loads((second.stage / "settings.tfvars.json").read_text("utf-8"))["invite_hashes"]

    assert done.returncode == 0, done.stderr
    assert hashes[0] == hash_of(secret_of(computer))
    assert len(hashes) == 2


@pytest.mark.long
def test_a_bucket_that_keeps_no_versions_is_not_trusted(second, aws):
    aws.versioning = "Suspended"

    done = second.deploy()

    assert done.returncode == ExitCode.CLOUD
    assert "keeps no versions" in done.stderr
    assert "import aws_s3_bucket.this fireside-state-123456789012" in done.stderr


@pytest.mark.long
def test_an_invite_that_was_ended_elsewhere_does_not_come_back(computer, second):
    second.deploy("--new-invite", "--smoke-message")  # fails to try it: that chat has another

    computer.deploy()

    applied = json.loads((computer.state / "applied.json").read_text("utf-8"))
    assert hash_of(secret_of(computer)) not in applied["invite_hashes"]


@pytest.mark.long
def test_a_second_computer_may_replace_the_owner_link(computer, second):
    old = owner_of(computer)

    done = second.deploy("--new-owner-link")

    applied = json.loads((computer.state / "applied.json").read_text("utf-8"))
    assert done.returncode == 0, done.stderr
    assert applied["owner_sha256"] == hash_of(owner_of(second)) != hash_of(old)
    assert "To own this place: fireside owner --stage prod" in done.stderr
    computer.deploy()
    assert computer.run("owner", "--stage", "prod").returncode == ExitCode.DATA
