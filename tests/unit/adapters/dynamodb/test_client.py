import pytest

from fireside.adapters.dynamodb.client import (
    ConditionFailed,
    Conflict,
    Passing,
    Patience,
    Refused,
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

    def patience(self, **fields):
        return Patience(seconds=lambda: self.now, sleep=self.sleep, chance=lambda: 1, **fields)


def failing(times, kind=Passing):
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
    assert isinstance(failure(code, status, {}), Passing)


def test_a_conflict_passes_soon():
    assert isinstance(failure("TransactionConflictException", 400, {}), Conflict)
    assert issubclass(Conflict, Passing)


@pytest.mark.parametrize(
    "code", ["ResourceNotFoundException", "AccessDeniedException", "ValidationException"]
)
def test_what_will_not_pass_is_known(code):
    assert isinstance(failure(code, 400, {}), Refused)


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (["None", "TransactionConflict"], Conflict),
        (["TransactionConflict", "ThrottlingError"], Passing),
        (["ThrottlingError", "None"], Passing),
        (["ProvisionedThroughputExceeded", "None"], Passing),
        (["ConditionalCheckFailed", "None"], ConditionFailed),
        (["TransactionConflict", "ConditionalCheckFailed"], ConditionFailed),
        (["None", "ValidationError"], Refused),
        (["None", "ItemCollectionSizeLimitExceeded"], Refused),
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

    assert clock.patience().persist(failing(0)) == "done"
    assert clock.pauses == []


def test_pauses_double_up_to_a_ceiling():
    clock = Clock()

    assert clock.patience(first_pause_ms=10, longest_pause_ms=50).persist(failing(5)) == "done"
    assert clock.pauses == [10, 20, 40, 50, 50]


def test_pauses_after_the_first_conflicts_stay_short():
    clock = Clock()
    patience = clock.patience(first_pause_ms=10, longest_pause_ms=50, quick_conflicts=3)

    assert patience.persist(failing(7, Conflict)) == "done"
    assert clock.pauses == [10, 10, 10, 10, 20, 40, 50]


def test_a_conflict_does_not_lengthen_the_pauses_of_what_is_throttled():
    clock = Clock()
    outcomes = iter([Passing("no"), Conflict("no"), Passing("no")])

    def step():
        for outcome in outcomes:
            raise outcome
        return "done"

    assert clock.patience(first_pause_ms=40).persist(step) == "done"
    assert clock.pauses == [40, 80, 80]


def test_two_that_meet_do_not_wait_alike():
    clock = Clock()
    halfway = Patience(seconds=lambda: clock.now, sleep=clock.sleep, chance=lambda: 0.5)

    halfway.persist(failing(2))

    assert clock.pauses == [5, 10]


def test_patience_ends_before_its_budget_does():
    clock = Clock()

    with pytest.raises(Busy) as refusal:
        clock.patience(budget_ms=100, first_pause_ms=40, longest_pause_ms=40).persist(failing(9))

    assert refusal.value.retryable
    assert clock.pauses == [40, 40]


def test_what_will_not_pass_is_told_at_once():
    clock = Clock()

    with pytest.raises(StorageFailed):
        clock.patience().persist(failing(1, Refused))

    assert clock.pauses == []
