"""Each module has a test module of its name, or stands on a list that says what tests it.

`src/fireside/x/y.py` is tested by `tests/unit/x/test_y.py` or `tests/integration/x/test_y.py`;
the gateway's also by `tests/gateway/test_y.py`, whose files are named for what a client sees.
"""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE, TESTS = ROOT / "src", ROOT / "tests"
NO_MODULES = {"__init__.py", "__main__.py"}

TESTED_BY = {
    "fireside/adapters/dynamodb/boto.py": "contract/test_clients.py: both clients answer alike",
    "fireside/adapters/dynamodb/store.py": "contract/test_dynamodb.py: against DynamoDB Local",
    "fireside/adapters/http/boto.py": "integration/adapters/test_aws_clients.py: needs the SDK",
    "fireside/adapters/http/tls.py": "integration/adapters/http/test_pool.py: needs a TLS server",
    "fireside/adapters/memory.py": "contract/test_message_store.py: as every store",
    "fireside/adapters/outbound/boto.py": "integration/adapters/outbound/test_http.py: as ours",
    "fireside/adapters/outbound/posting.py": "integration/adapters/outbound/test_http.py: its base",
    "fireside/adapters/sqlite/lockfile.py": "contract/test_sqlite.py: needs another process",
    "fireside/adapters/sqlite/schema.py": "contract/test_sqlite.py: needs a file",
    "fireside/adapters/sqlite/store.py": "contract/test_sqlite.py: needs a file",
    "fireside/chat.py": "flow/test_history.py: the whole flow/ is about it",
    "fireside/cli/cloud_commands.py": "integration/cli/test_main.py: options of the command line",
    "fireside/cloud/cost/usage.py": "unit/cloud/cost/test_bill.py: what is counted is billed",
    "fireside/cloud/deploy/build.py": "integration/cloud/deploy/test_deploy.py: a step of it",
    "fireside/cloud/deploy/context.py": "integration/cloud/deploy/test_deploy.py: for tests",
    "fireside/cloud/deploy/export.py": "integration/cloud/deploy/test_destroy.py: before destroy",
    "fireside/cloud/deploy/invites.py": "integration/cloud/deploy/test_link.py: what a link holds",
    "fireside/cloud/deploy/logs.py": "integration/cloud/deploy/test_status_and_logs.py: both",
    "fireside/cloud/deploy/remedies.py": "integration/cloud/deploy/test_deploy.py: what fails",
    "fireside/cloud/deploy/session.py": "integration/cloud/deploy/test_deploy.py: opens stages",
    "fireside/cloud/deploy/status.py": "integration/cloud/deploy/test_status_and_logs.py: both",
    "fireside/cloud/rehearse/load.py": "e2e/test_rehearse.py: needs a whole rehearsal",
    "fireside/cloud/rehearse/rehearse.py": "e2e/test_rehearse.py: needs a whole rehearsal",
    "fireside/cloud/rehearse/runner.py": "e2e/test_rehearse.py: needs a whole rehearsal",
    "fireside/cloud/sdk.py": "integration/cloud/deploy/test_account.py: needs the SDK",
    "fireside/cloud/verify/checks.py": "integration/cloud/verify/test_verify.py: needs a server",
    "fireside/cloud/verify/client.py": "integration/cloud/verify/test_verify.py: needs a server",
    "fireside/cloud/verify/message_checks.py": "integration/cloud/verify/test_verify.py: likewise",
    "fireside/cloud/verify/smoke.py": "integration/cloud/deploy/test_stage.py: the end of deploy",
    "fireside/handlers/router.py": "flow/test_bad_input.py: the whole flow/ goes through it",
    "fireside/server/data_folder.py": "integration/cli/test_main.py: what a server finds there",
    "fireside/server/isolated.py": "integration/server/test_isolated_handlers.py: starts those",
    "fireside/server/local.py": "e2e/test_crash.py: needs a whole server",
    "localgateway/functions/worker_process.py": "gateway/test_handlers.py: needs processes",
    "localgateway/net/server.py": "gateway/test_batches.py: the whole gateway/ is about it",
}
"""Modules without a test module of their name: the one to look into first, and why."""

SEVERAL = {
    "integration/cloud/deploy/test_status_and_logs.py": "status and logs ask one stage",
    "unit/test_generated_name_rule.py": "about a file that tools/ writes",
}
"""Test modules in unit/ and integration/ that have no source module of their name, and why."""


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
