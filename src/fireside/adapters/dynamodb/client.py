"""The interface of a DynamoDB client, its errors, and the policy for retries.

Requests and answers are DynamoDB's own JSON, so any client that can post can implement it.
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
    "CreateTable",  # tests and rehearsals only; in the cloud, Terraform creates the tables
    "DescribeTable",
    "GetItem",
    "PutItem",
    "Query",
    "TransactWriteItems",
    "UpdateItem",
]

Answer = dict[str, Any]

_Result = TypeVar("_Result")


class Tables(Protocol):
    """A DynamoDB client with one method."""

    def call(self, operation: Operation, request: Mapping[str, object]) -> Answer:
        """Call DynamoDB once, without a retry, and return its answer.

        Raises:
            TableFailure: One of its subclasses.
        """


class TableFailure(Exception):  # noqa: N818 - its subclasses are named for what happened
    """The call failed; the argument is DynamoDB's error code."""


class Transient(TableFailure):
    """A retry may succeed. The call may have succeeded already, with only its answer lost."""


class Conflict(Transient):
    """Another transaction was writing the same rows. It ends within milliseconds."""


class Rejected(TableFailure):
    """A retry would fail as well: no such table, no permission, or an invalid request."""


class ConditionFailed(TableFailure):
    """Nothing was written, because a condition of the request did not hold.

    `found` has one entry for each item of the request: the existing row that made its condition
    fail, if the request asked for it, else None.
    """

    def __init__(self, found: Sequence[Item | None]) -> None:
        super().__init__("ConditionalCheckFailed")
        self.found = tuple(found)


def failure(code: str, status: int, body: Mapping[str, Any]) -> TableFailure:
    """Return the exception for an error answer with this code, HTTP status and body."""
    if code == "ConditionalCheckFailedException":
        return ConditionFailed([body.get("Item")])
    reasons = body.get("CancellationReasons") or []
    codes = {reason.get("Code") for reason in reasons}
    if "ConditionalCheckFailed" in codes:
        return ConditionFailed([reason.get("Item") for reason in reasons])
    if status >= _SERVER_ERROR or code in _TRANSIENT or codes & _TRANSIENT:
        return Transient(code)
    if code in _CONFLICT or codes & _CONFLICT:
        return Conflict(code)
    return Rejected(code)


_SERVER_ERROR = 500
_TRANSIENT = {
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingError",
    "ThrottlingException",
    "TransactionInProgressException",
}
_CONFLICT = {"TransactionConflict", "TransactionConflictException"}


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to retry and how long to pause in between. A user waits for the result.

    Each pause is random, between zero and a ceiling (full jitter), so that two writers that
    conflicted do not conflict again. The ceiling doubles with each retry, because a throttled or
    failing service needs time to recover. The first `quick_conflicts` conflicts do not double it:
    a conflict ends soon, and a writer that waits longer is overtaken by others. More conflicts
    than that mean that one room gets more messages than it can take.
    """

    budget_ms: float = 3_000
    """Milliseconds for all attempts and pauses together."""

    first_pause_ms: float = 10
    longest_pause_ms: float = 320
    quick_conflicts: int = 50
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    """Returns the random part of a pause, between 0 and 1."""

    def run(self, step: Callable[[], _Result]) -> _Result:
        """Run a step until it succeeds, and return its result.

        An earlier attempt may have taken effect with only its answer lost, so the step must be
        safe to repeat.

        Raises:
            Busy: The budget is used up.
            StorageFailed: A retry would not help.
        """
        end = self.monotonic() + self.budget_ms / 1_000
        ceiling_ms, quick = self.first_pause_ms, self.quick_conflicts
        while True:
            pause = self.jitter() * ceiling_ms / 1_000
            try:
                return step()
            except Rejected as cause:
                raise StorageFailed from cause
            except Transient as cause:
                if self.monotonic() + pause > end:
                    raise Busy("Too much is going on at once; please try again") from cause
                is_quick = quick > 0 and isinstance(cause, Conflict)
            self.sleep(pause)
            if is_quick:
                quick -= 1
            else:
                ceiling_ms = min(2 * ceiling_ms, self.longest_pause_ms)
