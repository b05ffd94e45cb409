"""Converts events to JSON frames, as one reader may see them, and limits a frame's size."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from fireside.domain.commands import MAX_ID, MAX_NONCE, MAX_PAGE, VERSION
from fireside.domain.errors import ChatError
from fireside.domain.events import (
    Acknowledged,
    Closing,
    Event,
    Head,
    MessageSent,
    Page,
    Pong,
    Refused,
    Resumed,
    Welcome,
)
from fireside.domain.message import MAX_TEXT, Message
from fireside.domain.names import MAX_NAME, MIN_NAME
from fireside.frames import (
    AckFrame,
    ClosingFrame,
    ErrorFrame,
    FixedLimits,
    HelloFrame,
    HistoryFrame,
    MessageFrame,
    PongFrame,
    ResumedFrame,
    Room,
    ServerFrame,
)

FRAME_BYTES = 30_000
"""Bytes of the largest frame. Up to 32 KB, API Gateway sends one frame and bills one message."""

PAGE_BYTES = FRAME_BYTES - 4_000
"""Bytes for all messages of one frame; the rest is for the fields around them."""

LIMITS: FixedLimits = {
    "textCharacters": MAX_TEXT,
    "usernameMinCharacters": MIN_NAME,
    "usernameMaxCharacters": MAX_NAME,
    "nonceCharacters": MAX_NONCE,
    "idCharacters": MAX_ID,
    "historyMessages": MAX_PAGE,
    "frameBytes": FRAME_BYTES,
}

FEATURES = ["history", "resume"]


def encode(event: Event, *, reader: str | None = None, request_id: str | None = None) -> str:
    """Return an event as JSON as `reader` (a user id) may see it, with the id of its request."""
    frame = _frame(event, reader)
    if request_id is None:
        return _json(frame)
    return _json({"type": frame["type"], "id": request_id, **frame})


def fitting(
    messages: Iterable[Message], reader: str, space: int = PAGE_BYTES
) -> tuple[list[Message], int]:
    """Return the first messages that fit into `space` bytes, and the bytes that are left."""
    fits = []
    for message in messages:
        size = len(_json(_message(message, reader)).encode()) + len(",")
        if size > space:
            break
        fits.append(message)
        space -= size
    return fits, space


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _frame(event: Event, reader: str | None) -> ServerFrame:  # noqa: PLR0911 - one per event
    match event:
        case MessageSent(message):
            return _message(message, reader)
        case Acknowledged():
            return _ack(event)
        case Page():
            return _history(event, reader)
        case Resumed():
            return _resumed(event, reader)
        case Welcome():
            return _hello(event, reader)
        case Pong():
            return _pong(event)
        case Refused(error):
            return _error(error)
        case Closing():
            return _closing(event)


def _message(message: Message, reader: str | None) -> MessageFrame:
    frame: MessageFrame = {
        "type": "message",
        "timestamp": timestamp(message.timestamp_ms),
        "username": message.username,
        "message": message.text,
        "messageId": message.message_id,
        "room": message.room,
        "seq": message.seq,
        "userId": message.user_id,
    }
    if message.reply_to is not None:
        frame["replyTo"] = message.reply_to
    if message.user_id == reader:
        frame["nonce"] = message.nonce
    return frame


def _ack(event: Acknowledged) -> AckFrame:
    message = event.message
    return {
        "type": "ack",
        "nonce": message.nonce,
        "messageId": message.message_id,
        "room": message.room,
        "seq": message.seq,
        "timestamp": timestamp(message.timestamp_ms),
        "duplicate": event.duplicate,
    }


def _history(page: Page, reader: str | None) -> HistoryFrame:
    return {
        "type": "history",
        "room": page.room,
        "epoch": page.epoch,
        "messages": [_message(message, reader) for message in page.messages],
        "prev": page.prev,
        "next": page.next,
        "order": "newest-first" if page.newest_first else "oldest-first",
    }


def _resumed(event: Resumed, reader: str | None) -> ResumedFrame:
    return {
        "type": "resumed",
        "room": event.room,
        "epoch": event.epoch,
        "from": event.start,
        "to": event.end,
        "events": [_message(message, reader) for message in event.messages],
        "more": event.more,
        "reset": event.reset,
    }


def _hello(event: Welcome, reader: str | None) -> HelloFrame:
    return {
        "type": "hello",
        "v": VERSION,
        "min": VERSION,
        "user": {"userId": event.user_id, "username": event.username},
        "rooms": [_room(head) for head in event.heads],
        "limits": {
            **LIMITS,
            "pingSeconds": event.ping_seconds,
            "lifetimeSeconds": event.lifetime_seconds,
        },
        "features": FEATURES,
        "serverTime": timestamp(event.now_ms),
        "resumed": [_resumed(missed, reader) for missed in event.resumed],
    }


def _room(head: Head) -> Room:
    return {"room": head.room, "epoch": head.epoch, "head": head.seq}


def _pong(event: Pong) -> PongFrame:
    return {
        "type": "pong",
        "heads": {head.room: head.seq for head in event.heads},
        "epoch": {head.room: head.epoch for head in event.heads},
        "serverTime": timestamp(event.now_ms),
    }


def _error(error: ChatError) -> ErrorFrame:
    frame: ErrorFrame = {
        "type": "error",
        "code": error.code,
        "message": error.text,
        "retryable": error.retryable,
    }
    if error.field is not None:
        frame["field"] = error.field
    if error.retry_after_ms is not None:
        frame["retryAfterMs"] = error.retry_after_ms
    return frame


def _closing(event: Closing) -> ClosingFrame:
    frame: ClosingFrame = {"type": "closing", "reason": event.reason, "again": event.again}
    if event.retry_after_ms is not None:
        frame["retryAfterMs"] = event.retry_after_ms
    return frame


def timestamp(epoch_ms: int) -> str:
    """Format a time as in RFC 3339, in UTC and with milliseconds."""
    seconds, milliseconds = divmod(epoch_ms, 1_000)
    return f"{_to_the_second(seconds)}.{milliseconds:03}Z"


@lru_cache(maxsize=64)
def _to_the_second(epoch_seconds: int) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
