"""Posts to many connections: decides what to retry, which connections are gone, what to log."""

import logging
import random
import time
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

log = logging.getLogger(__name__)

POST_SECONDS = 1.0
"""Timeout in seconds of one post. With a half-open receiver, AWS may answer later than that."""

BUDGET_SECONDS = 5.0
"""Seconds for all posts, retries and pauses of one `send`."""

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0

NOT_PROCESSED: Final = 0
"""In place of a status: the request was not sent, or the server can't have read it."""

_GONE = 410
_THROTTLED = 429
_SERVER_ERROR = range(500, 600)
_OK = range(200, 300)


Status = int | None
"""The HTTP status of a post, or `NOT_PROCESSED`; None if there was no answer."""


class Timing(NamedTuple):
    """Clock, sleep and randomness, so that a test can pass its own."""

    epoch_seconds: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


class Posted(NamedTuple):
    """The connections of a broadcast that did not get it."""

    gone: set[str]
    """Connections that answered 410."""

    retryable: list[str]
    """Connections that had no post, or a transient error: to retry shows nothing twice."""


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
        """Send `data` to every connection, and return those that did not get it."""


class Posting(ABC):
    """Posts to connections until all have an answer or the time is up."""

    def __init__(
        self, *, post_seconds: float, budget_seconds: float, timing: Timing | None
    ) -> None:
        self._post_seconds, self._budget_seconds = post_seconds, budget_seconds
        self._timing = timing or Timing()

    def send(
        self, connection_ids: Iterable[str], data: bytes, budget_seconds: float | None = None
    ) -> set[str]:
        """Send `data` to every connection; return those that are gone.

        Posts that failed in the end are logged: the client notices the gap and asks.
        """
        posted = self.post(connection_ids, data, budget_seconds=budget_seconds)
        if posted.retryable:
            log.warning("%d posts were not sent, or failed for now", len(posted.retryable))
        return posted.gone

    def post(
        self,
        connection_ids: Iterable[str],
        data: bytes,
        *,
        budget_seconds: float | None = None,
        post_seconds: float | None = None,
    ) -> Posted:
        """Send `data` to every connection, and return those that did not get it.

        A post that is throttled or fails with a server error is repeated while there is time. One
        that AWS rejects, or does not answer in time, is only logged.

        Args:
            connection_ids: The receivers.
            data: One frame.
            budget_seconds: Time for all posts, with retries and pauses.
            post_seconds: Timeout of one post.
        """
        until = time.monotonic() + _or(budget_seconds, self._budget_seconds)
        seconds = _or(post_seconds, self._post_seconds)
        waiting, attempt = list(connection_ids), 0
        gone: set[str] = set()
        retryable: list[str] = []
        lost: Counter[Status] = Counter()
        while waiting:
            statuses = self._statuses(waiting, data, seconds, until)
            by_status = _by_status(waiting, statuses)
            waiting = []
            for status, ids in by_status.items():
                if status == _GONE:
                    gone.update(ids)
                elif status == NOT_PROCESSED:
                    retryable += ids
                elif _is_transient(status):
                    waiting += ids
                elif status not in _OK:
                    lost[status] += len(ids)
            if waiting and not self._pause(attempt, until):
                retryable += waiting
                break
            attempt += 1
        if lost:
            log.warning("%d posts failed: %s", lost.total(), _counts(lost))
        return Posted(gone, retryable)

    @abstractmethod
    def _statuses(
        self, ids: list[str], data: bytes, seconds: float, until: float
    ) -> Sequence[Status]:
        """Post to each once, none longer than `seconds` nor beyond `until`."""

    def _pause(self, attempt: int, until: float) -> bool:
        """Sleep for a random time that grows with each attempt; return False if time is up."""
        ceiling = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2**attempt)
        seconds = ceiling * self._timing.jitter()
        if time.monotonic() + seconds >= until:
            return False
        self._timing.sleep(seconds)
        return True


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _by_status(ids: list[str], statuses: Sequence[Status]) -> Mapping[Status, list[str]]:
    found = defaultdict[Status, list[str]](list)
    for one, status in zip(ids, statuses, strict=True):
        found[status].append(one)
    return found


def _is_transient(status: Status) -> bool:
    """Return whether a retry may succeed."""
    return status is not None and (status == _THROTTLED or status in _SERVER_ERROR)


def _counts(lost: Counter[Status]) -> str:
    """Format how often each status came, without ids or texts."""
    return ", ".join(f"{status or 'no answer'} {count} times" for status, count in lost.items())
