"""A browser for the tests that need a real one, and people in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.support.browser import CHROMIUM_ARGUMENTS, LONGEST_MS
from tests.e2e.support.dynamodb_tables import Tables
from tests.e2e.support.person import Person
from tests.e2e.support.places import (
    OnOneMachine,
    Place,
    Rehearsed,
    adds_something,
    is_embedded,
    is_first_of_its_kind,
)
from tests.e2e.support.server_process import (
    MODES,
    REHEARSED,
    Mode,
    Running,
    serving,
)

HERE = Path(__file__).parent
TIMEOUT_SECONDS = 300
"""For a test that says nothing else: none takes so long but on a machine that is very busy."""

expect.set_options(timeout=LONGEST_MS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a mode adds nothing to, and mark what `make test` leaves out."""
    dropped = [item for item in items if not adds_something(item)]
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=dropped)
    for item in items:
        is_here = item.path.is_relative_to(HERE)
        if is_here:
            item.add_marker(pytest.mark.timeout(TIMEOUT_SECONDS), append=False)
        if not (is_first_of_its_kind(item) if is_here else is_embedded(item)):
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Start the system's Chromium; without the network of its own that it would like."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=list(CHROMIUM_ARGUMENTS), timeout=LONGEST_MS
        )
        yield browser
        browser.close()


@pytest.fixture
def person(browser: Browser) -> Iterator[object]:
    """Give people their browsers; afterwards nothing may have gone wrong in any."""
    people: list[Person] = []

    def make(name: str, **context: object) -> Person:
        people.append(Person(name, browser.new_context(**context), []))
        return people[-1]

    yield make
    wrong = {person.name: person.wrong for person in people if person.wrong}
    for person in people:
        person.context.close()
    assert wrong == {}


# --- Where people meet --------------------------------------------------------------------


@pytest.fixture(params=MODES.values(), ids=MODES)
def mode(request: pytest.FixtureRequest) -> Mode:
    """Return where handlers run; a test is run in every mode, or in those that it names itself."""
    return request.param


@pytest.fixture(scope="session")
def rehearsal(
    dynamodb: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Tables, Running]]:
    """Rehearse once for all who neither end it nor ask for anything special."""
    tables = Tables(dynamodb)
    folder = tmp_path_factory.mktemp("rehearsal")
    with serving(folder, *REHEARSED, program=tables.program) as running:
        yield tables, running
    tables.close()


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, mode: Mode) -> Iterator[Place]:
    """Give people an empty room to meet in; to be asked for before the people are."""
    if mode != REHEARSED:
        yield OnOneMachine(tmp_path / "data", mode)
        return
    dynamodb = request.getfixturevalue("dynamodb")
    tables, running = request.getfixturevalue("rehearsal")
    yield Rehearsed(tmp_path / "data", dynamodb, tables, running)
    tables.forget()
