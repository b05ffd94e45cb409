"""What AWS would charge: quantity times price, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass

from fireside.cloud.cost import prices
from fireside.cloud.cost import usage as reckoning
from fireside.cloud.cost.prices import Price
from fireside.cloud.cost.usage import MEMORY_GB, MILLISECONDS, Habits, Usage


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill: what is left of `quantity` after `free`, times the price."""

    price: Price
    quantity: float
    free: float

    @property
    def paid(self) -> float:
        """Say how many are paid for."""
        return max(0.0, self.quantity - self.free)

    @property
    def dollars(self) -> float:
        return self.paid * self.price.dollars / self.price.per


def lines(
    usage: Usage, *, free_tier: bool = True, compute: Price = prices.GB_SECONDS_ARM
) -> list[Line]:
    """Price every count. The free tier is what every account has for ever."""
    priced = (
        (prices.MESSAGES, usage.messages),
        (prices.MINUTES, usage.connection_minutes),
        (prices.REQUESTS, usage.requests),
        (compute, usage.gb_seconds),
        (prices.WRITES, usage.write_units),
        (prices.READS, usage.read_units),
        (prices.STORED, usage.stored_gb),
        (prices.SITE_REQUESTS, usage.site_requests),
        (prices.SITE_OUT, usage.site_out_gb),
        (prices.SITE_IN, usage.site_in_gb),
        (prices.PAGE_STORED, usage.page_stored_gb),
        (prices.LOGS, usage.log_gb),
        (prices.BACKED_UP, usage.backup_gb),
        (prices.METRICS, usage.metrics),
        (prices.ALARMS, usage.alarms),
    )
    return [Line(price, quantity, price.free * free_tier) for price, quantity in priced]


def total(found: Sequence[Line]) -> float:
    """Add up a bill, in dollars."""
    return sum(line.dollars for line in found)


def ours(habits: Habits, *, free_tier: bool = True) -> list[Line]:
    """Make the bill of our design."""
    return lines(reckoning.usage(habits), free_tier=free_tier)


def naive(habits: Habits, *, free_tier: bool = True) -> list[Line]:
    """Make the bill of the usual design."""
    return lines(reckoning.naive_usage(habits), free_tier=free_tier, compute=prices.GB_SECONDS_X86)


# --- A day under attack ---

BRAKE_MINUTES = 15
"""From the first message too many until nothing more is let in: an alarm takes its time."""

POSTS_PER_SECOND = 10_000
"""That an account may make to all its connections."""

SLOW_SECONDS = 1.2
"""For a call while too many talk at once: one in a hundred, at 50 sends a second in a room."""

DEAREST_READS = 103
"""Units for a page of 100 of the longest messages."""

DEAREST_WRITES = 12
"""Units for the longest message."""

IDLE_MINUTES = 10
"""That a connection costs whoever does nothing with it."""

_DAY_SECONDS, _HOUR_SECONDS = 86_400, 3_600


def worst_day(
    *,
    throttle_rate: float,
    throttle_burst: float,
    brake_messages_per_hour: float,
    brake_minutes: float = BRAKE_MINUTES,
) -> list[Line]:
    """Bound what a day can cost, whoever does what, with nothing free.

    Just below the brake all day, once over it for as long as it takes to act, each message the
    dearest there is; all else that the throttle lets in comes, goes and stays idle in between.

    Args:
        throttle_rate: Requests a second that the stage lets in.
        throttle_burst: Requests above the rate that it lets in at once.
        brake_messages_per_hour: Messages, both ways, that make the alarm stop the stage.
        brake_minutes: How long that takes.
    """
    let_in = throttle_rate * _DAY_SECONDS + throttle_burst
    braking = brake_minutes * 60
    below = _DAY_SECONDS / _HOUR_SECONDS * brake_messages_per_hour
    commands = min(let_in, below / 2 + throttle_rate * braking)
    pushes = POSTS_PER_SECOND * min(braking, _DAY_SECONDS)
    comers = let_in - commands
    coming = sum(MILLISECONDS[route] for route in ("authorizer", "$connect", "$disconnect"))
    return lines(
        Usage(
            messages=2 * commands + pushes,
            connection_minutes=comers * IDLE_MINUTES,
            requests=commands + 3 * comers,
            gb_seconds=(commands * SLOW_SECONDS + comers * coming / 1_000) * MEMORY_GB,
            write_units=commands * DEAREST_WRITES + comers * 4,
            read_units=commands * DEAREST_READS + comers,
        ),
        free_tier=False,
    )
