"""Somebody at a chat's socket, who counts what AWS would charge for each frame."""

import json
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
)
from websockets.sync.client import ClientConnection, connect

from fireside.handlers.handshake import INVITE_PREFIX, SUBPROTOCOL

Frame = dict[str, Any]

METERED_BYTES = 32 * 1024
"""What API Gateway counts as one message."""

ANSWER_SECONDS = 10.0
"""Longer than a cold start, and than any answer may take."""

OPENED = 101
"""What a door answers that opens."""

_OPEN_SECONDS = 20.0


class Wrong(Exception):  # noqa: N818 - it says what is so
    """The chat did not do what it should."""


class Enough(Exception):  # noqa: N818 - the same
    """One more frame would cost more than was allowed."""


@dataclass(slots=True)
class Meter:
    """Counts messages as they are billed, and stops before there are too many."""

    most: int
    messages: int = 0
    minutes: float = 0.0

    def count(self, size: int) -> None:
        """Count a frame of `size` bytes.

        Raises:
            Enough: It may not be sent any more.
        """
        metered = max(1, math.ceil(size / METERED_BYTES))
        if self.messages + metered > self.most:
            raise Enough(f"{self.messages:,} messages were counted, and {self.most:,} are allowed")
        self.messages += metered


@dataclass(frozen=True, slots=True)
class Target:
    """A chat: where its socket is, and what opens its door."""

    url: str
    invite: str | None = field(default=None, repr=False)
    meter: Meter = field(default_factory=lambda: Meter(100_000))

    def enter(self, username: str, **options: Any) -> "Client":  # noqa: ANN401 - of `connect`
        """Come in.

        Raises:
            Wrong: The door stays shut.
        """
        try:
            return Client(self._door(username, self.invite, **options), self.meter)
        except InvalidStatus as refusal:
            status = refusal.response.status_code
            raise Wrong(f"{username} was refused with HTTP {status}{_hint(status)}") from refusal
        except (InvalidHandshake, InvalidURI, OSError, EOFError) as cause:
            raise Wrong(f"no connection to the socket ({type(cause).__name__}: {cause})") from cause

    def status(
        self,
        username: str | None,
        *,
        invite: str | None,
        **options: Any,  # noqa: ANN401 - of `connect`
    ) -> int:
        """Knock, and tell with which HTTP status the door answers: 101 opens it."""
        try:
            with self._door(username, invite, **options):
                return OPENED
        except InvalidStatus as refusal:
            return refusal.response.status_code
        except (InvalidHandshake, OSError, EOFError) as cause:
            raise Wrong(f"no answer from the door ({type(cause).__name__}: {cause})") from cause

    def _door(self, username: str | None, invite: str | None, **options: Any) -> ClientConnection:  # noqa: ANN401 - the same
        query = "" if username is None else "?" + urlencode({"username": username})
        offered = [SUBPROTOCOL, *([] if invite is None else [INVITE_PREFIX + invite])]
        return connect(
            self.url + query,
            **{"subprotocols": offered, "compression": None, "open_timeout": _OPEN_SECONDS}
            | options,
        )


class Client:
    """One connection. What is not the answer to a request is kept as a push."""

    def __init__(self, door: ClientConnection, meter: Meter) -> None:
        self._door = door
        self.socket = door.__enter__()
        self.pushes: list[Frame] = []
        self._meter = meter
        self._since = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._door.__exit__(None, None, None)
        self._meter.minutes += (time.monotonic() - self._since) / 60

    def ask(self, action: str, **fields: object) -> Frame:
        """Send a request, and return the one answer that repeats its id.

        Raises:
            Wrong: There is none in time, or the connection ends.
        """
        request = secrets.token_hex(8)
        self.send(json.dumps({"action": action, "id": request} | fields, ensure_ascii=False))
        return self._wait(lambda frame: frame.get("id") == request, f"an answer to {action}")

    def hello(self, **fields: object) -> Frame:
        """Introduce a client that knows the whole protocol."""
        return self.must("hello", "hello", v=1, **fields)

    def must(self, action: str, kind: str, **fields: object) -> Frame:
        """Send a request that is to be answered by a frame of that type.

        Raises:
            Wrong: It is answered by another, or by none.
        """
        frame = self.ask(action, **fields)
        if frame.get("type") != kind:
            raise Wrong(f"{action} was answered by {brief(frame)}, not by {kind}")
        return frame

    def told(self, matches: Callable[[Frame], bool], what: str) -> Frame:
        """Wait for a push.

        Raises:
            Wrong: It does not come in time, or the connection ends.
        """
        for frame in self.pushes:
            if matches(frame):
                return frame
        frame = self._wait(matches, what)
        self.pushes.append(frame)
        return frame

    def answer(self, text: str, what: str) -> Frame:
        """Send anything, and return the next frame without an id."""
        self.send(text)
        return self._wait(lambda frame: "id" not in frame and frame.get("type") == "error", what)

    def send(self, text: str | bytes | list[str], *, as_text: bool | None = None) -> None:
        """Send a frame, or a list as one message in pieces.

        Raises:
            Enough: It would cost too much.
            Wrong: The connection has ended.
        """
        size = sum(map(_size, text)) if isinstance(text, list) else _size(text)
        self._meter.count(size)
        try:
            self.socket.send(text, text=as_text)
        except ConnectionClosed as closed:
            raise Wrong(f"the connection ended before we sent ({_why(closed)})") from closed

    def close_code(self) -> int:
        """Wait until the other side closes, and tell its code.

        Raises:
            Wrong: It does not close.
        """
        until = time.monotonic() + ANSWER_SECONDS
        try:
            while time.monotonic() < until:
                self.socket.recv(max(0.0, until - time.monotonic()))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
        except TimeoutError:
            pass
        raise Wrong("the connection stayed open")

    def _wait(self, matches: Callable[[Frame], bool], what: str) -> Frame:
        until = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                text = self.socket.recv(max(0.0, until - time.monotonic()))
            except TimeoutError as cause:
                raise Wrong(f"{what} did not come within {ANSWER_SECONDS:g} s") from cause
            except ConnectionClosed as closed:
                raise Wrong(f"the connection ended before {what} ({_why(closed)})") from closed
            self._meter.count(_size(text))
            frame = _frame(text)
            if matches(frame):
                return frame
            self.pushes.append(frame)


def brief(frame: Frame) -> str:
    """Name a frame without what anybody said in it."""
    named = {key: frame[key] for key in ("type", "code", "field") if key in frame}
    return json.dumps(named or sorted(frame))


def _frame(text: str | bytes) -> Frame:
    try:
        frame = json.loads(text)
    except ValueError as cause:
        raise Wrong("a frame came that is not JSON") from cause
    if not isinstance(frame, dict):
        raise Wrong("a frame came that is no JSON object")
    return frame


def _size(text: str | bytes) -> int:
    return len(text.encode(errors="replace") if isinstance(text, str) else text)


def _why(closed: ConnectionClosed) -> str:
    return f"close code {closed.rcvd.code}" if closed.rcvd else "without a close"


def _hint(status: int) -> str:
    """Say what the usual statuses of a door mean."""
    match status:
        case 401:
            return (
                ": API Gateway asked no function, as the name or CloudFront's header was missing; "
                "see `What was not tried` in docs/tutorial/deploy.md"
            )
        case 403:
            return ": is the invite right? Give its link with --invite"
        case 429:
            return ": the brake is on, or the throttle is too low; `fireside status` tells"
        case 500 | 502 | 504:
            return ": a function failed; `fireside logs` tells"
        case _:
            return ""
