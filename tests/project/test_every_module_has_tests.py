"""Each module has a test module of its name, or stands on a list that says what tests it.

`src/fireside/x/y.py` is tested by `tests/unit/x/test_y.py` or `tests/integration/x/test_y.py`;
the gateway's also by `tests/gateway/test_y.py`, whose files are named for what a client sees;
and the page's `x.ts` by `x.test.ts` beside it.
"""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE, TESTS = ROOT / "src", ROOT / "tests"
NO_MODULES = {"__init__.py", "__main__.py"}

TESTED_BY = {
    "fireside/adapters/dynamodb/boto.py": "contract/test_clients.py: both clients answer alike",
    "fireside/adapters/dynamodb/calls.py": "contract/test_dynamodb.py: against DynamoDB Local",
    "fireside/adapters/dynamodb/people.py": "contract/test_dynamodb_people.py: likewise",
    "fireside/adapters/dynamodb/rows/values.py": "contract/test_clients.py: rows of every table",
    "fireside/adapters/dynamodb/store.py": "contract/test_dynamodb.py: against DynamoDB Local",
    "fireside/adapters/http/boto.py": "integration/adapters/test_aws_clients.py: needs the SDK",
    "fireside/adapters/http/tls.py": "integration/adapters/http/test_pool.py: needs a TLS server",
    "fireside/adapters/memory.py": "contract/test_message_store.py: as every store",
    "fireside/adapters/memory_people.py": "contract/test_people.py: as every store of people",
    "fireside/adapters/outbound/boto.py": "integration/adapters/outbound/test_http.py: as ours",
    "fireside/adapters/outbound/posting.py": "integration/adapters/outbound/test_http.py: its base",
    "fireside/adapters/sqlite/files.py": "contract/test_sqlite_files.py: needs a file",
    "fireside/adapters/sqlite/guard.py": "contract/test_sqlite.py: what fails on the disk",
    "fireside/adapters/sqlite/lockfile.py": "contract/test_sqlite.py: needs another process",
    "fireside/adapters/sqlite/opening.py": "contract/test_sqlite_files.py: needs a file",
    "fireside/adapters/sqlite/people.py": "contract/test_sqlite_people.py: needs a file",
    "fireside/adapters/sqlite/schema.py": "contract/test_sqlite_schema.py: needs a file",
    "fireside/adapters/sqlite/store.py": "contract/test_sqlite.py: needs a file",
    "fireside/adapters/sqlite/unusable.py": "contract/test_sqlite.py: needs a file",
    "fireside/adapters/sqlite/witness.py": "contract/test_sqlite_epoch.py: needs a file",
    "fireside/chat/broadcasts.py": "flow/test_plain_client.py: who hears what",
    "fireside/chat/messages.py": "flow/test_history.py: the whole flow/ is about it",
    "fireside/cli/cost.py": "unit/cloud/cost/test_cost.py: the command and its table",
    "fireside/cli/deploy.py": "integration/cloud/deploy/test_deploy.py: the command and its work",
    "fireside/cli/destroy.py": "integration/cloud/deploy/test_destroy.py: the command and its work",
    "fireside/cli/export.py": "integration/cloud/deploy/test_destroy.py: before destroy",
    "fireside/cli/logs.py": "integration/cloud/deploy/test_status_and_logs.py: both",
    "fireside/cli/options/address.py": "unit/cli/test_invite.py: the address in a link",
    "fireside/cli/options/run.py": "unit/cli/options/test_settings.py: adds them",
    "fireside/cli/options/secrets.py": "integration/cloud/verify/test_verify.py: an invite",
    "fireside/cli/options/stage.py": "integration/cloud/deploy/test_deploy.py: names a stage",
    "fireside/cli/package.py": "integration/cloud/test_package.py: the command and its work",
    "fireside/cli/rehearse.py": "e2e/test_rehearse.py: needs a whole rehearsal",
    "fireside/cli/serve.py": "integration/cli/test_main.py: its flags, and how it ends",
    "fireside/cli/status.py": "integration/cloud/deploy/test_status_and_logs.py: both",
    "fireside/cli/verify.py": "integration/cloud/verify/test_verify.py: the command and its work",
    "fireside/cloud/cost/usage.py": "unit/cloud/cost/test_bill.py: what is counted is billed",
    "fireside/cloud/deploy/brake.py": "integration/cloud/deploy/test_deploy.py: a step of it",
    "fireside/cloud/deploy/build.py": "integration/cloud/deploy/test_deploy.py: a step of it",
    "fireside/cloud/deploy/context.py": "integration/cloud/deploy/test_deploy.py: tests replace it",
    "fireside/cloud/deploy/export.py": "integration/cloud/deploy/test_destroy.py: before destroy",
    "fireside/cloud/deploy/logs.py": "integration/cloud/deploy/test_status_and_logs.py: both",
    "fireside/cloud/deploy/remedies.py": "integration/cloud/deploy/test_deploy.py: what fails",
    "fireside/cloud/deploy/session.py": "integration/cloud/deploy/test_deploy.py: opens stages",
    "fireside/cloud/deploy/stage_secrets.py": "integration/cloud/deploy/test_link.py: in a link",
    "fireside/cloud/deploy/status.py": "integration/cloud/deploy/test_status_and_logs.py: both",
    "fireside/cloud/rehearse/load.py": "e2e/test_rehearse.py: needs a whole rehearsal",
    "fireside/cloud/rehearse/rehearse.py": "e2e/test_rehearse.py: needs a whole rehearsal",
    "fireside/cloud/rehearse/runner.py": "e2e/test_rehearse.py: needs a whole rehearsal",
    "fireside/cloud/verify/checks.py": "integration/cloud/verify/test_verify.py: needs a server",
    "fireside/cloud/verify/client.py": "integration/cloud/verify/test_verify.py: needs a server",
    "fireside/cloud/verify/message_checks.py": "integration/cloud/verify/test_verify.py: likewise",
    "fireside/cloud/verify/smoke.py": "integration/cloud/deploy/test_stage.py: the end of deploy",
    "fireside/domain/commands/fields.py": "flow/test_bad_input.py: every field, wrong in every way",
    "fireside/frames/people.py": "unit/frames/test_messages.py: what holds for every frame",
    "fireside/handlers/router.py": "flow/test_bad_input.py: the whole flow/ goes through it",
    "fireside/server/isolated.py": "integration/server/test_isolated_handlers.py: starts those",
    "fireside/server/process.py": "integration/cli/test_main.py: a port that is taken",
    "localgateway/machine/actions.py": "unit/localgateway/machine/test_core.py: goes in, comes out",
    "localgateway/net/server.py": "gateway/test_batches.py: the whole gateway/ is about it",
}
"""Modules without a test module of their name: the one to look into first, and why."""

PAGE_TESTED_BY = {
    "PageFailed.tsx": "../../tests/e2e/test_broken_page.py: a page that breaks",
    "chat.ts": "App.test.tsx: puts the page together",
    "composer/Composer.tsx": "room/Room.test.tsx: what a person writes",
    "composer/focusComposer.ts": "room/Room.test.tsx: needs the page",
    "connection/Banner.tsx": "connection/lostConnection.test.tsx: what a person sees of it",
    "connection/DiagnosticsDialog.tsx": "room/Room.test.tsx: a dialog",
    "connection/config.ts": "App.test.tsx: asked for at the start",
    "connection/handshake.ts": "connection/invite.test.ts: what a handshake offers",
    "connection/useConfig.ts": "App.test.tsx: asked for at the start",
    "connection/useConnection.ts": "connection/lostConnection.test.tsx: needs the page",
    "join/Field.tsx": "App.test.tsx: the form",
    "join/IsItYou.tsx": "../../tests/e2e/test_names.py: a part of it",
    "join/Join.tsx": "App.test.tsx: the form",
    "join/WelcomeBack.tsx": "../../tests/e2e/test_names.py: a part of it",
    "join/checkForm.ts": "join/invited.test.tsx: the form",
    "join/remembered.ts": "App.test.tsx: the form knows who you were",
    "join/useNameProblem.ts": "App.test.tsx: the form says so while one types",
    "main.tsx": "../../tests/e2e/test_two_people.py: starts the page",
    "markdown/Body.tsx": "room/Room.test.tsx: a message as it looks",
    "messages/Announcer.tsx": "room/Room.test.tsx: what a screen reader hears",
    "messages/AroundUpdate.tsx": "../../tests/e2e/test_behaviours_scrolling.py: needs a layout",
    "messages/MessageLog.tsx": "room/Room.test.tsx: the log",
    "messages/RowView.tsx": "room/Room.test.tsx: the log",
    "messages/Skeleton.tsx": "../../tests/e2e/test_pictures.py: is only looked at",
    "messages/dates.ts": "messages/rows.test.ts: a day begins a row",
    "messages/useAnchoredScroll.ts": "../../tests/e2e/test_behaviours_scrolling.py: needs a layout",
    "messages/useMounted.ts": "../../tests/e2e/test_behaviours_scrolling.py: needs a layout",
    "moderation/Ban.tsx": "../../tests/e2e/test_names.py: a part of it",
    "moderation/ModerationDialog.tsx": "../../tests/e2e/test_names.py: a part of it",
    "moderation/PersonDialog.tsx": "../../tests/e2e/test_names.py: a part of it",
    "moderation/Silence.tsx": "../../tests/e2e/test_names.py: a part of it",
    "moderation/author.ts": "../../tests/e2e/test_names.py: a part of it",
    "moderation/rank.ts": "../../tests/e2e/test_names.py: a part of it",
    "people/Problem.tsx": "../../tests/e2e/test_names.py: a part of it",
    "people/Toast.tsx": "../../tests/e2e/test_names.py: a part of it",
    "people/WayBack.tsx": "../../tests/e2e/test_names.py: a part of it",
    "people/requests.ts": "people/identity.test.ts: asks and waits",
    "people/useAnswer.ts": "../../tests/e2e/test_names.py: a part of it",
    "people/useMuted.ts": "../../tests/e2e/test_names.py: what the composer says",
    "room/ConnectionStatus.tsx": "room/Room.test.tsx: a part of the room",
    "room/DialogButtons.tsx": "room/Room.test.tsx: a part of the room",
    "room/Dialogs.tsx": "room/Room.test.tsx: a part of the room",
    "room/Header.tsx": "room/Room.test.tsx: a part of the room",
    "room/PeopleDialogs.tsx": "../../tests/e2e/test_names.py: a part of it",
    "room/Sidebar.tsx": "room/Room.test.tsx: a part of the room",
    "room/useDraft.ts": "App.test.tsx: each tab has its own",
    "room/useShortcuts.ts": "room/Room.test.tsx: needs the page",
    "settings/ForgetButton.tsx": "settings/ForgetDialog.test.tsx: opens what that tests",
    "settings/KeysDialog.tsx": "room/Room.test.tsx: a dialog",
    "settings/SettingsDialog.tsx": "../../tests/e2e/test_pictures.py: a dialog as it looks",
    "tab/icon.ts": "tab/useTab.test.ts: what a tab shows",
    "tab/useNotifications.ts": "tab/useTab.test.ts: what a tab tells",
    "timeline/log.ts": "timeline/timeline.test.ts: a part of the timeline",
    "timeline/missing.ts": "timeline/timeline.test.ts: a part of the timeline",
    "timeline/model.ts": "timeline/timeline.test.ts: types, and what is there at first",
    "timeline/outbox.ts": "timeline/timeline.test.ts: a part of the timeline",
    "timeline/outboxStorage.ts": "timeline/roomStorage.test.ts: what is kept of a room",
    "timeline/requestBackoff.ts": "timeline/timeline.test.ts: how long it waits",
    "timeline/stored.ts": "timeline/roomStorage.test.ts: what is kept of a room",
    "timeline/useOrphanedOutbox.ts": "connection/lostConnection.test.tsx: needs the page",
    "timeline/useReadElsewhere.ts": "../../tests/e2e/test_behaviours_everybody.py: needs two tabs",
    "ui/Avatar.tsx": "room/Room.test.tsx: a part of what is drawn",
    "ui/Dialog.tsx": "room/Room.test.tsx: a part of what is drawn",
    "ui/Icon.tsx": "room/Room.test.tsx: a part of what is drawn",
    "ui/LinkRow.tsx": "../../tests/e2e/test_names.py: a part of it",
    "ui/Mark.tsx": "App.test.tsx: a part of what is drawn",
    "useVisits.ts": "App.test.tsx: comes and goes",
    "wire/frames.ts": "wire/parse.test.ts: types that are generated",
    "you/AddDevice.tsx": "../../tests/e2e/test_names.py: a part of it",
    "you/CopyButton.tsx": "../../tests/e2e/test_names.py: a part of it",
    "you/Devices.tsx": "../../tests/e2e/test_names.py: a part of it",
    "you/ForgetMe.tsx": "../../tests/e2e/test_names.py: a part of it",
    "you/OwnName.tsx": "../../tests/e2e/test_names.py: a part of it",
    "you/Qr.tsx": "../../tests/e2e/test_names.py: a part of it",
    "you/RecoveryCode.tsx": "../../tests/e2e/test_names.py: a part of it",
    "you/YouDialog.tsx": "../../tests/e2e/test_names.py: a part of it",
}
"""The same for the page's modules."""

SEVERAL = {
    "integration/server/test_no_traces.py": "secrets in what the whole server writes",
    "integration/server/test_proxies.py": "the proxies of the how-to, in front of a server",
    "integration/cloud/deploy/test_status_and_logs.py": "status and logs ask one stage",
}
"""Test modules in unit/ and integration/ that have no source module of their name, and why."""


PAGE_SEVERAL = {
    "connection/lostConnection.test.tsx": "what a person sees while the connection is lost",
    "join/invited.test.tsx": "what a person sees who comes by an invite",
}

PAGE = ROOT / "web/src"
FOR_TESTS = "testing"
"""The folder of what the page's tests share."""


def modules():
    return sorted(
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if path.name not in NO_MODULES
    )


def places_for(module):
    """Give the places where the tests of a module may stand."""
    package, *folders, name = module.split("/")
    inside = folders if package == "fireside" else [package, *folders]
    places = [Path(suite, *inside, f"test_{name}") for suite in ("unit", "integration")]
    return places if package == "fireside" else [*places, Path("gateway", f"test_{name}")]


def has_tests(module):
    return any((TESTS / place).is_file() for place in places_for(module))


@pytest.mark.parametrize("module", modules())
def test_a_module_has_tests_of_its_name_or_stands_on_the_list(module):
    wanted = f"write tests/{places_for(module)[0]}, or list in TESTED_BY what tests it"
    assert has_tests(module) != (module in TESTED_BY), (
        f"{module} is listed in TESTED_BY, but has tests: take it off"
        if has_tests(module)
        else f"{module} has no tests: {wanted}"
    )


@pytest.mark.parametrize(("module", "entry"), TESTED_BY.items(), ids=TESTED_BY)
def test_what_is_listed_is_there_with_its_reason(module, entry):
    place, _, reason = entry.partition(": ")

    assert (SOURCE / module).is_file(), f"{module} is gone: take it off TESTED_BY"
    assert (TESTS / place).is_file(), f"tests/{place} is gone: name what tests {module} now"
    assert reason


def test_no_test_module_has_outlived_its_source():
    known = {place.as_posix() for module in modules() for place in places_for(module)}
    found = {
        path.relative_to(TESTS).as_posix()
        for suite in ("unit", "integration")
        for path in (TESTS / suite).rglob("test_*.py")
    }

    assert found - known == set(SEVERAL), "rename or remove it, or list it in SEVERAL"


# --- the page ---


def page_files():
    return sorted(
        path.relative_to(PAGE).as_posix()
        for path in PAGE.rglob("*.ts*")
        if path.relative_to(PAGE).parts[0] != FOR_TESTS
    )


def page_modules():
    return [file for file in page_files() if ".test." not in file]


def subject(test):
    """Give the module's name that a test file has, without what comes after it."""
    return Path(test).with_name(Path(test).name.partition(".")[0]).as_posix()


def stem(module):
    return module.rpartition(".")[0]


def test_each_of_the_pages_modules_has_tests_of_its_name_or_stands_on_the_list():
    tested = {subject(file) for file in page_files() if ".test." in file}
    without = {module for module in page_modules() if stem(module) not in tested}

    assert without == set(PAGE_TESTED_BY), "write x.test.ts beside x.ts, or correct PAGE_TESTED_BY"


@pytest.mark.parametrize("entry", PAGE_TESTED_BY.values(), ids=PAGE_TESTED_BY)
def test_what_is_listed_of_the_page_is_there_with_its_reason(entry):
    place, _, reason = entry.partition(": ")

    assert (PAGE / place).is_file(), f"{place} is gone: name what tests it now"
    assert reason


def test_no_test_of_the_page_has_outlived_its_source():
    known = {stem(module) for module in page_modules()}
    without = {file for file in page_files() if ".test." in file and subject(file) not in known}

    assert without == set(PAGE_SEVERAL), "rename or remove it, or list it in PAGE_SEVERAL"
