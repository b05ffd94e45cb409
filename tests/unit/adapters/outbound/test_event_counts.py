"""What one event made happen is counted, and when its message was kept."""

import pytest

from fireside.adapters.dynamodb.client import ConditionFailed, Conflict, Rejected, Transient
from fireside.adapters.outbound.event_counts import CountingTables, EventCounts


class Answering:
    def __init__(self, *answers):
        self.answers = list(answers)

    def call(self, _operation, _request):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def counting(*answers):
    counts = EventCounts(lambda: 50.0)
    return counts, CountingTables(Answering(*answers), counts)


def test_a_transaction_starts_the_clock_and_a_read_does_not():
    counts, tables = counting({"Items": []}, {})

    assert tables.call("Query", {}) == {"Items": []}
    assert counts.since_written() is None

    tables.call("TransactWriteItems", {})
    counts.monotonic = lambda: 50.3
    assert counts.since_written() == pytest.approx(0.3)
    assert counts.conflicts == 0


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
    counts, tables = counting(failure)

    with pytest.raises(type(failure)):
        tables.call("TransactWriteItems", {})

    assert counts.conflicts == conflicts


def test_each_event_starts_from_nothing():
    counts, _ = counting()
    counts.wrote()
    counts.conflicts = counts.gone = counts.delegated = counts.pushed = 3

    counts.begin()

    assert (counts.conflicts, counts.gone, counts.delegated, counts.pushed) == (0, 0, 0, 0)
    assert counts.since_written() is None
