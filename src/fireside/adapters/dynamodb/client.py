"""DynamoDB as our adapters see it: one verb, three ways to fail, and how long to be patient.

A request and its answer are DynamoDB's own JSON, so that any client that can post fits behind it.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from fireside.adapters.dynamodb.rows import Item
from fireside.domain.errors import Busy, StorageFailed

Operation = Literal[
    "BatchGetItem",
    "BatchWriteItem",
    "CreateTable",  # for tests and rehearsals: in the cloud the tables are there before us
    "GetItem",
    "PutItem",
    "Query",
    "TransactWriteItems",
]

Answer = dict[str, Any]

_Result = TypeVar("_Result")


class Tables(Protocol):
    """The way to DynamoDB."""

    def call(self, operation: Operation, request: Mapping[str, object]) -> Answer:
        """Ask once, without trying again.

        Raises:
            TableFailure: One of its kinds.
        """


class TableFailure(Exception):  # noqa: N818 - its kinds are named for what they say
    """DynamoDB did not do as asked; the argument is its own code for that."""


class Passing(TableFailure):
    """The same call may work in a moment. Perhaps it did work, and only the answer was lost."""


class Conflict(Passing):
    """Somebody else was just writing the same. That is over in some milliseconds."""


class Refused(TableFailure):
    """The same call would be refused again: no such table, no right to use it, a wrong request."""


class ConditionFailed(TableFailure):
    """Nothing was written, as a condition did not hold.

    For every item of the request, `found` has what stood in its way, if that was asked for.
    """

    def __init__(self, found: Sequence[Item | None]) -> None:
        super().__init__("ConditionalCheckFailed")
        self.found = tuple(found)


def failure(code: str, status: int, body: Mapping[str, Any]) -> TableFailure:
    """Tell what an error answer of DynamoDB means: its code, its HTTP status and its body."""
    if code == "ConditionalCheckFailedException":
        return ConditionFailed([body.get("Item")])
    reasons = body.get("CancellationReasons") or []
    codes = {reason.get("Code") for reason in reasons}
    if "ConditionalCheckFailed" in codes:
        return ConditionFailed([reason.get("Item") for reason in reasons])
    if status >= _SERVER_ERROR or code in _PASSING or codes & _PASSING:
        return Passing(code)
    if code in _CONFLICT or codes & _CONFLICT:
        return Conflict(code)
    return Refused(code)


_SERVER_ERROR = 500
_PASSING = {
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingError",
    "ThrottlingException",
    "TransactionInProgressException",
}
_CONFLICT = {"TransactionConflict", "TransactionConflictException"}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try again, and how to wait meanwhile. Whoever waits here keeps a person waiting.

    A pause lies anywhere between zero and a ceiling, so that two that got in each other's way do
    not meet again. The ceiling doubles, as what is throttled or broken needs rest. It does not
    for the first conflicts: they are over soon, and who waits longer is overtaken. Many of them
    mean that more is asked of one room than it can take.
    """

    budget_ms: float = 3_000
    first_pause_ms: float = 10
    longest_pause_ms: float = 320
    quick_conflicts: int = 50
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def persist(self, step: Callable[[], _Result]) -> _Result:
        """Do a step until it works. It may have been done before its answer was lost.

        Raises:
            Busy: The time is up.
            StorageFailed: Waiting would not help.
        """
        end = self.seconds() + self.budget_ms / 1_000
        ceiling_ms, quick = self.first_pause_ms, self.quick_conflicts
        while True:
            pause = self.chance() * ceiling_ms / 1_000
            try:
                return step()
            except Refused as cause:
                raise StorageFailed from cause
            except Passing as cause:
                if self.seconds() + pause > end:
                    raise Busy("Too much is going on at once; please try again") from cause
                is_quick = quick > 0 and isinstance(cause, Conflict)
            self.sleep(pause)
            if is_quick:
                quick -= 1
            else:
                ceiling_ms = min(2 * ceiling_ms, self.longest_pause_ms)
