"""The frames of a conversation, made of its events."""

from fireside.domain.commands.fields import MAX_ID
from fireside.domain.commands.messages import MAX_NONCE, MAX_PAGE, OLDEST
from fireside.domain.errors import ChatError
from fireside.domain.events import Acknowledged, Closing, Head, Page, Pong, Resumed, Welcome
from fireside.domain.message import MAX_TEXT, Message
from fireside.domain.names import MAX_NAME, MIN_NAME
from fireside.frames.messages import (
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
)
from fireside.wire.people import user
from fireside.wire.times import timestamp

FRAME_BYTES = 30_000
"""Bytes of the largest frame. Up to 32 KB, API Gateway sends one frame and bills one message."""

LIMITS: FixedLimits = {
    "textCharacters": MAX_TEXT,
    "usernameMinCharacters": MIN_NAME,
    "usernameMaxCharacters": MAX_NAME,
    "nonceCharacters": MAX_NONCE,
    "idCharacters": MAX_ID,
    "historyMessages": MAX_PAGE,
    "frameBytes": FRAME_BYTES,
}

FEATURES = ["history", "resume", "claim", "moderation"]


def message(message: Message, reader: str | None) -> MessageFrame:
    """Return a message as `reader` (a user id) may see it."""
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
    if message.is_unclaimed:
        frame["unclaimed"] = True
    if message.user_id == reader:
        frame["nonce"] = message.nonce
    return frame


def ack(event: Acknowledged) -> AckFrame:
    """Return the acknowledgement of a message."""
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


def history(page: Page, reader: str | None) -> HistoryFrame:
    """Return a page of a log."""
    return {
        "type": "history",
        "room": page.room,
        "epoch": page.epoch,
        "messages": [message(one, reader) for one in page.messages],
        "prev": page.prev,
        "next": page.next,
        "order": "newest-first" if page.newest_first else "oldest-first",
    }


def resumed(event: Resumed, reader: str | None) -> ResumedFrame:
    """Return what was missed."""
    return {
        "type": "resumed",
        "room": event.room,
        "epoch": event.epoch,
        "from": event.start,
        "to": event.end,
        "events": [message(one, reader) for one in event.messages],
        "more": event.more,
        "reset": event.reset,
    }


def hello(event: Welcome, reader: str | None) -> HelloFrame:
    """Return the answer to a hello."""
    return {
        "type": "hello",
        "v": event.version,
        "min": OLDEST,
        "user": user(event.user),
        "place": {"names": "open" if event.is_open else "claimed"},
        "rooms": [_room(head) for head in event.heads],
        "limits": {
            **LIMITS,
            "pingSeconds": event.ping_seconds,
            "lifetimeSeconds": event.lifetime_seconds,
        },
        "features": FEATURES,
        "serverTime": timestamp(event.now_ms),
        "resumed": [resumed(missed, reader) for missed in event.resumed],
    }


def _room(head: Head) -> Room:
    return {"room": head.room, "epoch": head.epoch, "head": head.seq}


def pong(event: Pong) -> PongFrame:
    """Return the answer to a ping."""
    return {
        "type": "pong",
        "heads": {head.room: head.seq for head in event.heads},
        "epoch": {head.room: head.epoch for head in event.heads},
        "serverTime": timestamp(event.now_ms),
    }


def error(error: ChatError) -> ErrorFrame:
    """Return an error."""
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


def closing(event: Closing) -> ClosingFrame:
    """Return the last frame before a close."""
    frame: ClosingFrame = {"type": "closing", "reason": event.reason, "again": event.again}
    if event.retry_after_ms is not None:
        frame["retryAfterMs"] = event.retry_after_ms
    return frame
