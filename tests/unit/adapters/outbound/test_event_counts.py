"""What one event made happen is counted, and when its message was kept."""

import pytest

from fireside.adapters.dynamodb.client import ConditionFailed, Conflict, Rejected, Transient
from fireside.adapters.outbound.event_counts import TalliedTables, Tally


class Answering:
    def __init__(self, *answers):
        self.answers = list(answers)

    def call(self, _operation, _request):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def tallied(*answers):
    tally = Tally(lambda: 50.0)
    return tally, TalliedTables(Answering(*answers), tally)


def test_a_transaction_starts_the_clock_and_a_read_does_not():
    tally, tables = tallied({"Items": []}, {})

    assert tables.call("Query", {}) == {"Items": []}
    assert tally.since_written() is None

    tables.call("TransactWriteItems", {})
    tally.seconds = lambda: 50.3
    assert tally.since_written() == pytest.approx(0.3)
    assert tally.conflicts == 0


@pytest.mark.parametrize(
    ("failure", "conflicts"),
    [
        (ConditionFailed([None, None]), 1),
        (Conflict("TransactionConflict"), 1),
        (ConditionFailed([None, {"pk": {"S": "nonce#ann#1"}}]), 0),
        (Transient("ThrottlingException"), 0),
        (Rejected("AccessDeniedException"), 0),
    ],
    ids=["lost against another", "met another", "already kept", "throttled", "not allowed"],
)
def test_only_another_sender_is_a_conflict(failure, conflicts):
    tally, tables = tallied(failure)

    with pytest.raises(type(failure)):
        tables.call("TransactWriteItems", {})

    assert tally.conflicts == conflicts


def test_each_event_starts_from_nothing():
    tally, _ = tallied()
    tally.wrote()
    tally.conflicts = tally.gone = tally.handed_over = 3

    tally.begin()

    assert (tally.conflicts, tally.gone, tally.handed_over) == (0, 0, 0)
    assert tally.since_written() is None
