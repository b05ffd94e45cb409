"""A person with a browser: what they do on the page, and what they see there."""

import contextlib
import json

from playwright.sync_api import (
    BrowserContext,
    Page,
    TimeoutError,  # noqa: A004 - Playwright's, which is no kind of Python's
    expect,
)

from tests.e2e.support.browser import LONGEST_MS


class Person:
    """A person with a browser of their own. What goes wrong on the page is kept."""

    def __init__(self, name: str, context: BrowserContext, wrong: list[str]) -> None:
        self.name = name
        self.context = context
        context.set_default_timeout(LONGEST_MS)
        self.page: Page = context.new_page()
        self.wrong = wrong
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("request", self._request)
        self._origin = ""
        self._unanswered: set[object] = set()
        self._sockets: list[set[object]] = []
        for event in ("requestfinished", "requestfailed"):
            self.page.on(event, self._answer)
        self.page.on("websocket", self._websocket)

    def another_tab(self) -> "Person":
        """Open a second page of the same browser: they share what the device keeps."""
        return Person(self.name, self.context, self.wrong)

    def returns_soon(self) -> "Person":
        """Let the page wait but a twentieth of the longest time before it tries to come back."""
        self.context.add_init_script("Math.random = () => 0.05")
        return self

    def opens(self, address: str) -> "Person":
        self._origin = address.partition("#")[0].rstrip("/")
        self.page.goto(address)
        return self

    def joins(self, address: str) -> "Person":
        self.opens(address)
        self.page.get_by_label("Your name").fill(self.name)
        self.page.get_by_role("button", name="Join the conversation").click()
        return self.is_inside()

    def is_inside(self) -> "Person":
        """Wait until the room is shown and nothing of it is being loaded.

        A page that has seen the room before shows it before the server has said hello.
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

    def is_answered(self) -> None:
        """Wait until all that the page asks the server is answered, or has failed."""
        self.page.wait_for_timeout(20)  # for a request to begin
        for _ in range(LONGEST_MS // 20):
            if not self._unanswered and not any(self._sockets):
                return
            self.page.wait_for_timeout(20)

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
        for _ in range(LONGEST_MS // 25):
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

    def _websocket(self, socket) -> None:
        """Take a socket for a request until it hears its first frame, and each frame with an id.

        None of them is one any more as soon as the socket is closed.
        """
        unanswered = {socket}
        self._sockets.append(unanswered)
        socket.on("framesent", lambda frame: unanswered.update(_ids(frame)))
        socket.on(
            "framereceived", lambda frame: unanswered.difference_update({socket, *_ids(frame)})
        )
        for event in ("socketerror", "close"):
            socket.on(event, lambda *_: unanswered.clear())

    def _answer(self, request) -> None:
        self._unanswered.discard(request)

    def _request(self, request) -> None:
        self._unanswered.add(request)
        if not request.url.startswith((self._origin, "data:")):
            self.wrong.append(f"a request to elsewhere: {request.url}")


def _ids(text) -> list[str]:
    """Return by which id a frame is answered, or answers, if by any."""
    found = json.loads(text)
    return [found["id"]] if isinstance(found, dict) and "id" in found else []
