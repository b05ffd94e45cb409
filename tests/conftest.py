"""Keep every test away from the developer's own settings, and let CI refuse skips."""

import logging
import os
import signal
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from fireside.cloud.rehearse import dynamodb_local
from tests.e2e.support.browser import HOW_TO_GET_IT, find_chromium

NO_SKIPS = os.environ.get("TEST_NO_SKIPS") == "1"
INFRA = Path(__file__).parent / "infra"
"""Its tests start Terraform again and again: `make test` leaves them to `make test-all`."""

LIVES = ("test_deploy.py", "test_terraform.py", "test_credentials.py")
"""Those of them with the longest tests: a whole life each, from the first plan to the end."""

OPTIONAL = "Optional: "
"""What a skip says that is fine even so: what it needs may be missing for good reasons."""

# Servers that tests start inherit the environment; a setting of yours must not reach them.
for name in [name for name in os.environ if name.startswith(("FIRESIDE_", "TEST_NO_SKIPS"))]:
    del os.environ[name]


# Nor may a `nohup` before yours: what it ignores is inherited too.
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# How long an example takes says something of the machine, and nothing of the code.
settings.register_profile("fireside", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fireside")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in [*filter(_is_of_infra, items), *_variations(items)]:
        item.add_marker(pytest.mark.long)
    items.sort(key=_place_in_the_queue)  # the rest stays in the order that chance gave it


def _place_in_the_queue(item: pytest.Item) -> tuple[bool, bool]:
    """Put what takes longest first, and infra/ in one stretch of it.

    A process is given a stretch of the queue, and others take over its end when they are done. So
    nobody waits for a life that began last, and what is applied for many tests is applied once.
    """
    is_of_infra = _is_of_infra(item)
    return not is_of_infra, not (is_of_infra and item.path.name in LIVES)


def _is_of_infra(item: pytest.Item) -> bool:
    return item.path.is_relative_to(INFRA)


def _variations(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return all but the first of each test that is marked so, in whatever order they come."""

    def place(item):
        return item.nodeid.partition("[")[0], *item.callspec.indices.values()

    marked = [
        item
        for item in items
        if item.get_closest_marker("variations") and not item.get_closest_marker("long")
    ]
    pairs = pairwise(sorted(marked, key=place))
    return [later for before, later in pairs if place(before)[0] == place(later)[0]]


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """Put the log back as it was: a program that a test runs in this process takes it over."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the browser's path, or skip with the way to get one."""
    found = find_chromium()
    if found is None:
        pytest.skip(HOW_TO_GET_IT)
    return found


@pytest.fixture(scope="session")
def dynamodb() -> Iterator[str]:
    """Start a DynamoDB Local for all tests of this process, or skip; give its address.

    Each access key has tables of its own there. To start one takes seconds of two cores.
    """
    try:
        dynamodb_local.require()
        with dynamodb_local.running(dynamodb_local.find(), start_seconds=120) as address:
            yield address
    except dynamodb_local.Missing as missing:
        pytest.skip(str(missing))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return _without_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return _without_skip((yield))


def _without_skip(report):
    """Turn a skip into a failure when TEST_NO_SKIPS=1: what CI skips, nobody has tested."""
    is_refused = not hasattr(report, "wasxfail") and OPTIONAL not in str(report.longrepr)
    if NO_SKIPS and report.skipped and is_refused:
        report.outcome = "failed"
        report.longrepr = f"Skipped, and TEST_NO_SKIPS=1 forbids it: {report.longrepr}"
    return report
