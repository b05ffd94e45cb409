"""WebKitGTK's MiniBrowser, through WebDriver, on a virtual screen.

https://www.w3.org/TR/webdriver2/
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.e2e.other_browsers.window import LONGEST_SECONDS, Actions
from tests.free_ports import free_port

PROGRAMS = ("WebKitWebDriver", "Xvfb")

RECORD_ERRORS = """(() => {
  const errors = window.recordedErrors = [];
  const record = what => errors.push(String(what));
  addEventListener("error", event => record(event.message));
  addEventListener("unhandledrejection", event => record(event.reason));
  const { error } = console;
  console.error = (...said) => { record(said.join(" ")); error(...said); };
})()"""
"""WebDriver can't read the console, so the page itself keeps what comes once it is loaded."""


@contextlib.contextmanager
def running(folder: Path) -> Iterator["WebKit"]:
    """Start a screen for windows of WebKit; end it when the block ends."""
    if not all(map(shutil.which, PROGRAMS)):
        pytest.skip("Optional: no WebKitGTK here: run `apt-get install webkit2gtk-driver xvfb`")
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as screen:
        try:
            assert screen.stdout
            yield WebKit(screen.stdout.readline().decode().strip(), folder)
        finally:
            screen.terminate()


class WebKit:
    """Starts a driver for each window, since a driver has one browser."""

    def __init__(self, screen: str, folder: Path) -> None:
        self._environ = os.environ | {
            "DISPLAY": f":{screen}",
            "GDK_BACKEND": "x11",
            "HOME": str(folder),
        }

    @contextlib.contextmanager
    def window(self) -> Iterator["WebKitWindow"]:
        """Open a window of a browser of its own."""
        port = free_port()
        process = subprocess.Popen(
            ["WebKitWebDriver", f"--port={port}"],
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(process, port)
            session = Session(port)
            try:
                yield WebKitWindow(session, session.send("GET", "/window"), [])
            finally:
                session.send("DELETE", "")
        finally:
            process.terminate()
            process.wait(LONGEST_SECONDS)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until the driver listens."""
    for _ in range(LONGEST_SECONDS * 20):
        assert process.poll() is None, "WebKitWebDriver did not start"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise AssertionError("WebKitWebDriver does not listen")


class WebKitWindow:
    """A window, and those opened from it; `windows` are all of them."""

    def __init__(self, session: "Session", handle: object, windows: list["WebKitWindow"]) -> None:
        self._session = session
        self._handle = handle
        self._windows = windows
        self._errors: list[str] = []
        windows.append(self)

    def goto(self, address: str) -> None:
        self._keep_errors()
        self._send("POST", "/url", url=address)
        self.evaluate(RECORD_ERRORS)

    def reload(self) -> None:
        self._keep_errors()
        self._send("POST", "/refresh")
        self.evaluate(RECORD_ERRORS)

    def evaluate(self, expression: str) -> object:
        script = f"return Promise.resolve({expression}).then(value => JSON.stringify([value]))"
        return json.loads(str(self._send("POST", "/execute/sync", script=script, args=[])))[0]

    def perform(self, actions: Actions) -> None:
        self._send("POST", "/actions", actions=actions)

    def another(self) -> "WebKitWindow":
        opened = self._send("POST", "/window/new", type="window")
        return WebKitWindow(self._session, opened["handle"], self._windows)

    def errors(self) -> list[str]:
        for window in self._windows:
            window._keep_errors()
        return [error for window in self._windows for error in window._errors]

    def _keep_errors(self) -> None:
        """Fetch what went wrong on the page, before another one is loaded."""
        self._errors += self.evaluate("(window.recordedErrors ?? []).splice(0)")

    def _send(self, method: str, path: str, **params: object):
        """Give a command to this window, which need not be the one that had the last."""
        if self._session.window != self._handle:
            self._session.send("POST", "/window", handle=self._handle)
            self._session.window = self._handle
        return self._session.send(method, path, **params)


class Session:
    """A running MiniBrowser; each command is one request, to the window that was chosen last."""

    def __init__(self, port: int) -> None:
        self.window: object = None
        self._port = port
        self._path = "/session"
        timeouts = {"script": LONGEST_SECONDS * 1_000}
        started = self.send("POST", "", capabilities={"alwaysMatch": {"timeouts": timeouts}})
        self._path = f"/session/{started['sessionId']}"

    def send(self, method: str, path: str, **params: object):
        """Give a command and return its value."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=LONGEST_SECONDS)
        with contextlib.closing(connection):
            body = json.dumps(params) if method == "POST" else None
            connection.request(method, self._path + path, body)
            answer = connection.getresponse()
            value = json.load(answer)["value"]
        assert answer.status == 200, (method, path, value)
        return value
