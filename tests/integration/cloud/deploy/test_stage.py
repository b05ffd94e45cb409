"""A stage's folder on this computer, its invites, and the rules it shares with infra/."""

import re
import stat
import threading
from pathlib import Path

import pytest
from websockets.sync.server import serve

from fireside.cloud.deploy import build, stage, stage_secrets
from fireside.cloud.verify import smoke
from fireside.cloud.verify.client import CheckFailed, Target
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.invite import hash_of
from tests.e2e.support.server_process import serving

ROOT = Path(__file__).resolve().parents[4]
BROKEN = str(ROOT / "tests/e2e/support/broken_server.py")
VARIABLES = (ROOT / "infra/variables.tf").read_text("utf-8")
THEIRS = "ab" * 32


@pytest.fixture
def prod(tmp_path):
    made = stage.Stage("fireside", "prod", tmp_path / "infra")
    made.make_folder()
    return made


def variable(name):
    return re.search(rf'^variable "{name}" {{(.*?)^}}', VARIABLES, re.MULTILINE | re.DOTALL)[1]


@pytest.mark.parametrize(("kind", "name"), [("project", "project_name"), ("stage", "stage_name")])
def test_names_have_the_same_rules_as_in_terraform(kind, name):
    assert f'"^{stage.NAME_RULES[kind][0]}$"' in variable(name)


def test_a_folder_that_others_could_read_is_closed(prod):
    prod.folder.chmod(0o755)

    prod.make_folder()

    assert prod.folder.stat().st_mode & 0o777 == 0o700


def test_the_limit_of_invites_is_terraforms():
    assert f"length(var.invite_hashes) <= {stage_secrets.MAX_INVITES}" in variable("invite_hashes")


def test_every_variable_is_an_output_for_another_computer():
    names = set(re.findall(r'^variable "(\w+)"', VARIABLES, re.MULTILINE))
    outputs = (ROOT / "infra/outputs.tf").read_text("utf-8")
    settings = re.search(r'^output "settings" {(.*?)^}', outputs, re.MULTILINE | re.DOTALL)[1]
    told = set(re.findall(r"^    (\w+) +=", settings, re.MULTILINE))

    of_one_computer = {"package_path", "page_path"}
    for_destroying = {"protect_messages"}
    assert told == names - of_one_computer - for_destroying


def test_the_built_things_are_found_by_the_same_name_on_every_computer():
    assert build.variables(ROOT / "infra", ROOT / "infra") == {
        "package_path": "../build/fireside-lambda.zip",
        "page_path": "../src/fireside/web",
    }


def test_without_a_file_of_variables_those_of_the_last_apply_stay(prod):
    before = {"alarm_email": "a@b.example", "custom_domain": None, "region": "eu-west-1"}

    found = stage.choose_variables(prod, before, invites=["x"], owner_hash="h", region="eu-west-1")

    assert found["alarm_email"] == "a@b.example"
    assert "custom_domain" not in found
    assert found["invite_hashes"] == ["x"]
    assert found["owner_sha256"] == "h"


def test_a_variable_of_the_last_apply_with_an_old_value_has_the_new_one(prod):
    before = {"aws_client": "own", "alarm_email": "own", "invite_hashes": ["x"]}

    found = stage.choose_variables(prod, before, invites=[], owner_hash="h", region="eu-west-1")

    assert found["aws_client"] == "builtin"
    assert found["alarm_email"] == "own"


def test_with_a_file_of_variables_those_of_the_last_apply_are_ignored(prod):
    prod.variables_file.touch()

    found = stage.choose_variables(
        prod, {"alarm_email": "a@b.example"}, invites=[], owner_hash="h", region="eu-west-1"
    )

    assert "alarm_email" not in found
    assert prod.variable_files([]) == [prod.settings_file, prod.variables_file]


def test_what_it_writes_is_whole_or_not_there(prod):
    prod.write_backend("fireside-state-1", "eu-west-1")
    prod.write_settings({"a": 1})

    assert sorted(path.name for path in prod.folder.iterdir()) == [
        "backend.hcl",
        "settings.tfvars.json",
    ]
    assert 'key = "prod.tfstate"' in prod.backend_file.read_text("utf-8")
    assert "use_lockfile = true" in prod.backend_file.read_text("utf-8")


def test_the_options_of_a_stage_find_it_again(prod):
    here = stage.Stage("fireside", "test", Path("infra").absolute())
    elsewhere = stage.Stage("tea", "test", Path("/some where/infra"))

    assert here.command_options == "--stage test"
    assert elsewhere.command_options == "--stage test --project tea --infra '/some where/infra'"
    assert str(prod.infra) in prod.command_options


# --- Invites -----------------------------------------------------------------------------------


def choose(prod, deployed, *, new=False, add=False):
    return stage_secrets.choose_invites(prod, deployed, new=new, add=add)


def test_the_first_deploy_makes_an_invite_and_the_next_keep_it(prod):
    first = choose(prod, [])

    assert first.hashes == [hash_of(first.secret)]
    assert stat.S_IMODE(prod.invite.path.stat().st_mode) == 0o600
    assert choose(prod, []) == first
    assert choose(prod, first.hashes) == first


def test_another_computers_invite_stays_and_is_not_known_here(prod):
    found = choose(prod, [THEIRS])

    assert (found.hashes, found.secret) == ([THEIRS], None)
    assert not prod.invite.exists()


def test_one_is_added_beside_the_others(prod):
    found = choose(prod, [THEIRS], add=True)

    assert found.hashes == [THEIRS, hash_of(found.secret)]
    assert choose(prod, [THEIRS], add=True) == found  # interrupted, and run again
    stage_secrets.confirm_applied(prod)
    assert prod.invite.secret() == found.secret
    assert choose(prod, found.hashes, add=True) == found  # it has one already


def test_a_new_one_revokes_all_others_once_it_is_applied(prod):
    old = choose(prod, []).secret

    found = choose(prod, [hash_of(old), THEIRS], new=True)

    assert found.hashes == [hash_of(found.secret)]
    assert prod.invite.secret() == old
    stage_secrets.confirm_applied(prod)
    assert prod.invite.secret() == found.secret


def test_a_new_one_that_was_never_applied_is_forgotten(prod):
    old = choose(prod, []).secret
    choose(prod, [hash_of(old)], new=True)

    assert choose(prod, [hash_of(old)]).secret == old
    assert [path.name for path in prod.folder.iterdir()] == ["invite"]


def test_one_that_another_computer_revoked_stays_revoked(prod):
    choose(prod, [])

    found = choose(prod, [THEIRS])

    assert (found.hashes, found.secret) == ([THEIRS], None)


def test_more_than_terraform_takes_are_refused(prod):
    with pytest.raises(CannotStart, match="20 invites at most"):
        choose(prod, [f"{n:064}" for n in range(20)], add=True)


def test_an_unreadable_invite_is_an_error(prod):
    prod.invite.path.write_text("nonsense", "utf-8")

    with pytest.raises(CannotStart) as caught:
        choose(prod, [])

    assert caught.value.exit_code == ExitCode.DATA


# --- The owner link ---------------------------------------------------------------------------


def test_the_first_deploy_makes_an_owner_link_and_the_next_keep_it(prod):
    first = stage_secrets.choose_owner(prod, "", new=False)
    (deployed,) = first.hashes

    assert deployed == hash_of(first.secret) == hash_of(prod.owner.secret())
    assert stat.S_IMODE(prod.owner.path.stat().st_mode) == 0o600
    assert stage_secrets.choose_owner(prod, "", new=False) == first
    assert stage_secrets.choose_owner(prod, deployed, new=False) == first
    assert not prod.invite.exists()


def test_another_computers_owner_link_stays_until_it_is_replaced(prod):
    assert stage_secrets.choose_owner(prod, THEIRS, new=False) == stage_secrets.Secrets(
        [THEIRS], None
    )

    found = stage_secrets.choose_owner(prod, THEIRS, new=True)
    assert found.hashes == [hash_of(found.secret)]
    assert not prod.owner.exists()
    stage_secrets.confirm_applied(prod)
    assert prod.owner.secret() == found.secret


# --- What may be missing -----------------------------------------------------------------------


def test_a_missing_page_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "PAGE", tmp_path)
    monkeypatch.setattr(build, "CHECKOUT", tmp_path)

    with pytest.raises(CannotStart) as caught:
        build.build(tmp_path / "infra", lambda _line: None)

    assert caught.value.exit_code == ExitCode.PAGE


@pytest.mark.parametrize(("code", "said"), [(0, "made anew"), (1, "it is broken")])
def test_the_page_is_made_and_what_make_says_is_shown(tmp_path, monkeypatch, code, said):
    recipe = f"page:\n\t@touch index.html; echo {said}; exit {code}\n"
    (tmp_path / "Makefile").write_text(recipe, "utf-8")
    monkeypatch.setattr(build, "PAGE", tmp_path)
    monkeypatch.setattr(build, "CHECKOUT", tmp_path)
    lines = []

    if code == 0:
        build.build(tmp_path / "infra", lines.append)
    else:
        with pytest.raises(CannotStart, match="The page can't be built"):
            build.build(tmp_path / "infra", lines.append)

    assert lines[0].startswith("$ make --directory=")
    assert said in lines


def test_the_zip_is_built_where_terraform_looks(tmp_path, monkeypatch):
    (tmp_path / "index.html").touch()
    monkeypatch.setattr(build, "PAGE", tmp_path)
    monkeypatch.setattr(build, "CHECKOUT", tmp_path)
    said = []

    build.build(tmp_path / "infra", said.append)

    assert (tmp_path / "build/fireside-lambda.zip").is_file()
    assert "sha256" in said[0]


# --- Smoke -------------------------------------------------------------------------------------


def test_the_first_connection_is_tried_several_times():
    pauses = []

    with pytest.raises(CheckFailed, match="no connection"):
        list(
            smoke.smoke(
                Target("ws://127.0.0.1:9/ws", "A" * 22), send_message=False, pause=pauses.append
            )
        )

    assert pauses == [smoke.PAUSE_SECONDS] * (smoke.TRIES - 1)


def test_the_smoke_test_sends_a_message_to_an_empty_room_only(tmp_path):
    with serving(tmp_path) as running:
        target = Target(running.socket_url)
        first = list(smoke.smoke(target, send_message=False, pause=lambda _s: None))
        second = list(smoke.smoke(target, send_message=False, pause=lambda _s: None))
        with target.connect("Ann") as ann:
            kept = ann.expect("getHistory", "history")["messages"]

    assert re.search(r"reached the other client after [\d,]+ ms", first[-1])
    assert "No message was sent" in second[-1]
    assert [(one["username"], one["message"]) for one in kept] == [("Zoë smoke-test", smoke.TEXT)]


@pytest.mark.parametrize(
    ("way", "found"),
    [
        ("garble-names", "Zoë smoke-test arrived as ZoÃ« smoke-test"),
        ("spaces-are-signs", "Ada K smoke-test was refused with HTTP 403: is the invite right? Or"),
    ],
)
def test_the_smoke_test_notices_a_name_that_does_not_arrive(tmp_path, way, found):
    with (
        serving(tmp_path, program=(BROKEN, way)) as running,
        pytest.raises(CheckFailed, match=re.escape(found)),
    ):
        list(smoke.smoke(Target(running.socket_url), send_message=False, pause=lambda _s: None))


def test_a_name_is_written_as_the_page_writes_it():
    """The page sends %20 for a space; what API Gateway makes of a + is another question."""
    asked = []

    def note(_connection, request):
        asked.append(request.path)

    with serve(lambda _socket: None, "127.0.0.1", 0, process_request=note) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/ws"
        Target(url).handshake_status("Ada K", invite=None)
        server.shutdown()
        thread.join()

    assert asked == ["/ws?username=Ada%20K"]
