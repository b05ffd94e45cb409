"""How long things take on AWS, more or less: what a rehearsal waits with `--latency aws`.

The orders of magnitude are from docs/reference/dynamodb.md and docs/explanation/bill.md; nothing
was measured on AWS. The same seed waits the same times in the same order of each kind.
"""

import asyncio
import random
from collections.abc import Mapping
from typing import Literal

Kind = Literal["read", "write", "transaction", "post", "invoke", "event", "cold start"]

AWS: Mapping[Kind, tuple[float, float]] = {
    "read": (3, 6),
    "write": (4, 9),
    "transaction": (9, 16),
    "post": (6, 14),
    "invoke": (8, 20),
    "event": (10, 30),
    "cold start": (150, 350),
}
"""Milliseconds, from and to: a call of DynamoDB by kind, a post to a connection,
the way from the gateway to a function, an asynchronous call of one, and what there is before a
process can start."""

LATE_SHARE, LATE_TIMES = 0.01, 5
"""One in a hundred takes five times as long."""


class Weather:
    """Waits as AWS would make one wait, or not at all."""

    def __init__(self, times: Mapping[Kind, tuple[float, float]], seed: int) -> None:
        self._times = times
        self._chances = {kind: random.Random(f"{seed}:{kind}") for kind in times}  # noqa: S311 - to be repeated, no secret

    def seconds(self, kind: Kind) -> float:
        """Say how long the next thing of a kind takes."""
        if kind not in self._times:
            return 0.0
        chance = self._chances[kind]
        usual = chance.uniform(*self._times[kind]) / 1_000
        return usual * LATE_TIMES if chance.random() < LATE_SHARE else usual

    async def wait(self, kind: Kind, since: float | None = None) -> None:
        """Wait that long, from now on or since a moment of the loop's clock."""
        spent = 0.0 if since is None else asyncio.get_running_loop().time() - since
        left = self.seconds(kind) - spent
        if left > 0:
            await asyncio.sleep(left)
