"""A client of the documented protocol: sockets, JSON and SHA-256, and nothing of the chat's own."""

import base64
import hashlib
import itertools
import json
import secrets
import time
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

PATIENCE = 60
"""Seconds until a frame that must come is missed: a machine may be a busy one."""

QUIET = 0.5
"""Seconds in which nothing comes, where nothing must."""


class Device:
    """A device: a secret, and what the server knows of it."""

    def __init__(self):
        self.secret = secrets.token_urlsafe(32)
        digest = hashlib.sha256(self.secret.encode()).digest()
        self.id = base64.urlsafe_b64encode(digest).decode()[:22]


class Refused(Exception):  # noqa: N818 - it says what is so
    """The handshake was answered with another status than 101."""

    def __init__(self, status):
        super().__init__(f"HTTP {status}")
        self.status = status


class Rig:
    """A place, and how often each frame is sent that changes something."""

    def __init__(self, url, times=1):
        self.url = url
        self.times = times
        self.opened = []

    def open(self, name, device=None, user=None):
        """Connect as somebody.

        Raises:
            Refused: The server does not let them in.
        """
        query = {"username": name} | ({} if user is None else {"user": user})
        offered = None if device is None else ["fireside.v1", f"device.{device.secret}"]
        try:
            socket = connect(
                f"{self.url}?{urlencode(query)}",
                subprotocols=offered,
                proxy=None,
                open_timeout=PATIENCE,
                compression=None,
                legacy=True,  # not a context manager: `Rig.close` closes it
            )
        except InvalidStatus as refusal:
            raise Refused(refusal.response.status_code) from None
        assert socket.subprotocol == (None if device is None else "fireside.v1")
        one = Socket(socket, self.times)
        self.opened.append(one)
        return one

    def status(self, name, device=None, user=None):
        """Return the status with which a handshake is answered."""
        try:
            self.open(name, device, user)
        except Refused as refusal:
            return refusal.status
        return 101

    def close(self):
        for one in self.opened:
            one.socket.close()


class Socket:
    """One connection: what it sends, and what comes."""

    def __init__(self, socket, times):
        self.socket = socket
        self.times = times
        self.frames = []
        self._ids = itertools.count(1)

    def read(self, action, **fields):
        """Send a frame that changes nothing; return its answer."""
        return self._send(action, fields, 1)[0]

    def do(self, action, **fields):
        """Send a frame that changes something, as often as the rig says; return the answers."""
        return self._send(action, fields, self.times)

    def send(self, action, **fields):
        """Send a frame as `do` does, and wait for nothing."""
        wanted = str(next(self._ids))
        for _ in range(self.times):
            self.socket.send(json.dumps({"action": action, "id": wanted, **fields}))
        return wanted

    def answers(self, wanted):
        """Return the answers to a frame that was sent, as many as it was sent times."""
        return [
            self.wait(lambda one: one.get("id") == wanted, f"answer {wanted}")
            for _ in range(self.times)
        ]

    def told(self, kind):
        """Return the next push of a type."""
        return self.wait(lambda one: one["type"] == kind and "id" not in one, kind)

    def wait(self, matches, what):
        """Return the first frame that matches and was not waited for before."""
        until = time.monotonic() + PATIENCE
        while True:
            for frame in self.frames:
                if matches(frame):
                    self.frames.remove(frame)
                    return frame
            try:
                text = self.socket.recv(max(0.0, until - time.monotonic()))
            except (TimeoutError, ConnectionClosed) as cause:
                raise AssertionError(f"{what} did not come; there was {self.frames}") from cause
            self.frames.append(json.loads(text))

    def hears_nothing(self):
        """Return whether no frame comes in half a second."""
        try:
            self.frames.append(json.loads(self.socket.recv(QUIET)))
        except TimeoutError:
            return self.frames == []
        return False

    def is_closed(self):
        """Wait until the server has closed the connection; return whether it did."""
        until = time.monotonic() + PATIENCE
        try:
            while True:
                text = self.socket.recv(max(0.0, until - time.monotonic()))
                self.frames.append(json.loads(text))
        except ConnectionClosed:
            return True
        except TimeoutError:
            return False

    def _send(self, action, fields, times):
        wanted = str(next(self._ids))
        for _ in range(times):
            self.socket.send(json.dumps({"action": action, "id": wanted, **fields}))
        return [
            self.wait(lambda one: one.get("id") == wanted, f"the answer to {action}")
            for _ in range(times)
        ]
