"""The payload that `chat` passes to `fanout`: a frame, and the connections to send it to."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

VERSION = 1


class Payload(NamedTuple):
    """A frame and the connections to post it to."""

    ids: Sequence[str]
    data: bytes
    sent_at_ms: int


class NewerFormat(ValueError):  # noqa: N818 - it says what is so
    """A newer release wrote the payload, in a format this code does not know."""


def write(ids: Sequence[str], data: bytes, now_ms: int) -> bytes:
    """Return a payload as JSON. A newer format may add fields; one that changes any raises `v`."""
    payload = {"v": VERSION, "data": data.decode(), "ids": ids, "sentAtMs": now_ms}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def read(payload: Mapping[str, Any]) -> Payload:
    """Return the payload in an event.

    Raises:
        NewerFormat: Its version is unknown.
    """
    if payload["v"] > VERSION:
        raise NewerFormat("This payload has a newer format: deploy both functions together")
    return Payload(payload["ids"], payload["data"].encode(), payload["sentAtMs"])
