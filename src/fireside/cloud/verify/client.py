"""A WebSocket client of a chat, which counts the messages that AWS bills."""

import json
import math
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import quote, urlencode

from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
)
from websockets.sync.client import ClientConnection, connect

from fireside.handlers.handshake import INVITE_PREFIX, SUBPROTOCOL

Frame = dict[str, Any]

FRAME_BYTES = 32 * 1024
"""API Gateway's limit of one frame, and its unit of billing: each 32 KB are one message."""

ANSWER_SECONDS = 10.0
"""Timeout of an answer: longer than a cold start."""

_HANDSHAKE_SECONDS = 20.0

_PLAIN = re.compile("[A-Za-z0-9_-]*")
"""A name that is the same encoded."""


class CheckFailed(Exception):  # noqa: N818 - it says what happened
    """The chat does not behave as documented; the sentence says how."""


class BudgetExceeded(Exception):  # noqa: N818 - the same
    """The next frame would exceed the message budget."""


@dataclass(slots=True)
class MessageBudget:
    """Counts messages as AWS bills them, up to `max_messages`; `minutes` are connection minutes."""

    max_messages: int
    messages: int = 0
    minutes: float = 0.0

    def count(self, size: int) -> None:
        """Count a frame of `size` bytes.

        Raises:
            BudgetExceeded: It would be more than `max_messages`.
        """
        billed = max(1, math.ceil(size / FRAME_BYTES))
        if self.messages + billed > self.max_messages:
            raise BudgetExceeded(
                f"{self.messages:,} messages were counted, and {self.max_messages:,} are allowed"
            )
        self.messages += billed


@dataclass(frozen=True, slots=True)
class Target:
    """A chat: the URL of its socket, and its invite's secret; None for a chat that needs none."""

    url: str
    invite: str | None = field(default=None, repr=False)
    budget: MessageBudget = field(default_factory=lambda: MessageBudget(100_000))

    def connect(self, username: str, **options: Any) -> "Client":  # noqa: ANN401 - of `connect`
        """Return an open connection.

        Raises:
            CheckFailed: The handshake was refused, or the socket can't be reached.
        """
        try:
            return Client(self._handshake(username, self.invite, **options), self.budget)
        except InvalidStatus as refusal:
            status = refusal.response.status_code
            raise CheckFailed(
                f"{username} was refused with HTTP {status}{_hint(status, username)}"
            ) from refusal
        except (InvalidHandshake, InvalidURI, OSError, EOFError) as cause:
            raise CheckFailed(
                f"no connection to the socket ({type(cause).__name__}: {cause})"
            ) from cause

    def handshake_status(
        self,
        username: str | None,
        *,
        invite: str | None,
        **options: Any,  # noqa: ANN401 - of `connect`
    ) -> int:
        """Return the HTTP status of a handshake: 101 when it is accepted.

        Raises:
            CheckFailed: There is no answer.
        """
        try:
            with self._handshake(username, invite, **options):
                return HTTPStatus.SWITCHING_PROTOCOLS
        except InvalidStatus as refusal:
            return refusal.response.status_code
        except (InvalidHandshake, OSError, EOFError) as cause:
            raise CheckFailed(
                f"no answer to the handshake ({type(cause).__name__}: {cause})"
            ) from cause

    def _handshake(
        self,
        username: str | None,
        invite: str | None,
        **options: Any,  # noqa: ANN401 - the same
    ) -> ClientConnection:
        fields = {} if username is None else {"username": username}
        query = "?" + urlencode(fields, quote_via=quote) if fields else ""  # as the page: %20, no +
        offered = [SUBPROTOCOL, *([] if invite is None else [INVITE_PREFIX + invite])]
        return connect(
            self.url + query,
            **{"subprotocols": offered, "compression": None, "open_timeout": _HANDSHAKE_SECONDS}
            | options,
        )


class Client:
    """One connection. Frames that answer no request are kept in `pushes`."""

    def __init__(self, connection: ClientConnection, budget: MessageBudget) -> None:
        self._connection = connection
        self.socket = connection.__enter__()
        self.pushes: list[Frame] = []
        self._budget = budget
        self._since = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.__exit__(None, None, None)
        self._budget.minutes += (time.monotonic() - self._since) / 60

    def request(self, action: str, **fields: object) -> Frame:
        """Send a command, and return the answer that repeats its id.

        Raises:
            CheckFailed: There is no answer in time, or the connection ends.
        """
        request = secrets.token_hex(8)
        self.send(json.dumps({"action": action, "id": request} | fields, ensure_ascii=False))
        return self._wait(lambda frame: frame.get("id") == request, f"an answer to {action}")

    def hello(self, **fields: object) -> Frame:
        """Return the answer to `hello`, as a client that knows the whole protocol."""
        return self.expect("hello", "hello", v=1, **fields)

    def expect(self, action: str, kind: str, **fields: object) -> Frame:
        """Send a command, and return the answer, which must be of the type `kind`.

        Raises:
            CheckFailed: The answer has another type, or there is none.
        """
        frame = self.request(action, **fields)
        if frame.get("type") != kind:
            raise CheckFailed(f"{action} was answered with {describe(frame)}, not with {kind}")
        return frame

    def wait_for_push(self, matches: Callable[[Frame], bool], what: str) -> Frame:
        """Return the first push that matches; `what` names it in the error.

        Raises:
            CheckFailed: It does not arrive in time, or the connection ends.
        """
        for frame in self.pushes:
            if matches(frame):
                return frame
        frame = self._wait(matches, what)
        self.pushes.append(frame)
        return frame

    def send_invalid(self, text: str, what: str) -> Frame:
        """Send any text, and return the next error without an id; `what` names it in the error."""
        self.send(text)
        return self._wait(lambda frame: "id" not in frame and frame.get("type") == "error", what)

    def send(self, text: str | bytes | list[str], *, as_text: bool | None = None) -> None:
        """Send a frame, or a list as one message in several frames.

        Raises:
            BudgetExceeded: It would cost too much.
            CheckFailed: The connection has ended.
        """
        size = sum(map(_size, text)) if isinstance(text, list) else _size(text)
        self._budget.count(size)
        try:
            self.socket.send(text, text=as_text)
        except ConnectionClosed as closed:
            raise CheckFailed(
                f"the connection ended before the frame was sent ({_why(closed)})"
            ) from closed

    def close_code(self) -> int:
        """Wait until the other side closes the connection, and return the close code.

        Raises:
            CheckFailed: It stays open.
        """
        until = time.monotonic() + ANSWER_SECONDS
        try:
            while time.monotonic() < until:
                self.socket.recv(max(0.0, until - time.monotonic()))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
        except TimeoutError:
            pass
        raise CheckFailed("the connection stayed open")

    def _wait(self, matches: Callable[[Frame], bool], what: str) -> Frame:
        until = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                text = self.socket.recv(max(0.0, until - time.monotonic()))
            except TimeoutError as cause:
                raise CheckFailed(f"{what} did not arrive within {ANSWER_SECONDS:g} s") from cause
            except ConnectionClosed as closed:
                raise CheckFailed(
                    f"the connection ended before {what} ({_why(closed)})"
                ) from closed
            self._budget.count(_size(text))
            frame = _frame(text)
            if matches(frame):
                return frame
            self.pushes.append(frame)


def describe(frame: Frame) -> str:
    """Return what identifies a frame, without the text of any message."""
    named = {key: frame[key] for key in ("type", "code", "field") if key in frame}
    return json.dumps(named or sorted(frame))


def _frame(text: str | bytes) -> Frame:
    try:
        frame = json.loads(text)
    except ValueError as cause:
        raise CheckFailed("a frame arrived that is not JSON") from cause
    if not isinstance(frame, dict):
        raise CheckFailed("a frame arrived that is no JSON object")
    return frame


def _size(text: str | bytes) -> int:
    return len(text.encode(errors="replace") if isinstance(text, str) else text)


def _why(closed: ConnectionClosed) -> str:
    return f"close code {closed.rcvd.code}" if closed.rcvd else "without a close"


def _hint(status: int, username: str = "") -> str:
    """Return what a refused handshake's status usually means; empty when unknown."""
    match status:
        case 401:
            return (
                ": API Gateway called no function, as the name or CloudFront's header was missing; "
                "set origin_header_as_identity_source = false if it is true"
            )
        case 403:
            name = "" if _PLAIN.fullmatch(username) else " Or was the name not decoded on its way?"
            return f": is the invite right?{name} `fireside logs` says more"
        case 429:
            return ": the brake is on, or the throttle is too low; see `fireside status`"
        case 500 | 502 | 504:
            return ": a function failed; see `fireside logs`"
        case _:
            return ""
