"""What the page's benchmarks share: where the browser is, and somebody who talks a lot."""

import json
import os
import shutil
import sys

from websockets.sync.client import connect

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str:
    """Return the browser's path, or say how to get one."""
    named = os.environ.get("FIRESIDE_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        sys.exit("No Chromium: run `apt-get install chromium`, or set FIRESIDE_CHROMIUM")
    return found


class Talker:
    """Says one thing after another over a plain socket; each is acknowledged before the next."""

    def __init__(self, socket_url: str, name: str = "Bob") -> None:
        self._socket = connect(f"{socket_url}?username={name}")
        self._socket.send(json.dumps({"action": "hello", "v": 1}))
        self.seq = 0

    def says(self, text: str) -> int:
        """Say it and return its place in the room."""
        self._socket.send(json.dumps({"action": "sendMessage", "message": text}))
        while (frame := json.loads(self._socket.recv(timeout=10)))["type"] != "ack":
            pass
        self.seq = frame["seq"]
        return self.seq

    def close(self) -> None:
        self._socket.close()
