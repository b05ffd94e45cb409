"""Simulated latency: how long a rehearsal waits with `--latency aws`.

The orders of magnitude are from docs/reference/dynamodb.md and docs/explanation/bill.md; nothing
was measured on AWS. The same seed gives the same times in the same order for each kind.
"""

import asyncio
import random
from collections.abc import Mapping
from typing import Literal

Kind = Literal["read", "write", "transaction", "post", "invoke", "event", "cold start"]

AWS_MILLISECONDS: Mapping[Kind, tuple[float, float]] = {
    "read": (3, 6),
    "write": (4, 9),
    "transaction": (9, 16),
    "post": (6, 14),
    "invoke": (8, 20),
    "event": (10, 30),
    "cold start": (150, 350),
}
"""The range of each kind: the calls of DynamoDB, a post to a connection, an event from the gateway
to a function (`invoke`), an asynchronous invocation (`event`), and the time before a process can
start."""

SLOW_SHARE, SLOW_FACTOR = 0.01, 5
"""One in a hundred takes five times as long."""


class LatencySimulator:
    """Draws latencies from `ranges`; a kind without a range takes no time."""

    def __init__(self, ranges: Mapping[Kind, tuple[float, float]], seed: int) -> None:
        self._ranges = ranges
        self._random = {kind: random.Random(f"{seed}:{kind}") for kind in ranges}  # noqa: S311 - to be repeated, no secret

    def seconds(self, kind: Kind) -> float:
        """Return how long the next operation of a kind takes, in seconds."""
        if kind not in self._ranges:
            return 0.0
        source = self._random[kind]
        usual = source.uniform(*self._ranges[kind]) / 1_000
        return usual * SLOW_FACTOR if source.random() < SLOW_SHARE else usual

    async def wait(self, kind: Kind, since: float | None = None) -> None:
        """Sleep that long, counted from now or from `since`, a time of the loop's clock."""
        spent = 0.0 if since is None else asyncio.get_running_loop().time() - since
        left = self.seconds(kind) - spent
        if left > 0:
            await asyncio.sleep(left)
