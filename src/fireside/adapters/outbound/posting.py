"""Posts to many connections: what is sent again, who is gone, and what is only logged."""

import logging
import random
import time
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

log = logging.getLogger(__name__)

POST_SECONDS = 1.0
"""For one post. A half-open receiver can make AWS's answer hang for longer than that."""

BUDGET_SECONDS = 5.0
"""For everything that one `send` does."""

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0

UNSENT: Final = 0
"""In place of a status: it was never sent, or nobody read it."""

_GONE = 410
_THROTTLED = 429
_BROKEN = range(500, 600)
_FINE = range(200, 300)


Status = int | None
"""Of the answer to a post; None where there is none."""


class Chances(NamedTuple):
    """Time and chance, so that a test can do without."""

    epoch_seconds: Callable[[], float] = time.time
    wait: Callable[[float], None] = time.sleep
    share: Callable[[], float] = random.random


class Posted(NamedTuple):
    """What became of posts."""

    gone: set[str]
    """There is nobody any more."""

    left: list[str]
    """Never sent, or refused for now: to post to them again shows nothing twice."""


class Poster(Protocol):
    """Posts over @connections."""

    def post(
        self,
        connection_ids: Iterable[str],
        data: bytes,
        *,
        budget_seconds: float | None = None,
        post_seconds: float | None = None,
    ) -> Posted:
        """Send `data` to every connection, and tell what became of it."""


class Posting(ABC):
    """Sends to connections by id, until all is said or the time is up."""

    def __init__(
        self, *, post_seconds: float, budget_seconds: float, chances: Chances | None
    ) -> None:
        self._post_seconds, self._budget_seconds = post_seconds, budget_seconds
        self._chances = chances or Chances()

    def send(
        self, connection_ids: Iterable[str], data: bytes, budget_seconds: float | None = None
    ) -> set[str]:
        """Send `data` to every connection; return those that are gone.

        Whatever goes wrong in the end is logged: a receiver notices the hole and asks.
        """
        posted = self.post(connection_ids, data, budget_seconds=budget_seconds)
        if posted.left:
            log.warning("%d posts were never sent, or refused for now", len(posted.left))
        return posted.gone

    def post(
        self,
        connection_ids: Iterable[str],
        data: bytes,
        *,
        budget_seconds: float | None = None,
        post_seconds: float | None = None,
    ) -> Posted:
        """Send `data` to every connection, and tell what became of it.

        What is throttled or fails on AWS's side is sent again while there is time. What AWS
        refuses for good, or did not answer in time, is logged.

        Args:
            connection_ids: To whom.
            data: The text of one frame.
            budget_seconds: For all posts, repeated ones and pauses included.
            post_seconds: For each.
        """
        until = time.monotonic() + _or(budget_seconds, self._budget_seconds)
        seconds = _or(post_seconds, self._post_seconds)
        waiting, attempt = list(connection_ids), 0
        gone: set[str] = set()
        left: list[str] = []
        lost: Counter[Status] = Counter()
        while waiting:
            statuses = self._statuses(waiting, data, seconds, until)
            by_status = _by_status(waiting, statuses)
            waiting = []
            for status, ids in by_status.items():
                if status == _GONE:
                    gone.update(ids)
                elif status == UNSENT:
                    left += ids
                elif _is_passing(status):
                    waiting += ids
                elif status not in _FINE:
                    lost[status] += len(ids)
            if waiting and not self._pause(attempt, until):
                left += waiting
                break
            attempt += 1
        if lost:
            log.warning("%d posts failed: %s", lost.total(), _counts(lost))
        return Posted(gone, left)

    @abstractmethod
    def _statuses(
        self, ids: list[str], data: bytes, seconds: float, until: float
    ) -> Sequence[Status]:
        """Post to each once, none longer than `seconds` nor beyond `until`."""

    def _pause(self, attempt: int, until: float) -> bool:
        """Wait for a while that grows and differs; tell whether there is time for it."""
        ceiling = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2**attempt)
        seconds = ceiling * self._chances.share()
        if time.monotonic() + seconds >= until:
            return False
        self._chances.wait(seconds)
        return True


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _by_status(ids: list[str], statuses: Sequence[Status]) -> Mapping[Status, list[str]]:
    found = defaultdict[Status, list[str]](list)
    for one, status in zip(ids, statuses, strict=True):
        found[status].append(one)
    return found


def _is_passing(status: Status) -> bool:
    """Tell whether the same post may well succeed in a moment."""
    return status is not None and (status == _THROTTLED or status in _BROKEN)


def _counts(lost: Counter[Status]) -> str:
    """Say what was answered how often, without what was to be said to whom."""
    return ", ".join(f"{status or 'no answer'} {count} times" for status, count in lost.items())
