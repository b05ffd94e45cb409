"""A browser for the tests that need a real one, and people in it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
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

    def __init__(self, browser: Browser, name: str, **context: object) -> None:
        self.name = name
        self.context = browser.new_context(**context)
        self.page: Page = self.context.new_page()
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("request", self._request)
        self._origin = ""

    def opens(self, address: str) -> "Person":
        self._origin = address
        self.page.goto(address)
        return self

    def joins(self, address: str) -> "Person":
        self.opens(address)
        self.page.get_by_label("Your name").fill(self.name)
        self.page.get_by_role("button", name="Join the conversation").click()
        expect(self.composer).to_be_visible()
        return self

    def says(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    def sees(self, text: str, *, times: int = 1) -> None:
        expect(self.log.get_by_text(text, exact=True)).to_have_count(times)

    @property
    def composer(self):
        return self.page.get_by_role("textbox", name="Message")

    @property
    def log(self):
        return self.page.get_by_role("log")

    def _console(self, message) -> None:
        # A socket that is refused or cut is an error to the browser and daily life to a chat.
        if (
            message.type == "error"
            and "WebSocket" not in message.text
            and ("ERR_CONNECTION_REFUSED" not in message.text)
        ):
            self.wrong.append(message.text)

    def _request(self, request) -> None:
        if not request.url.startswith((self._origin, "data:")):
            self.wrong.append(f"a request to elsewhere: {request.url}")


@pytest.fixture
def person(browser: Browser) -> Iterator[object]:
    """Give people their browsers; afterwards nothing may have gone wrong in any."""
    people: list[Person] = []

    def make(name: str, **context: object) -> Person:
        people.append(Person(browser, name, **context))
        return people[-1]

    yield make
    wrong = {person.name: person.wrong for person in people if person.wrong}
    for person in people:
        person.context.close()
    assert wrong == {}
