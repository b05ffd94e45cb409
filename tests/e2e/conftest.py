"""A browser for the tests that need a real one, and people in it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    TimeoutError,  # noqa: A004 - Playwright's, which is no kind of Python's
    expect,
    sync_playwright,
)

from fireside.entrypoints import dynamodb_local
from tests.e2e.support.dynamodb_tables import Tables
from tests.e2e.support.places import OnOneMachine, Place, Rehearsed, adds_something
from tests.e2e.support.server_process import (
    MODES,
    REHEARSED,
    Mode,
    Running,
    serving,
    skip_without_dynamodb_local,
)

expect.set_options(timeout=15_000)
"""For what is to be seen, in ms: two browsers and a rehearsal may share a slow machine."""

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # A name that is not loopback, so that its pages are no secure context: as on a home network.
    "--host-resolver-rules=MAP fireside.lan 127.0.0.1",
)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Start the system's Chromium; without the network of its own that it would like."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield browser
        browser.close()


class Person:
    """Somebody with a browser of their own. Whatever goes wrong on the page is kept."""

    def __init__(self, name: str, context: BrowserContext, wrong: list[str]) -> None:
        self.name = name
        self.context = context
        self.page: Page = context.new_page()
        self.wrong = wrong
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("request", self._request)
        self._origin = ""

    def another_tab(self) -> "Person":
        """Open a second page of the same browser: they share what the device keeps."""
        return Person(self.name, self.context, self.wrong)

    def opens(self, address: str) -> "Person":
        self._origin = address.partition("/#")[0]
        self.page.goto(address)
        return self

    def joins(self, address: str) -> "Person":
        self.opens(address)
        self.page.get_by_label("Your name").fill(self.name)
        self.page.get_by_role("button", name="Join the conversation").click()
        return self.is_inside()

    def is_inside(self) -> "Person":
        """Wait until the room is shown and nothing of it is being loaded.

        Whoever has seen it before is shown it before the server has said hello.
        """
        expect(self.composer).to_be_visible()
        expect(self.log.get_by_text("Loading messages…")).to_have_count(0)
        return self

    def says(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    def sends(self, text: str) -> None:
        """Write and press the button, which works on touch too; Enter breaks the line there."""
        self.composer.fill(text)
        self.presses("Send")

    def sees(self, text: str, *, times: int = 1) -> None:
        expect(self.log.get_by_text(text, exact=True)).to_have_count(times)

    def looks_away(self, *, away: bool = True) -> None:
        """Turn to another tab, or back; a browser without a screen never does by itself."""
        self.page.evaluate(
            """away => {
              const value = away ? "hidden" : "visible";
              Object.defineProperty(document, "visibilityState", {value, configurable: true});
              Object.defineProperty(document, "hidden", {value: away, configurable: true});
              document.dispatchEvent(new Event("visibilitychange"));
            }""",
            away,
        )

    def sees_the_loss(self) -> None:
        """Turn the page's clock on to where it says that the line is lost; the cut comes first."""
        expect(self.page.get_by_text("Reconnecting").first).to_be_attached()
        self.page.clock.run_for(5_500)
        expect(self.page.get_by_role("button", name="Retry now")).to_be_visible()

    def retries(self) -> None:
        """Press "Retry now", unless the page is back by itself before one can."""
        button = self.page.get_by_role("button", name="Retry now").locator("visible=true")
        with contextlib.suppress(TimeoutError):
            button.click(timeout=3_000)

    def reads_back(self) -> None:
        """Go to the very top until something older is there."""
        oldest = self.rows().first.get_attribute("data-seq")
        for _ in range(400):
            if oldest == "1":
                return
            self.log.evaluate("log => { log.scrollTop = 0; }")
            if self.rows().first.get_attribute("data-seq") != oldest:
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"nothing before {oldest} came")

    def presses(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).locator("visible=true").click()

    def row(self, text: str):
        return self.rows().filter(has=self.page.get_by_text(text, exact=True))

    def rows(self, state: str | None = None):
        return self.log.locator("li[data-state]" if state is None else f"li[data-state={state}]")

    @property
    def composer(self):
        return self.page.get_by_role("textbox", name="Message")

    @property
    def log(self):
        return self.page.get_by_role("log")

    def _console(self, message) -> None:
        # A socket that is refused or cut is an error to the browser and daily life to a chat.
        # And over plain http a browser says which headers it does not heed.
        expected = ("WebSocket", "net::ERR_", "Cross-Origin-Opener-Policy header has been ignored")
        if message.type == "error" and not any(words in message.text for words in expected):
            self.wrong.append(message.text)

    def _request(self, request) -> None:
        if not request.url.startswith((self._origin, "data:")):
            self.wrong.append(f"a request to elsewhere: {request.url}")


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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    dropped = [item for item in items if not adds_something(item)]
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=dropped)


@pytest.fixture(params=MODES.values(), ids=MODES)
def mode(request: pytest.FixtureRequest) -> Mode:
    """Say where handlers run; a test is asked in every mode, or in those that it names itself."""
    return request.param


@pytest.fixture(scope="session")
def dynamodb_of_all() -> Iterator[str]:
    """Start a DynamoDB Local for all who rehearse, or skip them."""
    skip_without_dynamodb_local()
    with dynamodb_local.running(dynamodb_local.find()) as address:
        yield address


@pytest.fixture(scope="session")
def rehearsal(
    dynamodb_of_all: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Tables, Running]]:
    """Rehearse once for all who neither end it nor ask for anything special."""
    tables = Tables(dynamodb_of_all)
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
    dynamodb = request.getfixturevalue("dynamodb_of_all")
    tables, running = request.getfixturevalue("rehearsal")
    yield Rehearsed(tmp_path / "data", dynamodb, tables, running)
    tables.forget()
