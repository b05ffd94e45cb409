"""What a rehearsal says in the end: what AWS would have counted, and how long people waited."""

import math
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fireside.cloud.cost import bill, cost, prices
from fireside.cloud.cost.usage import Usage
from fireside.cloud.package import RUNTIME, Package, describe
from fireside.cloud.rehearse.load import Heard
from localgateway.functions.workers import Report


@dataclass(frozen=True, slots=True)
class Review:
    """One rehearsal, over."""

    used: Usage
    reports: Sequence[Report]
    heard: Heard | None
    """What people who talk by themselves saw, if there were any."""
    latency: str

    def text(self, package: Package) -> str:
        """Say everything."""
        found = bill.lines(self.used, free_tier=False)
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
                *cost.table(found),
                *self._times(),
            ]
        )

    def _times(self) -> Iterator[str]:
        cold = [one.init_ms for one in self.reports if one.init_ms is not None]
        yield ""
        yield f"{len(self.reports):,} calls, {len(cold)} of them cold ({_spread(cold)} to start)"
        waited = "AWS's order of latency" if self.latency == "aws" else "no latency added"
        if self.heard is None:
            yield f"send -> seen: nobody talked by themselves, see --people ({waited})"
            return
        seen, acked = self.heard.to_seen, self.heard.to_ack
        yield f"send -> seen {_spread(seen)}; {len(seen):,} of {self.heard.expected:,} ({waited})"
        yield f"send -> ack  {_spread(acked)}; {self.heard.unanswered:,} without an answer"


def _spread(times_ms: Sequence[float]) -> str:
    return f"p50 {percentile(times_ms, 50):.0f} ms, p99 {percentile(times_ms, 99):.0f} ms"


def percentile(times_ms: Sequence[float], share: float) -> float:
    """Give the time below which that many of a hundred stayed; 0 when there is none."""
    ordered = sorted(times_ms)
    return ordered[max(0, math.ceil(share / 100 * len(ordered)) - 1)] if ordered else 0.0
