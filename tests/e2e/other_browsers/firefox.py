"""Firefox, through WebDriver BiDi, which it speaks itself: Debian packages no geckodriver.

https://www.w3.org/TR/webdriver-bidi/
"""

import base64
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.e2e.other_browsers.window import LONGEST_SECONDS, Actions

PROGRAMS = ("firefox-esr", "firefox")
PORT_FILE = "WebDriverBiDiServer.json"
"""Where Firefox writes, into its profile, what it listens on."""

NO_NETWORK = {
    "proxyType": "manual",
    "httpProxy": "127.0.0.1:9",
    "sslProxy": "127.0.0.1:9",
    "noProxy": ["127.0.0.1", "localhost"],
}


@contextlib.contextmanager
def running(folder: Path) -> Iterator["Firefox"]:
    """Start Firefox with a profile of its own; end it when the block ends."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("Optional: no Firefox here: run `apt-get install firefox-esr`")
    command = [program, "--headless", "--no-remote", "--profile", str(folder)]
    process = subprocess.Popen(
        [*command, "--remote-debugging-port", "0"],
        env=os.environ | {"HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = _address(process, folder / PORT_FILE)
        with connect(f"{address}/session", open_timeout=LONGEST_SECONDS, max_size=None) as socket:
            session = Session(socket)
            session.send("session.new", capabilities={"alwaysMatch": {"proxy": NO_NETWORK}})
            session.send("session.subscribe", events=["log.entryAdded"])
            yield Firefox(session)
            session.send("browser.close")
        process.wait(LONGEST_SECONDS)
    finally:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[bytes], file: Path) -> str:
    """Wait until Firefox listens; return where."""
    for _ in range(LONGEST_SECONDS * 20):
        assert process.poll() is None, "Firefox did not start"
        with contextlib.suppress(FileNotFoundError, ValueError):  # it may be half written
            told = json.loads(file.read_text("utf-8"))
            return f"ws://{told['ws_host']}:{told['ws_port']}"
        time.sleep(0.05)
    raise AssertionError("Firefox does not listen")


class Firefox:
    """A running Firefox without a screen."""

    def __init__(self, session: "Session") -> None:
        self._session = session

    @contextlib.contextmanager
    def window(self) -> Iterator["FirefoxWindow"]:
        """Open a window in a user context of its own, which Firefox shows as a container."""
        user_context = self._session.send("browser.createUserContext")["userContext"]
        yield FirefoxWindow(self._session, user_context, [])
        self._session.send("browser.removeUserContext", userContext=user_context)


class FirefoxWindow:
    """A window, and those opened from it; `contexts` are of all of them."""

    def __init__(self, session: "Session", user_context: str, contexts: list[str]) -> None:
        self._session = session
        self._user_context = user_context
        self._contexts = contexts
        opened = session.send("browsingContext.create", type="window", userContext=user_context)
        self._context = opened["context"]
        contexts.append(self._context)

    def goto(self, address: str) -> None:
        self._send("browsingContext.navigate", url=address, wait="complete")

    def reload(self) -> None:
        self._send("browsingContext.reload", wait="complete")

    def evaluate(self, expression: str) -> object:
        answer = self._session.send(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then(value => JSON.stringify([value]))",
            target={"context": self._context},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])[0]

    def perform(self, actions: Actions) -> None:
        self._send("input.performActions", actions=actions)

    def another(self) -> "FirefoxWindow":
        return FirefoxWindow(self._session, self._user_context, self._contexts)

    def errors(self) -> list[str]:
        return self._session.errors(self._contexts)

    def colour_at(self, x: int, y: int) -> str:
        """Return what is painted there, as computed styles write it."""
        clip = {"type": "box", "x": x, "y": y, "width": 1, "height": 1}
        png = base64.b64decode(self._send("browsingContext.captureScreenshot", clip=clip)["data"])
        pixels = zlib.decompressobj().decompress(png.partition(b"IDAT")[2])
        _filter, red, green, blue, *_alpha = pixels
        return f"rgb({red}, {green}, {blue})"

    def _send(self, method: str, **params: object) -> dict:
        return self._session.send(method, context=self._context, **params)


class Session:
    """A connection over which one command at a time is given."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._logged: list[dict] = []

    def send(self, method: str, **params: object) -> dict:
        """Give a command and return its result; keep what is logged meanwhile."""
        command = next(self._ids)
        self._socket.send(json.dumps({"id": command, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=LONGEST_SECONDS))
            if message.get("method") == "log.entryAdded":
                self._logged.append(message["params"])
            elif message.get("id") == command:
                assert message["type"] == "success", (method, message)
                return message["result"]

    def errors(self, contexts: list[str]) -> list[str]:
        self.send("session.status")  # what was logged before comes before its answer
        return [
            str(entry["text"])
            for entry in self._logged
            if entry["level"] == "error" and entry["source"].get("context") in contexts
        ]
