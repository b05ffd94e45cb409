"""The way out on AWS: to some hundred people at once, and by another function to all others.

Whoever sent the message waits for its answer meanwhile, and a function can do nothing after it
has answered. So there is a time for all posts, and what had no turn in it is handed over.
"""

import logging
from collections.abc import Iterable, Sequence

from fireside.adapters.outbound import payload
from fireside.adapters.outbound.event_counts import Tally
from fireside.adapters.outbound.lambda_invoke import Functions
from fireside.adapters.outbound.posting import Poster
from fireside.ports import Clock

log = logging.getLogger(__name__)

INLINE = 500
"""Connections that we post to ourselves."""

WITHIN_SECONDS = 0.3
"""For all posts, from the moment when the message was kept."""

POST_SECONDS = 0.2
"""For each: after one that hangs there is still a turn for the author's own connections."""

SHARD = 5_000
"""Connections that one hand-over names: about 100 KB."""


class FanOut:
    """Posts itself to those that it can, within its time."""

    def __init__(
        self, poster: Poster, functions: Functions, function: str, *, tally: Tally, clock: Clock
    ) -> None:
        self._poster = poster
        self._functions, self._function = functions, function
        self._tally = tally
        self._clock = clock

    def send(self, connection_ids: Iterable[str], data: bytes) -> set[str]:
        """Send `data` to every connection; return those of ours that are gone."""
        ids = list(connection_ids)
        here = INLINE if self._seconds() else 0
        self._hand_over(ids[here:], data)
        posted = self._poster.post(
            ids[:here], data, budget_seconds=self._seconds(), post_seconds=POST_SECONDS
        )
        self._hand_over(posted.left, data)
        self._tally.gone += len(posted.gone)
        return posted.gone

    def _seconds(self) -> float:
        """Tell how much of the time is left."""
        return max(0.0, WITHIN_SECONDS - (self._tally.since_written() or 0.0))

    def _hand_over(self, ids: Sequence[str], data: bytes) -> None:
        """Let another function post. If there is no way to it, the heads of the next pong heal."""
        if not ids:
            return
        shards = [ids[start : start + SHARD] for start in range(0, len(ids), SHARD)]
        payloads = [payload.write(shard, data, self._clock()) for shard in shards]
        accepted = self._functions.invoke(self._function, payloads)
        taken = sum(len(shard) for shard, ok in zip(shards, accepted, strict=True) if ok)
        self._tally.handed_over += taken
        if taken < len(ids):
            log.error("%d connections were not told, nor handed over", len(ids) - taken)
