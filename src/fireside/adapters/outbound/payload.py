"""What `chat` passes to `fanout`: something to say, and the connections to say it to."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

VERSION = 1


class HandOver(NamedTuple):
    """What is still to be said, and to whom."""

    ids: Sequence[str]
    data: bytes
    sent_at_ms: int


class LaterForm(ValueError):  # noqa: N818 - it says what is so
    """The hand-over was written by a later release, which means something else by it."""


def write(ids: Sequence[str], data: bytes, now_ms: int) -> bytes:
    """Write a hand-over. A later form may add fields; one that changes any has another `v`."""
    payload = {"v": VERSION, "data": data.decode(), "ids": ids, "sentAtMs": now_ms}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def read(payload: Mapping[str, Any]) -> HandOver:
    """Read a hand-over.

    Raises:
        LaterForm: Nothing can be done with it here.
    """
    if payload["v"] > VERSION:
        raise LaterForm("This hand-over has a later form: deploy both functions together")
    return HandOver(payload["ids"], payload["data"].encode(), payload["sentAtMs"])
