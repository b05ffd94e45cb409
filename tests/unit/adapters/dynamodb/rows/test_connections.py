"""The rows of connections: small, since each broadcast reads all of a room, and they expire."""

from dataclasses import replace

import pytest

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.units import size
from fireside.domain.device_secrets import DEVICE_ID_CHARACTERS
from fireside.ports import Connection

NOON = 1_795_345_200_000
CONNECTION = Connection("L0SM9cOFvHcCIhw=", "ann", "Ann", ("general",), NOON, said_hello=True)


@pytest.mark.parametrize(("device", "most"), [("", 100), ("d" * DEVICE_ID_CHARACTERS, 130)])
def test_a_member_of_a_room_is_small(device, most):
    assert size(rows.of_member(replace(CONNECTION, device=device), "general")) < most


@pytest.mark.parametrize("device", ["", "d1"])
@pytest.mark.parametrize("rooms", [(), ("general",), ("general", "the attic")])
def test_a_connection_is_read_as_it_was_written(rooms, device):
    connection = Connection("L0SM9cOFvHcCIhw=", "ann", "Ann", rooms, NOON, device=device)

    assert rows.connection(rows.of_connection(connection), 0) == connection
    assert rows.connection(rows.of_member(connection, "-"), 0) == connection


def without(field):
    return lambda row: {name: value for name, value in row.items() if name != field}


def changed(field, value):
    return lambda row: row | {field: value}


@pytest.mark.parametrize(
    "damage", [without("uid"), changed("at", {"N": "noon"}), changed("v", {"N": "2"})]
)
def test_a_damaged_connection_is_none(damage):
    assert rows.connection(damage(rows.of_connection(CONNECTION)), 0) is None


def test_a_connection_expires_after_the_two_hours_that_it_can_last():
    row = rows.of_connection(CONNECTION)
    end = NOON // 1_000 + 2 * 3_600 + 600

    assert rows.connection(row, end - 1) == CONNECTION
    assert rows.connection(row, end) is None
