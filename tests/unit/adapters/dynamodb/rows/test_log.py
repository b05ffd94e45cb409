"""The rows of messages and of their nonces."""

import pytest

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.units import size
from fireside.domain.message import Draft, Tail, follow

NOON = 1_795_345_200_000
MESSAGE = follow(Tail(6, 0), Draft("general", "ann", "Ann", "hi", "n1", None, NOON, entropy=7))


def test_a_usual_message_is_one_write_unit_and_so_is_its_nonce():
    said = follow(Tail(), Draft("general", "ann", "Ann", "x" * 700, "n" * 36, None, NOON, 7))

    assert size(rows.of_message(said)) <= 1_024
    assert size(rows.of_nonce(said, NOON)) <= 1_024


def test_a_nonce_is_forgotten_after_more_than_a_day():
    assert rows.of_nonce(MESSAGE, NOON)["ttl"] == {"N": str(NOON // 1_000 + 48 * 3_600)}


def test_a_nonce_leads_to_its_message():
    key = rows.under_nonce(rows.of_nonce(MESSAGE, NOON))

    assert key.items() <= rows.of_message(MESSAGE).items()


def test_nobody_can_make_a_nonce_that_is_somebody_elses():
    """A user id is a folded name, which has no `#`; so the first one ends it."""
    draft = Draft("general", "ann", "Ann", "hi", "x#y", None, NOON, entropy=7)

    assert rows.of_nonce(follow(Tail(), draft), NOON)["pk"] == {"S": "nonce#ann#x#y"}


@pytest.mark.parametrize("is_unclaimed", [True, False])
@pytest.mark.parametrize("reply_to", [None, "0" * 26])
def test_a_message_is_read_as_it_was_written(reply_to, is_unclaimed):
    draft = Draft("general", "ann", "Ann", "hi #1", "n1", reply_to, NOON, 7, is_unclaimed)
    message = follow(Tail(6, 0), draft)

    assert rows.message(rows.of_message(message)) == message


def without(field):
    return lambda row: {name: value for name, value in row.items() if name != field}


def changed(field, value):
    return lambda row: row | {field: value}


@pytest.mark.parametrize(
    "damage",
    [
        without("v"),
        without("text"),
        without("ts"),
        changed("ts", {"N": "noon"}),
        changed("name", {"N": "7"}),
        changed("v", {"N": "2"}),
    ],
)
def test_a_damaged_message_keeps_its_place(damage):
    message = rows.message(damage(rows.of_message(MESSAGE)))

    assert (message.room, message.seq, message.text) == ("general", 7, "\ufffd")
