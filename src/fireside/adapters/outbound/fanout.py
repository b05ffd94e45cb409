"""The outbound of the function `chat`: posts to up to 500 connections, leaves others to `fanout`.

The sender waits for its answer meanwhile, and a Lambda function can do nothing after it has
answered. So all posts share a time budget, and `fanout` posts to the connections that are left.
"""

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from fireside import environment
from fireside.adapters.outbound import payload
from fireside.adapters.outbound.ending import Ender
from fireside.adapters.outbound.event_counts import EventCounts
from fireside.adapters.outbound.lambda_invoke import Functions
from fireside.adapters.outbound.posting import Poster
from fireside.ports import Clock

log = logging.getLogger(__name__)

INLINE = 500
"""The most connections that `chat` posts to by itself."""

SHARD = 5_000
"""Connections in one payload for `fanout`: about 100 KB."""


class Deadlines(NamedTuple):
    """How long posts may take while the sender waits. They are wide until a p99 was measured."""

    post_seconds: float = 1.0
    """Timeout of one post. If one hangs, the author's connections still get their post."""

    broadcast_seconds: float = 1.5
    """For all posts, counted from when the message was stored."""


WIDE = Deadlines()


def deadlines_from(environ: Mapping[str, str]) -> Deadlines:
    """Return the deadlines in the environment, else the defaults.

    Raises:
        ValueError: A value is no time.
    """
    return Deadlines(
        _seconds(environ, environment.POST_SECONDS, WIDE.post_seconds),
        _seconds(environ, environment.BROADCAST_SECONDS, WIDE.broadcast_seconds),
    )


def _seconds(environ: Mapping[str, str], name: str, default: float) -> float:
    written = environ.get(name, "")
    try:
        seconds = float(written) if written else default
    except ValueError:
        seconds = 0.0
    if not (math.isfinite(seconds) and seconds > 0):
        raise ValueError(f"{name} is {written!r}: set it to seconds above 0, or leave it out")
    return seconds


class FanOut:
    """Posts to connections within a time budget, and passes the others to the function `fanout`."""

    def __init__(  # noqa: PLR0913 - the last has a good default
        self,
        poster: Poster,
        functions: Functions,
        function: str,
        *,
        ender: Ender,
        counts: EventCounts,
        clock: Clock,
        deadlines: Deadlines = WIDE,
    ) -> None:
        self._poster = poster
        self._ender = ender
        self._functions, self._function = functions, function
        self._counts = counts
        self._clock = clock
        self._deadlines = deadlines

    def send(self, connection_ids: Iterable[str], data: bytes) -> set[str]:
        """Send `data` to every connection; return those it posted to that are gone."""
        ids = list(connection_ids)
        self._counts.pushed += len(ids)
        here = INLINE if self._seconds_left() else 0
        self._delegate(ids[here:], data)
        posted = self._poster.post(
            ids[:here],
            data,
            budget_seconds=self._seconds_left(),
            post_seconds=self._deadlines.post_seconds,
        )
        self._delegate(posted.retryable, data)
        self._counts.gone += len(posted.gone)
        return posted.gone

    def cut(self, connection_ids: Iterable[str], last_frame: bytes) -> None:
        """Send a last frame to connections and close them; one that stays open is only logged."""
        ids = list(connection_ids)
        self.send(ids, last_frame)
        self._ender.end(ids)

    def _seconds_left(self) -> float:
        """Return the seconds left of the budget."""
        since_written = self._counts.since_written() or 0.0
        return max(0.0, self._deadlines.broadcast_seconds - since_written)

    def _delegate(self, ids: Sequence[str], data: bytes) -> None:
        """Invoke `fanout` for the connections.

        If that fails, the client finds the gap with the heads in its next pong.
        """
        if not ids:
            return
        shards = [ids[start : start + SHARD] for start in range(0, len(ids), SHARD)]
        payloads = [payload.write(shard, data, self._clock()) for shard in shards]
        accepted = self._functions.invoke(self._function, payloads)
        delegated = sum(len(shard) for shard, ok in zip(shards, accepted, strict=True) if ok)
        self._counts.delegated += delegated
        if delegated < len(ids):
            log.error("%d connections were neither posted to nor passed on", len(ids) - delegated)
