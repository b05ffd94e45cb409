import pytest

from fireside.adapters.dynamodb import rows, units
from fireside.adapters.dynamodb.client import ConditionFailed
from fireside.adapters.dynamodb.units import MeteredTables


def row(size):
    """Make a row of so many bytes."""
    return {"pk": rows.text("x" * (size - 2))}


def test_a_row_is_its_names_its_texts_and_half_its_digits():
    assert units.size({"pk": {"S": "é"}, "seq": {"N": "12345"}}) == 2 + 2 + 3 + 4


@pytest.mark.parametrize(("size", "expected"), [(3, 1), (1_024, 1), (1_025, 2), (4_000, 4)])
def test_a_write_is_billed_by_the_kilobyte_and_twice_in_a_transaction(size, expected):
    put = {"Item": row(size)}
    batch = {"RequestItems": {"table": [{"PutRequest": put}, {"DeleteRequest": {"Key": row(3)}}]}}

    assert units.written("PutItem", put) == expected
    assert units.written("BatchWriteItem", batch) == expected + 1
    transaction = {"TransactItems": [{"Put": put}, {"Put": put}]}
    assert units.written("TransactWriteItems", transaction) == 4 * expected


def test_a_query_is_billed_for_all_its_rows_together():
    assert units.read("Query", {}, {"Items": []}) == 1
    assert units.read("Query", {}, {"Items": [row(2_000)] * 2}) == 1
    assert units.read("Query", {}, {"Items": [row(2_000)] * 3}) == 2


def test_a_row_that_is_looked_up_is_billed_whether_it_is_there_or_not():
    batch = {"RequestItems": {"table": {"Keys": [row(3), row(4), row(5)]}}}

    assert units.read("GetItem", {}, {}) == 1
    assert units.read("GetItem", {}, {"Item": row(5_000)}) == 2
    assert units.read("BatchGetItem", batch, {"Responses": {"table": [row(5_000)]}}) == 4


class Answering:
    def call(self, _, request):
        if request.get("taken"):
            raise ConditionFailed([None])
        return {"Items": []}


def test_a_meter_counts_reads_writes_and_what_was_refused():
    meter = MeteredTables(Answering())

    meter.call("Query", {})
    meter.call("PutItem", {"Item": row(3)})
    with pytest.raises(ConditionFailed):
        meter.call("PutItem", {"Item": row(2_000), "taken": True})

    assert (meter.calls, meter.read_units, meter.write_units) == (3, 1, 3)
