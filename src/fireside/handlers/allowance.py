"""What one person may cost the group on AWS: messages that API Gateway bills, within an hour.

Every request comes from API Gateway billed, so it can't be refused for nothing. Who has used up
the allowance is told so; who goes on is cut off, and refused until the hour is over. The count is
kept in the table, as calls of one person run in any number of processes, and is written only
after every `REPORT_EACH` messages: that costs less than a hundredth of what these cost. Until
then, a process that has just started lets in who is refused by the others.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fireside import environment
from fireside.domain.errors import Busy, StorageFailed
from fireside.handlers.authorizer import Handler, Payer, counted_as, visitor_of
from fireside.handlers.router import Response, throttled
from fireside.ports import Clock, Spending

log = logging.getLogger(__name__)

HOUR_MS = 3_600_000
WAIT_MS = 60_000
"""The longest time that a client is told to wait; then it hears whether the hour is over."""

REPORT_EACH = 100
"""Messages that a process counts for itself until it adds them to the table."""

REQUEST = 2
"""Messages of a request: itself, and its answer."""

CONNECTION = 50
"""Messages that a connection counts as: while it is open, it gets all that others say."""

END_AT = 1.25
"""Times the allowance from which on connections are ended."""


def allowance_from(environ: Mapping[str, str]) -> int | None:
    """Return the messages that one person may cause in an hour; None if there is no limit.

    Raises:
        ValueError: The value is no number above 0.
    """
    name = environment.PERSON_MESSAGES_PER_HOUR
    written = environ.get(name, "")
    if written and not (written.isdecimal() and int(written) > 0):
        raise ValueError(f"{name} is {written!r}: set it to a number above 0, or leave it out")
    return int(written) if written else None


@dataclass(slots=True)
class _Count:
    total: int = 0
    """What all processes have added, as of the last time that this one did."""
    unreported: int = 0


class Allowances:
    """The messages that each person has used in this hour."""

    def __init__(self, spending: Spending, per_hour: int, clock: Clock) -> None:
        self._spending, self._per_hour, self._clock = spending, per_hour, clock
        self._hour = 0
        self._counts: dict[str, _Count] = {}

    def wait_ms(self, user_id: str) -> int:
        """Return 0 if a person has something left, or how long to wait."""
        if self._used(user_id) < self._per_hour:
            return 0
        return min(WAIT_MS, HOUR_MS - self._clock() % HOUR_MS)

    def is_overdrawn(self, user_id: str) -> bool:
        """Return whether a person went on for long after the allowance was used up."""
        return self._used(user_id) >= END_AT * self._per_hour

    def charge(self, user_id: str, messages: int) -> None:
        """Count messages; if the table can't be reached, they are added to it later."""
        count = self._count(user_id)
        count.unreported += messages
        if count.unreported < REPORT_EACH:
            return
        try:
            count.total = self._spending.spend(user_id, self._hour, count.unreported)
        except (Busy, StorageFailed):
            log.warning("what a person used is not counted yet: the table can't be reached")
            return
        count.unreported = 0

    def _used(self, user_id: str) -> int:
        count = self._count(user_id)
        return count.total + count.unreported

    def _count(self, user_id: str) -> _Count:
        hour = self._clock() // HOUR_MS
        if hour != self._hour:
            self._hour, self._counts = hour, {}
        return self._counts.setdefault(user_id, _Count())


def with_allowances(
    handle: Handler,
    allowances: Allowances,
    payer: Payer,
    pushed: Callable[[], int],
    end: Callable[[Sequence[str]], None],
) -> Handler:
    """Return a handler that refuses who has used up the allowance, and then ends the connection.

    Args:
        handle: The chat's handler.
        allowances: What each person has left.
        payer: Returns under which id it is counted what a visitor costs.
        pushed: Returns how many messages the last event was pushed as.
        end: Ends connections, given their ids.
    """

    def run(event: dict[str, Any], context: object) -> Response:
        about = event["requestContext"]
        visitor = visitor_of(about.get("authorizer") or {})
        if visitor is None or about["eventType"] == "DISCONNECT":
            return handle(event, context)
        user_id = counted_as(visitor, payer)
        if about["eventType"] == "CONNECT":
            if not allowances.wait_ms(user_id):
                allowances.charge(user_id, CONNECTION)
            is_refused = allowances.wait_ms(user_id) > 0
            return {"statusCode": 429} if is_refused else handle(event, context)
        wait_ms = allowances.wait_ms(user_id)
        if not wait_ms:
            response = handle(event, context)
            allowances.charge(user_id, REQUEST + pushed())
            return response
        allowances.charge(user_id, REQUEST)
        if allowances.is_overdrawn(user_id):
            end([about["connectionId"]])
        return {"statusCode": 200, "body": throttled(event.get("body") or "", wait_ms)}

    return run
