"""The log of refused clients: why, and from where, at most one line a second."""

import asyncio
import logging
from http import HTTPStatus
from typing import NamedTuple

log = logging.getLogger(__name__)

SECONDS = 1.0
"""Time between two lines: who knocks all the time must not fill the disk."""

LONGEST_REASON = 300
"""Characters of a reason: part of it may be a client's."""


class _Refusal(NamedTuple):
    why: str
    address: str
    status: int


class RefusalLog:
    """Says each refusal, or how many more there were since the last line."""

    def __init__(self) -> None:
        self._unsaid = 0
        self._last: _Refusal | None = None
        self._is_resting = False

    def note(self, why: str, address: str, status: int) -> None:
        """Log a refusal, now or in the next line. The reason must hold no secret."""
        refusal = _Refusal(why[:LONGEST_REASON], address, status)
        if self._is_resting:
            self._unsaid += 1
            self._last = refusal
            return
        self._say(refusal)

    def _say(self, refusal: _Refusal, unsaid: int = 0) -> None:
        is_fault = refusal.status == HTTPStatus.INTERNAL_SERVER_ERROR
        facts: dict[str, object] = {"address": refusal.address, "status": refusal.status}
        if unsaid:
            facts["unsaid"] = unsaid
        log.log(
            logging.ERROR if is_fault else logging.WARNING, "refused: %s", refusal.why, extra=facts
        )
        self._is_resting = True
        asyncio.get_running_loop().call_later(SECONDS, self._rested)

    def _rested(self) -> None:
        self._is_resting = False
        if self._last is not None:
            last, unsaid = self._last, self._unsaid - 1
            self._last, self._unsaid = None, 0
            self._say(last, unsaid)
