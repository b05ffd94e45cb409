import pytest

from fireside.adapters.dynamodb.client import (
    ConditionFailed,
    Conflict,
    Rejected,
    RetryPolicy,
    Transient,
    failure,
)
from fireside.domain.errors import Busy, StorageFailed


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self):
        self.now = 100.0
        self.pauses = []

    def sleep(self, seconds):
        self.pauses.append(round(1_000 * seconds))
        self.now += seconds

    def policy(self, **fields):
        return RetryPolicy(monotonic=lambda: self.now, sleep=self.sleep, jitter=lambda: 1, **fields)


def failing(times, kind=Transient):
    outcomes = iter([kind("no")] * times)

    def step():
        for outcome in outcomes:
            raise outcome
        return "done"

    return step


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ProvisionedThroughputExceededException", 400),
        ("RequestLimitExceeded", 400),
        ("ThrottlingException", 400),
        ("TransactionInProgressException", 400),
        ("InternalServerError", 500),
        ("SomethingNew", 503),
    ],
)
def test_what_may_pass_is_known(code, status):
    assert isinstance(failure(code, status, {}), Transient)


def test_a_conflict_passes_soon():
    assert isinstance(failure("TransactionConflictException", 400, {}), Conflict)
    assert issubclass(Conflict, Transient)


@pytest.mark.parametrize(
    "code", ["ResourceNotFoundException", "AccessDeniedException", "ValidationException"]
)
def test_what_will_not_pass_is_known(code):
    assert isinstance(failure(code, 400, {}), Rejected)


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (["None", "TransactionConflict"], Conflict),
        (["TransactionConflict", "ThrottlingError"], Transient),
        (["ThrottlingError", "None"], Transient),
        (["ProvisionedThroughputExceeded", "None"], Transient),
        (["ConditionalCheckFailed", "None"], ConditionFailed),
        (["TransactionConflict", "ConditionalCheckFailed"], ConditionFailed),
        (["None", "ValidationError"], Rejected),
        (["None", "ItemCollectionSizeLimitExceeded"], Rejected),
    ],
)
def test_a_cancelled_transaction_means_what_its_reasons_mean(codes, kind):
    body = {"CancellationReasons": [{"Code": code} for code in codes]}

    assert type(failure("TransactionCanceledException", 400, body)) is kind


def test_a_failed_condition_shows_what_stood_in_the_way():
    row = {"pk": {"S": "epoch"}}
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": row}]

    single = failure("ConditionalCheckFailedException", 400, {"Item": row})
    both = failure("TransactionCanceledException", 400, {"CancellationReasons": reasons})

    assert isinstance(single, ConditionFailed)
    assert isinstance(both, ConditionFailed)
    assert (single.found, both.found) == ((row,), (None, row))


def test_what_works_is_done_once_and_without_a_pause():
    clock = Clock()

    assert clock.policy().run(failing(0)) == "done"
    assert clock.pauses == []


def test_pauses_double_up_to_a_ceiling():
    clock = Clock()

    assert clock.policy(first_pause_ms=10, longest_pause_ms=50).run(failing(5)) == "done"
    assert clock.pauses == [10, 20, 40, 50, 50]


def test_pauses_after_the_first_conflicts_stay_short():
    clock = Clock()
    policy = clock.policy(first_pause_ms=10, longest_pause_ms=50, quick_conflicts=3)

    assert policy.run(failing(7, Conflict)) == "done"
    assert clock.pauses == [10, 10, 10, 10, 20, 40, 50]


def test_a_conflict_does_not_lengthen_the_pauses_of_what_is_throttled():
    clock = Clock()
    outcomes = iter([Transient("no"), Conflict("no"), Transient("no")])

    def step():
        for outcome in outcomes:
            raise outcome
        return "done"

    assert clock.policy(first_pause_ms=40).run(step) == "done"
    assert clock.pauses == [40, 80, 80]


def test_two_that_meet_do_not_wait_alike():
    clock = Clock()
    halfway = RetryPolicy(monotonic=lambda: clock.now, sleep=clock.sleep, jitter=lambda: 0.5)

    halfway.run(failing(2))

    assert clock.pauses == [5, 10]


def test_retries_end_before_the_budget_does():
    clock = Clock()

    with pytest.raises(Busy) as refusal:
        clock.policy(budget_ms=100, first_pause_ms=40, longest_pause_ms=40).run(failing(9))

    assert refusal.value.retryable
    assert clock.pauses == [40, 40]


def test_what_will_not_pass_is_told_at_once():
    clock = Clock()

    with pytest.raises(StorageFailed):
        clock.policy().run(failing(1, Rejected))

    assert clock.pauses == []
