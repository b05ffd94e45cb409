"""Checks that leave nothing in the room: the handshake, the frames, the limits.

Each check takes a chat, returns what it observed, and raises CheckFailed when the chat does not
behave as documented. The rows are those of docs/reference/gateway-rows.md.
"""

import contextlib
import http.client
import json
import secrets
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from fireside.cloud.verify.client import FRAME_BYTES, CheckFailed, Client, Frame, Target, describe
from fireside.domain.commands.messages import NEWEST
from fireside.domain.message import MAX_TEXT
from fireside.domain.names import LOBBY
from fireside.handlers.handshake import SUBPROTOCOL

REFUSED = {401, 403}
"""The statuses of a refused handshake: without an identity source, and by the authorizer."""

FIRST_USER, SECOND_USER, THIRD_USER = "verify-1", "Zoë verify-2", "Ada K verify-3"
"""A plain name, and two that have to be encoded in the query."""

MESSAGE_BYTES = 128 * 1024
"""API Gateway's limit of one message in several frames."""

_OTHER_ORIGIN = "https://elsewhere.example"
_TIMEOUT_SECONDS = 20
_MESSAGE_TOO_BIG, _UNSUPPORTED_DATA, _INVALID_DATA = 1009, 1003, 1007  # close codes, RFC 6455
_UPGRADE_REQUIRED, _BAD_REQUEST = 426, 400
_CLIENT_ERROR = range(400, 500)
_NESTING = 10_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What was observed where AWS's behaviour is not documented: for the report, no verdict."""

    found: str


class CheckSkipped(Exception):  # noqa: N818 - it says what happened
    """The check does not apply to this chat; the sentence says why."""


# --- The handshake -----------------------------------------------------------------------------


def a_plain_get_is_told_to_upgrade(target: Target) -> str | Seen:
    """Request the socket's URL without an upgrade: row 6."""
    url = urlsplit(target.url)
    if url.scheme == "wss":
        context = ssl.create_default_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            url.hostname or "", url.port, timeout=_TIMEOUT_SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection(
            url.hostname or "", url.port, timeout=_TIMEOUT_SECONDS
        )
    with contextlib.closing(connection):
        try:
            connection.request("GET", url.path)
            status = connection.getresponse().status
        except OSError as cause:
            raise CheckFailed(f"no answer ({type(cause).__name__})") from cause
    if status == _UPGRADE_REQUIRED:
        return f"HTTP {status}"
    if status in _CLIENT_ERROR:  # by CloudFront or the authorizer, which may come first
        return Seen(f"HTTP {status}, where API Gateway alone has {_UPGRADE_REQUIRED}")
    raise CheckFailed(f"HTTP {status}, not {_UPGRADE_REQUIRED}")


def a_handshake_without_an_invite_is_refused(target: Target) -> str:
    """Connect without an invite, and with a wrong one: rows 42 and 43."""
    if target.invite is None:
        raise CheckSkipped("no invite was given, so the chat is expected to need none")
    without = target.handshake_status(FIRST_USER, invite=None)
    wrong = target.handshake_status(FIRST_USER, invite=secrets.token_urlsafe(16))
    for how, status in (("without an invite", without), ("with a wrong one", wrong)):
        if status not in REFUSED:
            raise CheckFailed(f"HTTP {status} {how}, not 401 or 403")
    return f"HTTP {without} without, {wrong} with a wrong one"


def a_handshake_without_a_name_is_refused(target: Target) -> str:
    """Connect without a name: row 42."""
    status = target.handshake_status(None, invite=target.invite)
    if status not in REFUSED:
        raise CheckFailed(f"HTTP {status} without a name, not 401 or 403")
    return f"HTTP {status}"


def a_handshake_with_an_invalid_name_is_refused(target: Target) -> str:
    """Connect with a line break in the name: row 43. CloudFront may refuse it first."""
    status = target.handshake_status("no\nline", invite=target.invite)
    if status not in {_BAD_REQUEST, *REFUSED}:
        raise CheckFailed(f"HTTP {status} with a line break in the name, not 400, 401 or 403")
    return f"HTTP {status}"


def other_origins_are_refused(target: Target) -> str:
    """Connect as a page of another origin."""
    status = target.handshake_status(FIRST_USER, invite=target.invite, origin=_OTHER_ORIGIN)
    if status not in REFUSED:
        raise CheckFailed(f"HTTP {status} to {_OTHER_ORIGIN}, not 401 or 403")
    return f"HTTP {status}"


def the_subprotocol_is_agreed_and_the_invite_is_not_echoed(target: Target) -> str:
    """Offer the subprotocol and the invite; the server returns the subprotocol alone: row 7."""
    with target.connect(FIRST_USER) as client:
        agreed = client.socket.subprotocol
    if agreed != SUBPROTOCOL:
        raise CheckFailed(
            "another subprotocol was agreed" if agreed else "no subprotocol was agreed"
        )
    return agreed


def compression_is_not_negotiated(target: Target) -> str | Seen:
    """Offer compression: row 10."""
    with target.connect(FIRST_USER, compression="deflate") as client:
        response = client.socket.response
        found = response.headers.get("Sec-WebSocket-Extensions") if response else None
    return Seen(f"{found} was negotiated") if found else "refused"


# --- Frames ------------------------------------------------------------------------------------


def hello_returns_the_user_and_the_rooms(target: Target) -> str:
    """Send `hello`, and check what the page needs to start."""
    with target.connect(FIRST_USER) as client:
        hello = client.hello()
    rooms = [room.get("room") for room in hello.get("rooms", [])]
    require_name(hello, FIRST_USER)
    if LOBBY not in rooms:
        raise CheckFailed("hello has not the room")
    seconds = hello.get("limits", {}).get("pingSeconds")
    if not isinstance(seconds, int):
        raise CheckFailed("hello has no limits.pingSeconds")
    return f"ping every {seconds} s"


def names_arrive_as_they_were_sent(target: Target) -> str:
    """Connect with names that have a space or other letters, and compare them in `hello`."""
    for name in (SECOND_USER, THIRD_USER):
        with target.connect(name) as client:
            require_name(client.hello(), name)
    return f"{SECOND_USER}, {THIRD_USER}"


def require_name(hello: Frame, name: str) -> None:
    """Raise if `hello` calls the user by another name than the client did.

    Raises:
        CheckFailed: It does.
    """
    found = hello.get("user", {}).get("username")
    if found != name:
        raise CheckFailed(f"{name} arrived as {found}")


def ping_returns_the_heads_of_the_rooms(target: Target) -> str:
    """Send `ping`, and compare with the answer to `hello`."""
    with target.connect(FIRST_USER) as client:
        hello, pong = client.hello(), client.expect("ping", "pong")
    head = next(room["head"] for room in hello["rooms"] if room["room"] == LOBBY)
    if pong.get("heads", {}).get(LOBBY, -1) < head:
        raise CheckFailed("the head in pong is before the head in hello")
    return "heads and epochs"


def invalid_frames_get_errors_and_the_connection_stays_open(target: Target) -> str:
    """Send frames that are no command: rows 28 to 30."""
    invalid = {
        "not JSON": "bad_json",
        '{"action":"ping","action":"ping"}': "bad_json",
        "[]": "bad_request",
        '{"action":"fly"}': "unsupported",
        '{"action":"sendMessage"}': "bad_request",
        '{"action":"sendMessage","message":" "}': "bad_request",
        json.dumps({"action": "sendMessage", "message": "x" * (MAX_TEXT + 1)}): "too_long",
        json.dumps({"action": "hello", "v": NEWEST + 1}): "unsupported",
        '{"action":"getHistory","room":"nowhere"}': "not_found",
    }
    with target.connect(FIRST_USER) as client:
        for text, code in invalid.items():
            answer = client.send_invalid(text, f"an error for {text[:40]}")
            if answer.get("code") != code:
                raise CheckFailed(
                    f"{text[:40]} was answered with {describe(answer)}, not with {code}"
                )
        client.expect("ping", "pong")
    return f"{len(invalid)} kinds"


def a_deeply_nested_frame_harms_no_other_connection(target: Target) -> str | Seen:
    """Send JSON with 10,000 levels, which API Gateway reads too: row 28."""
    try:
        with target.connect(FIRST_USER) as client:
            client.send("[" * _NESTING)
            answer = describe(client.wait_for_push(lambda _frame: True, "an answer"))
    except CheckFailed as why:
        answer = str(why)
    _require_an_answer(target)
    return answer if "bad_json" in answer else Seen(answer)


# --- Limits ------------------------------------------------------------------------------------


def a_frame_of_32_kb_is_accepted(target: Target) -> str:
    """Send 32 KB in one frame, and 100 KB in four."""
    with target.connect(FIRST_USER) as client:
        for size, frames in ((FRAME_BYTES, 1), (100 * 1024, 4)):
            _ping_of(client, size, frames)
    return "32 KB in one frame, 100 KB in four"


def a_frame_above_32_kb_closes_the_connection(target: Target) -> str:
    """Send one byte above 32 KB in one frame."""
    return _closes(target, "x" * (FRAME_BYTES + 1))


def a_message_above_128_kb_closes_the_connection(target: Target) -> str:
    """Send more than 128 KB in frames that are small enough."""
    frames = MESSAGE_BYTES // FRAME_BYTES + 1
    return _closes(target, ["x" * (FRAME_BYTES - 1)] * frames)


def a_binary_frame_closes_the_connection(target: Target) -> str:
    """Send a binary frame."""
    return _closes(target, b"\x00", _UNSUPPORTED_DATA)


def invalid_utf8_closes_the_connection(target: Target) -> str | Seen:
    """Send a text frame that is not UTF-8."""
    try:
        code = _close_code(target, b"\xff\xfe", as_text=True)
        found = f"close code {code}"
    except CheckFailed as why:
        code, found = 0, str(why)
    _require_an_answer(target)
    return found if code == _INVALID_DATA else Seen(f"{found}, not close code {_INVALID_DATA}")


def _ping_of(client: Client, size: int, frames: int) -> None:
    """Send a ping of `size` bytes, in a field that the server ignores, and require its pong."""
    bare = json.dumps({"action": "ping", "id": f"of-{size}", "pad": ""})
    text = bare[:-2] + "x" * (size - len(bare)) + '"}'
    step = -(-size // frames)
    cut = [text[start : start + step] for start in range(0, size, step)]
    client.send(cut if frames > 1 else text)
    answer = client.wait_for_push(
        lambda frame: frame.get("id") == f"of-{size}", f"a pong for {size:,} bytes"
    )
    if answer.get("type") != "pong":
        raise CheckFailed(f"{size:,} bytes were answered with {describe(answer)}, not with a pong")


def _closes(target: Target, message: str | bytes | list[str], code: int = _MESSAGE_TOO_BIG) -> str:
    """Require that a message closes the connection with `code`, and that the chat still answers."""
    found = _close_code(target, message)
    if found != code:
        raise CheckFailed(f"closed with {found}, not {code}")
    _require_an_answer(target)
    return f"close code {found}"


def _close_code(
    target: Target, message: str | bytes | list[str], *, as_text: bool | None = None
) -> int:
    with target.connect(FIRST_USER) as client:
        # The server may close before everything is sent.
        with contextlib.suppress(CheckFailed):
            client.send(message, as_text=as_text)
        return client.close_code()


def _require_an_answer(target: Target) -> None:
    with target.connect(SECOND_USER) as other:
        other.expect("ping", "pong")
