"""The way out over API Gateway's @connections: one signed post for each connection."""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from fireside.adapters.pool import Answer, Pool
from fireside.adapters.sigv4 import Credentials, Signer

log = logging.getLogger(__name__)

POST_SECONDS = 1.0
"""For one post. A half-open receiver can make AWS's answer hang for longer than that."""

BUDGET_SECONDS = 5.0
"""For everything that one `send` does."""

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_GONE = 410
_THROTTLED = 429
_BROKEN = range(500, 600)
_FINE = range(200, 300)


class Chances(NamedTuple):
    """Time and chance, so that a test can do without."""

    epoch_seconds: Callable[[], float] = time.time
    wait: Callable[[float], None] = time.sleep
    share: Callable[[], float] = random.random


class ConnectionsApi:
    """Sends to connections by id."""

    def __init__(  # noqa: PLR0913 - how patient it is has good defaults
        self,
        endpoint: str,
        region: str,
        credentials: Credentials,
        pool: Pool,
        *,
        post_seconds: float = POST_SECONDS,
        budget_seconds: float = BUDGET_SECONDS,
        chances: Chances | None = None,
    ) -> None:
        """Name the API.

        Args:
            endpoint: `https://HOST/STAGE`; the pool must lead to that host.
            region: Where the API is.
            credentials: Who signs.
            pool: Carries the posts.
            post_seconds: For one post.
            budget_seconds: For all posts of one `send`, repeated ones and pauses included.
            chances: Time and chance.
        """
        url = urlsplit(endpoint)
        self._path = f"{quote(url.path.rstrip('/'), safe='/~%')}/%40connections/"
        self._pool = pool
        self._post_seconds, self._budget_seconds = post_seconds, budget_seconds
        self._chances = chances or Chances()
        self._signer = Signer(
            credentials, region=region, service="execute-api", method="POST", host=url.netloc
        )

    def send(
        self, connection_ids: Iterable[str], data: bytes, budget_seconds: float | None = None
    ) -> set[str]:
        """Send `data` to every connection; return those that are gone.

        What is throttled or fails on AWS's side is sent again while there is time. Whatever else
        goes wrong is logged: a receiver notices the hole and asks.
        """
        budget = self._budget_seconds if budget_seconds is None else budget_seconds
        until = time.monotonic() + budget
        left, attempt = list(connection_ids), 0
        gone: set[str] = set()
        lost: Counter[int | None] = Counter()
        while left:
            answers = self._post(left, data, until)
            gone.update(one for one, status in answers if status == _GONE)
            again = [(one, status) for one, status in answers if _is_passing(status)]
            lost.update(status for _, status in answers if _is_lost(status))
            left = [one for one, _ in again]
            if left and not self._pause(attempt, until):
                lost.update(status for _, status in again)
                break
            attempt += 1
        if lost:
            log.warning("%d posts failed: %s", lost.total(), _counts(lost))
        return gone

    def _post(self, ids: list[str], data: bytes, until: float) -> list[tuple[str, int | None]]:
        """Post to each once; give the status of each, None for those without an answer."""
        tail = b"content-length: %d\r\n\r\n%b" % (len(data), data)

        def write(index: int) -> bytes:
            path = self._path + quote(ids[index], safe="")
            signed = self._signer.sign(path, data, self._chances.epoch_seconds())
            return f"POST {path} HTTP/1.1\r\n{signed}".encode() + tail

        answers = self._pool.exchange(len(ids), write, seconds=self._post_seconds, until=until)
        return [(one, _status(answer)) for one, answer in zip(ids, answers, strict=True)]

    def _pause(self, attempt: int, until: float) -> bool:
        """Wait for a while that grows and differs; tell whether there is time for it."""
        ceiling = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2**attempt)
        seconds = ceiling * self._chances.share()
        if time.monotonic() + seconds >= until:
            return False
        self._chances.wait(seconds)
        return True


def _status(answer: Answer | None) -> int | None:
    return None if answer is None else answer.status


def _is_passing(status: int | None) -> bool:
    """Tell whether the same post may well succeed in a moment."""
    return status is not None and (status == _THROTTLED or status in _BROKEN)


def _is_lost(status: int | None) -> bool:
    return status is None or not (status == _GONE or status in _FINE or _is_passing(status))


def _counts(lost: Counter[int | None]) -> str:
    """Say what was answered how often, without what was to be said to whom."""
    return ", ".join(f"{status or 'no answer'} {count} times" for status, count in lost.items())
