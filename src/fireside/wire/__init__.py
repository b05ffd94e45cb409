"""Converts events to JSON frames, as one reader may see them, and limits a frame's size."""

import json
from collections.abc import Iterable

from fireside.domain.events import (
    Acknowledged,
    AuditPage,
    Claimed,
    Closing,
    DeviceLinkMade,
    DeviceList,
    Event,
    Linked,
    MessageSent,
    Moderated,
    Page,
    Pong,
    RecoveryMade,
    Refused,
    Resumed,
    Welcome,
    You,
)
from fireside.domain.message import Message
from fireside.frames import ServerFrame
from fireside.wire import messages, people
from fireside.wire.times import timestamp

__all__ = ["LIMITS", "PAGE_BYTES", "encode", "fitting", "timestamp"]

PAGE_BYTES = messages.FRAME_BYTES - 4_000
"""Bytes for all messages of one frame; the rest is for the fields around them."""

LIMITS = messages.LIMITS


def encode(event: Event, *, reader: str | None = None, request_id: str | None = None) -> str:
    """Return an event as JSON as `reader` (a user id) may see it, with the id of its request."""
    frame = _frame(event, reader)
    if request_id is None:
        return _json(frame)
    return _json({"type": frame["type"], "id": request_id, **frame})


def fitting(
    found: Iterable[Message], reader: str, space: int = PAGE_BYTES
) -> tuple[list[Message], int]:
    """Return the first messages that fit into `space` bytes, and the bytes that are left."""
    fits = []
    for message in found:
        size = len(_json(messages.message(message, reader)).encode()) + len(",")
        if size > space:
            break
        fits.append(message)
        space -= size
    return fits, space


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _frame(event: Event, reader: str | None) -> ServerFrame:  # noqa: C901, PLR0911 - one per event
    match event:
        case MessageSent(message):
            return messages.message(message, reader)
        case Acknowledged():
            return messages.ack(event)
        case Page():
            return messages.history(event, reader)
        case Resumed():
            return messages.resumed(event, reader)
        case Welcome():
            return messages.hello(event, reader)
        case Pong():
            return messages.pong(event)
        case Refused(error):
            return messages.error(error)
        case Closing():
            return messages.closing(event)
        case You() | Claimed() | Linked() | RecoveryMade() | DeviceLinkMade() | DeviceList():
            return people.of_oneself(event)
        case Moderated() | AuditPage():
            return people.of_moderation(event)
