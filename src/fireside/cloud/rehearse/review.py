"""The summary of a rehearsal: what AWS would have billed, and how long users waited."""

import math
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fireside.cloud.cost import bill, cost, prices
from fireside.cloud.cost.usage import Usage
from fireside.cloud.package import RUNTIME, Package, describe
from fireside.cloud.rehearse.load import LoadResult
from localgateway.functions.workers import Report


@dataclass(frozen=True, slots=True)
class Review:
    """What a rehearsal counted and measured."""

    used: Usage
    reports: Sequence[Report]
    load: LoadResult | None
    """What the simulated users measured, if there were any."""
    latency: str
    """The option `--latency`."""

    def text(self, package: Package) -> str:
        """Return the summary as text."""
        lines = bill.lines(self.used, free_tier=False)
        return "\n".join(
            [
                "",
                "Rehearsed, never deployed",
                describe(package),
                (
                    f"Python {platform.python_version()} here, "
                    f"{'.'.join(map(str, RUNTIME))} on Lambda; processes instead of containers."
                ),
                "",
                (
                    "What AWS would have billed for this session, at list prices of "
                    f"{prices.REGION} as of {prices.AS_OF}, nothing free"
                ),
                *cost.table(lines),
                *self._times(),
            ]
        )

    def _times(self) -> Iterator[str]:
        cold = [one.init_ms for one in self.reports if one.init_ms is not None]
        yield ""
        yield f"{len(self.reports):,} calls, {len(cold)} cold starts ({_percentiles(cold)})"
        latency = "simulated AWS latency" if self.latency == "aws" else "no latency added"
        if self.load is None:
            yield f"send -> push: not measured without simulated users, see --people ({latency})"
            return
        pushes, acks = self.load.push_ms, self.load.ack_ms
        arrived = f"{len(pushes):,} of {self.load.expected_pushes:,}"
        yield f"send -> push {_percentiles(pushes)}; {arrived} ({latency})"
        yield f"send -> ack  {_percentiles(acks)}; {self.load.unanswered:,} without an answer"


def _percentiles(times_ms: Sequence[float]) -> str:
    return f"p50 {percentile(times_ms, 50):.0f} ms, p99 {percentile(times_ms, 99):.0f} ms"


def percentile(times_ms: Sequence[float], share: float) -> float:
    """Return the percentile `share` (0 to 100) of the times; 0 for none."""
    ordered = sorted(times_ms)
    return ordered[max(0, math.ceil(share / 100 * len(ordered)) - 1)] if ordered else 0.0
