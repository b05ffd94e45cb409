"""The bill: quantity times price, line by line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fireside.adapters.outbound.fanout import WIDE
from fireside.cloud.cost import prices
from fireside.cloud.cost.prices import Price
from fireside.cloud.cost.usage import (
    MEMORY_MEGABYTES,
    MILLISECONDS,
    Usage,
    Workload,
    monthly_usage,
    naive_usage,
)
from fireside.handlers.allowance import CONNECTION, REPORT_EACH
from fireside.system import DAY_SECONDS


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill: `quantity` less `free`, times the price."""

    price: Price
    quantity: float
    free: float

    @property
    def paid(self) -> float:
        """Return the quantity that is charged."""
        return max(0.0, self.quantity - self.free)

    @property
    def dollars(self) -> float:
        return self.paid * self.price.dollars / self.price.per


def lines(
    usage: Usage, *, free_tier: bool = True, compute: Price = prices.GB_SECONDS_ARM
) -> list[Line]:
    """Return a line for each quantity. The free tier is that of every account, with no end date."""
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
    """Return the sum of the lines in dollars."""
    return sum(line.dollars for line in found)


def monthly(workload: Workload, *, free_tier: bool = True) -> list[Line]:
    """Return the bill of a month of Fireside."""
    return lines(monthly_usage(workload), free_tier=free_tier)


def naive(workload: Workload, *, free_tier: bool = True) -> list[Line]:
    """Return the bill of a month of the usual design."""
    return lines(naive_usage(workload), free_tier=free_tier, compute=prices.GB_SECONDS_X86)


# --- A day under attack ---

BRAKE_MINUTES = 15
"""From the first message above the limit until the stage accepts no more: the alarm's delay."""

POSTS_PER_SECOND = 10_000
"""AWS's quota of an account for posts to all its connections."""

BUSY_CALL_SECONDS = 1.2
"""Duration of a call under contention: the 99th percentile at 50 sends a second in a room, whose
receivers answer. Those of an attacker may hang until the deadline of the broadcast."""

MAX_CALL_SECONDS = BUSY_CALL_SECONDS + WIDE.broadcast_seconds

MAX_READ_UNITS = 106
"""Of one command: a page of 100 of the longest messages, its reader's 20 devices, who is forgotten.
"""

MAX_WRITE_UNITS = 19
"""Of one command: another name for a person with 20 devices, and what that person has used."""

CONNECT_READ_UNITS = 4
"""Of coming and going: whether the name is a person's, or looks like one's, and the connection."""

IDLE_MINUTES = 10
"""Connection minutes of a client that connects and then sends nothing: the idle timeout."""

_HOUR_SECONDS = 3_600
_LIMITS = (
    "throttle_rate",
    "throttle_burst",
    "brake_messages_per_hour",
    "broadcast_seconds",
    "memory_megabytes",
)


def limits(variables: Mapping[str, Any]) -> dict[str, float]:
    """Return the arguments of `worst_day` that are in Terraform's variables."""
    return {name: float(variables[name]) for name in _LIMITS if variables.get(name) is not None}


def worst_day(  # noqa: PLR0913 - each bounds it, and each has a name at every call
    *,
    throttle_rate: float,
    throttle_burst: float,
    brake_messages_per_hour: float,
    broadcast_seconds: float = WIDE.broadcast_seconds,
    memory_megabytes: float = MEMORY_MEGABYTES,
    brake_minutes: float = BRAKE_MINUTES,
) -> list[Line]:
    """Return an upper bound of the bill of one day under attack, without any free tier.

    All day the messages stay just below the brake's limit; once they exceed it, for as long as the
    brake needs to act. Each message is the most expensive one. All other requests that the
    throttle accepts open a connection, which stays idle until the gateway closes it.

    Args:
        throttle_rate: Requests a second that the stage accepts.
        throttle_burst: Requests that it accepts at once above that rate.
        brake_messages_per_hour: Messages, both ways, above which the alarm stops the stage.
        broadcast_seconds: Seconds that the posts of a message may take.
        memory_megabytes: Memory of the function `chat`.
        brake_minutes: Minutes until the stage has stopped.
    """
    accepted = throttle_rate * DAY_SECONDS + throttle_burst
    braking = brake_minutes * 60
    below = DAY_SECONDS / _HOUR_SECONDS * brake_messages_per_hour
    commands = min(accepted, below / 2 + throttle_rate * braking)
    pushes = POSTS_PER_SECOND * min(braking, DAY_SECONDS)
    connects = accepted - commands
    connect_ms = sum(MILLISECONDS[route] for route in ("authorizer", "$connect", "$disconnect"))
    seconds = commands * (BUSY_CALL_SECONDS + broadcast_seconds) + connects * connect_ms / 1_000
    return lines(
        Usage(
            messages=2 * commands + pushes,
            connection_minutes=connects * IDLE_MINUTES,
            requests=commands + 3 * connects,
            gb_seconds=seconds * memory_megabytes / 1_024,
            write_units=commands * MAX_WRITE_UNITS + connects * (4 + CONNECTION / REPORT_EACH),
            read_units=commands * MAX_READ_UNITS + connects * CONNECT_READ_UNITS,
        ),
        free_tier=False,
    )
