"""What a person used in an hour is one sum for all who add to it."""

import pytest

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.store import DynamoRegistry, DynamoSpending
from fireside.adapters.memory import MemorySpending
from tests.contract.conftest import LONG, NUMBERS


@pytest.fixture
def tables(tables_of):
    return tables_of("own")


@pytest.fixture
def table(tables):
    name = f"spending-{next(NUMBERS)}"
    tables.call("CreateTable", rows.connections_table(name))
    return name


@pytest.fixture(params=["memory", "dynamodb"])
def processes(request):
    """Give two processes that count in the same place."""
    if request.param == "memory":
        return [MemorySpending()] * 2
    tables, table = request.getfixturevalue("tables"), request.getfixturevalue("table")
    return [DynamoSpending(tables, table, retry=LONG) for _ in range(2)]


def test_all_who_add_get_the_sum_of_the_hour(processes):
    one, other = processes

    assert one.spend("ann", 7, 32) == 32
    assert other.spend("ann", 7, 50) == 82
    assert one.spend("ann", 7, 0) == 82
    assert one.spend("ann", 8, 3) == 3
    assert other.spend("bob", 7, 4) == 4


def test_its_row_expires_and_is_no_connection(tables, table):
    DynamoSpending(tables, table, retry=LONG).spend("ann", 500_000, 9)

    key = rows.spending_key("ann", 500_000)
    row = tables.call("GetItem", {"TableName": table, "Key": key})["Item"]
    assert row == key | {
        "v": {"N": "1"},
        "used": {"N": "9"},
        "ttl": {"N": str(500_002 * 3_600)},
    }
    registry = DynamoRegistry(tables, table, clock=lambda: 0, retry=LONG)
    assert registry.in_room("ann").ids == frozenset()
