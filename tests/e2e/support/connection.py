"""How the connection is, as the page says it and as its sockets show it."""

import json

WATCH_STATUS = """() => {
  window.flickers = [];
  new MutationObserver(() => {
    const text = document.body.textContent;
    if (/Reconnecting|Connection lost|Disconnected/.test(text)) window.flickers.push(text);
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}"""

WATCH_TRIES = """window.tries = [];
window.failures = [];
const failed = () => window.failures.push(Date.now());
const ask = window.fetch;
window.fetch = (...asked) => ask(...asked).catch(cause => { failed(); throw cause; });
window.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args);
    if (window.tries.length === 0) this.addEventListener("close", failed);
    window.tries.push(Date.now());
  }
};"""


BACK_MS = 120_000
"""For a page to be back by itself: it may have tried in vain for 3, then 6, 12 and 24 seconds."""


def status_of(person):
    return person.page.locator("small:visible", has=person.page.locator(".dot"))


def open_sockets(person) -> list:
    """Collect the sockets that the page opens; to be called before it does."""
    sockets: list = []

    def remember(opened) -> None:
        sockets.append(opened)

    person.page.on("websocket", remember)
    return sockets


def watch_tries(person) -> None:
    """Note in the page itself when it tries to open a socket; to be called before it does.

    Beside it, when it lost its first connection, and when a request had no answer.
    """
    person.page.add_init_script(WATCH_TRIES)


def tries_in_time(person, milliseconds: int) -> int:
    """Let the page's time pass; return how often it has tried by then. Its clock is installed."""
    person.page.clock.run_for(milliseconds)
    person.is_answered()
    # What it would have asked the server before a try is answered before this is.
    person.page.evaluate("fetch('/config.json', { cache: 'no-store' }).catch(() => {})")
    tries: int = person.page.evaluate("window.tries.length")
    return tries


def frames_heard(person) -> list[list[str]]:
    """Collect the types of what each socket hears; to be called before the page opens one."""
    sockets: list[list[str]] = []

    def listen(opened) -> None:
        types: list[str] = []
        sockets.append(types)
        opened.on("framereceived", lambda frame: types.append(json.loads(frame).get("type")))

    person.page.on("websocket", listen)
    return sockets


def wait_until(person, is_so) -> None:
    """Wait until something is so, and leave the page's clock alone."""
    while not is_so():
        person.page.wait_for_timeout(20)


def stop_the_clock(person) -> None:
    """Let the page's time stand still, some seconds from now: it can't be stopped in the past."""
    person.page.clock.pause_at(person.page.evaluate("Date.now() / 1_000") + 5)  # in seconds


def turn_on_until(person, is_so, *, most_seconds: int = 60) -> None:
    """Turn the page's clock on, second by second, until something is so.

    It waits for the answers to what the page has asked: their time is not the page's.
    """
    for _ in range(most_seconds):
        person.page.clock.run_for(1_000)
        person.is_answered()
        if is_so():
            return
    raise AssertionError(f"not so after {most_seconds} s")
