"""The outbound of the function `chat`: posts to up to 500 connections, leaves others to `fanout`.

The sender waits for its answer meanwhile, and a Lambda function can do nothing after it has
answered. So all posts share a time budget, and `fanout` posts to the connections that are left.
"""

import logging
from collections.abc import Iterable, Sequence

from fireside.adapters.outbound import payload
from fireside.adapters.outbound.event_counts import EventCounts
from fireside.adapters.outbound.lambda_invoke import Functions
from fireside.adapters.outbound.posting import Poster
from fireside.ports import Clock

log = logging.getLogger(__name__)

INLINE = 500
"""The most connections that `chat` posts to by itself."""

WITHIN_SECONDS = 0.3
"""Seconds for all posts, counted from when the message was stored."""

POST_SECONDS = 0.2
"""Timeout in seconds of one post. If one hangs, the author's connections still get their post."""

SHARD = 5_000
"""Connections in one payload for `fanout`: about 100 KB."""


class FanOut:
    """Posts to connections within a time budget, and passes the others to the function `fanout`."""

    def __init__(
        self,
        poster: Poster,
        functions: Functions,
        function: str,
        *,
        counts: EventCounts,
        clock: Clock,
    ) -> None:
        self._poster = poster
        self._functions, self._function = functions, function
        self._counts = counts
        self._clock = clock

    def send(self, connection_ids: Iterable[str], data: bytes) -> set[str]:
        """Send `data` to every connection; return those it posted to that are gone."""
        ids = list(connection_ids)
        here = INLINE if self._seconds_left() else 0
        self._delegate(ids[here:], data)
        posted = self._poster.post(
            ids[:here], data, budget_seconds=self._seconds_left(), post_seconds=POST_SECONDS
        )
        self._delegate(posted.retryable, data)
        self._counts.gone += len(posted.gone)
        return posted.gone

    def _seconds_left(self) -> float:
        """Return the seconds left of the budget."""
        return max(0.0, WITHIN_SECONDS - (self._counts.since_written() or 0.0))

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
