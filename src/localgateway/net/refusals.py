"""The log of refused clients: why, and from where, at most one line a second.

What is the API's own fault has a line a second of its own: no stranger can hide it.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import NamedTuple

log = logging.getLogger(__name__)

SECONDS = 1.0
"""Time between two lines: who knocks all the time must not fill the disk."""

LONGEST_REASON = 300
"""Characters of a reason: part of it may be a client's."""

_FAULTS = frozenset(
    {HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}
)
"""What the API's functions are to blame for: their answers, and how long they take."""


class _Refusal(NamedTuple):
    why: str
    address: str
    status: int
    connection_id: str


class RefusalLog:
    """Logs each refusal, or how many more there were since the last line."""

    def __init__(self) -> None:
        self._clients, self._faults = _Lines(logging.WARNING), _Lines(logging.ERROR)

    def note(self, why: str, address: str, status: int, connection_id: str = "") -> None:
        """Log a refusal, now or in the next line. The reason must hold no secret."""
        lines = self._faults if status in _FAULTS else self._clients
        lines.note(_Refusal(why[:LONGEST_REASON], address, status, connection_id))


class _Lines:
    """Logs one line a second, which names one refusal and counts the others."""

    def __init__(self, level: int) -> None:
        self._level = level
        self._skipped = 0
        self._last: _Refusal | None = None
        self._must_wait = False

    def note(self, refusal: _Refusal) -> None:
        if self._must_wait:
            self._skipped += self._last is not None
            self._last = refusal
        else:
            self._log(refusal)

    def _log(self, refusal: _Refusal) -> None:
        facts: dict[str, object] = {"address": refusal.address, "status": refusal.status}
        if refusal.connection_id:
            facts["connection"] = refusal.connection_id
        if self._skipped:
            facts["skipped"] = self._skipped
        log.log(self._level, "refused: %s", refusal.why, extra=facts)
        self._skipped, self._last, self._must_wait = 0, None, True
        asyncio.get_running_loop().call_later(SECONDS, self._go_on)

    def _go_on(self) -> None:
        self._must_wait = False
        if self._last is not None:
            self._log(self._last)
