"""What anybody can see of a chat from outside: its door, its frames, its limits.

Each trial takes a chat, returns what it saw, and raises `Wrong` when that should not be so.
The rows are those of docs/reference/gateway-rows.md.
"""

import contextlib
import http.client
import json
import secrets
import ssl
from urllib.parse import urlsplit

from fireside.cloud.verify.client import Client, Target, Wrong, brief

REFUSED = {401, 403}
PERSON = "verify-1"
OTHER = "verify-2"

FRAME_BYTES = 32 * 1024
MESSAGE_BYTES = 128 * 1024

_ELSEWHERE = "https://elsewhere.example"
_SECONDS = 20
_CLOSES_FOR_SIZE = 1009
_UPGRADE_REQUIRED = 426
_DEEP = 10_000


class NotTried(Exception):  # noqa: N818 - it says what is so
    """There was nothing to try here; the sentence says why."""


# --- The door ----------------------------------------------------------------------------------


def a_plain_get_is_told_to_upgrade(target: Target) -> str:
    """Ask for the socket's address as a page: row 6."""
    url = urlsplit(target.url)
    if url.scheme == "wss":
        context = ssl.create_default_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            url.hostname or "", url.port, timeout=_SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=_SECONDS)
    with contextlib.closing(connection):
        try:
            connection.request("GET", url.path)
            status = connection.getresponse().status
        except OSError as cause:
            raise Wrong(f"no answer ({type(cause).__name__})") from cause
    if status not in {_UPGRADE_REQUIRED, *REFUSED}:  # CloudFront may refuse it first
        raise Wrong(f"HTTP {status}, not {_UPGRADE_REQUIRED}")
    return f"HTTP {status}"


def nobody_enters_without_an_invite(target: Target) -> str:
    """Knock without an invite, and with a wrong one: rows 42 and 43."""
    if target.invite is None:
        raise NotTried("no invite was given, so the place is taken to be open")
    without = target.status(PERSON, invite=None)
    wrong = target.status(PERSON, invite=secrets.token_urlsafe(16))
    for said, status in (("without an invite", without), ("with a wrong one", wrong)):
        if status not in REFUSED:
            raise Wrong(f"HTTP {status} {said}, not 401 or 403")
    return f"HTTP {without} without, {wrong} with a wrong one"


def nobody_enters_without_a_proper_name(target: Target) -> str:
    """Knock without a name, and with one that nobody may have: rows 42 and 43."""
    nameless = target.status(None, invite=target.invite)
    improper = target.status("no\nline", invite=target.invite)
    for said, status in (("without a name", nameless), ("with a line break in it", improper)):
        if status not in REFUSED:
            raise Wrong(f"HTTP {status} {said}, not 401 or 403")
    return f"HTTP {nameless} without, {improper} with a line break in it"


def pages_from_elsewhere_are_refused(target: Target) -> str:
    """Knock as a strange page would."""
    status = target.status(PERSON, invite=target.invite, origin=_ELSEWHERE)
    if status not in REFUSED:
        raise Wrong(f"HTTP {status} to {_ELSEWHERE}, not 401 or 403")
    return f"HTTP {status}"


def the_subprotocol_is_agreed_on_without_the_invite(target: Target) -> str:
    """Offer the protocol and the invite; the protocol alone comes back: row 7."""
    with target.enter(PERSON) as person:
        agreed = person.socket.subprotocol
    if agreed != "fireside.v1":
        raise Wrong("something else was agreed on" if agreed else "none was agreed on")
    return agreed


def compression_is_not_agreed_on(target: Target) -> str:
    """Offer compression: row 10."""
    with target.enter(PERSON, compression="deflate") as person:
        response = person.socket.response
        found = response.headers.get("Sec-WebSocket-Extensions") if response else None
    if found:
        raise Wrong(f"{found} was agreed on")
    return "refused"


# --- Frames ------------------------------------------------------------------------------------


def hello_tells_who_and_where_one_is(target: Target) -> str:
    """Say hello, and read what the page needs to begin."""
    with target.enter(PERSON) as person:
        welcome = person.hello()
    rooms = [room.get("room") for room in welcome.get("rooms", [])]
    if welcome.get("user", {}).get("username") != PERSON or "general" not in rooms:
        raise Wrong("the welcome is for somebody else, or to no room")
    seconds = welcome.get("limits", {}).get("pingSeconds")
    if not isinstance(seconds, int):
        raise Wrong("the welcome has no limits.pingSeconds")
    return f"ping each {seconds} s"


def ping_tells_where_the_rooms_end(target: Target) -> str:
    """Ping, and compare with what hello told."""
    with target.enter(PERSON) as person:
        welcome, pong = person.hello(), person.must("ping", "pong")
    head = next(room["head"] for room in welcome["rooms"] if room["room"] == "general")
    if pong.get("heads", {}).get("general", -1) < head:
        raise Wrong("the pong's head is behind the welcome's")
    return "heads and epochs"


def bad_frames_are_answered_and_the_connection_stays(target: Target) -> str:
    """Send what is no frame of ours: rows 28 to 30."""
    bad = {
        "not JSON": "bad_json",
        '{"action":"ping","action":"ping"}': "bad_json",
        "[" * _DEEP: "bad_json",
        "[]": "bad_request",
        '{"action":"fly"}': "unsupported",
        '{"action":"sendMessage"}': "bad_request",
        '{"action":"sendMessage","message":" "}': "bad_request",
        json.dumps({"action": "sendMessage", "message": "x" * 1_001}): "too_long",
        '{"action":"hello","v":2}': "unsupported",
        '{"action":"getHistory","room":"nowhere"}': "not_found",
    }
    with target.enter(PERSON) as person:
        for text, code in bad.items():
            answer = person.answer(text, f"an error for {text[:40]}")
            if answer.get("code") != code:
                raise Wrong(f"{text[:40]} was answered by {brief(answer)}, not by {code}")
        person.must("ping", "pong")
    return f"{len(bad)} kinds"


# --- Limits ------------------------------------------------------------------------------------


def a_large_frame_is_taken(target: Target) -> str:
    """Send 32 KB in one frame, and 100 KB in pieces."""
    with target.enter(PERSON) as person:
        for size, pieces in ((FRAME_BYTES, 1), (100 * 1024, 4)):
            _pong(person, size, pieces)
    return "32 KB in one frame, 100 KB in four"


def a_larger_frame_closes(target: Target) -> str:
    """Send a byte more than 32 KB in one frame."""
    return _closes(target, "x" * (FRAME_BYTES + 1))


def a_larger_message_closes(target: Target) -> str:
    """Send more than 128 KB in pieces, each of which is small enough."""
    pieces = MESSAGE_BYTES // FRAME_BYTES + 1
    return _closes(target, ["x" * (FRAME_BYTES - 1)] * pieces)


def binary_closes(target: Target) -> str:
    """Send bytes."""
    return _closes(target, b"\x00", code=1003)


def what_is_not_utf8_closes(target: Target) -> str:
    """Send text that is none."""
    return _closes(target, b"\xff\xfe", code=1007, as_text=True)


def _pong(person: Client, size: int, pieces: int) -> None:
    """Have a ping of that size answered: fields that nobody knows are ignored."""
    bare = json.dumps({"action": "ping", "id": f"of-{size}", "pad": ""})
    text = bare[:-2] + "x" * (size - len(bare)) + '"}'
    step = -(-size // pieces)
    cut = [text[start : start + step] for start in range(0, size, step)]
    person.send(cut if pieces > 1 else text)
    answer = person.told(
        lambda frame: frame.get("id") == f"of-{size}", f"a pong for {size:,} bytes"
    )
    if answer.get("type") != "pong":
        raise Wrong(f"{size:,} bytes were answered by {brief(answer)}, not by a pong")


def _closes(
    target: Target,
    text: str | bytes | list[str],
    *,
    code: int = _CLOSES_FOR_SIZE,
    as_text: bool | None = None,
) -> str:
    """Send something, be closed with that code, and find the chat still there."""
    with target.enter(PERSON) as person:
        # It may close before all was sent.
        with contextlib.suppress(Wrong):
            person.send(text, as_text=as_text)
        found = person.close_code()
    if found != code:
        raise Wrong(f"closed with {found}, not {code}")
    with target.enter(OTHER) as other:
        other.must("ping", "pong")
    return f"close code {found}"
