"""The rows of people: what is empty takes no bytes, and a usual person is one unit."""

import pytest

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.rows import people
from fireside.adapters.dynamodb.units import size
from fireside.domain.person import AuditEntry, Device, Holder, Person

NOON = 1_795_345_200_000
DEVICES = tuple(Device("d" * 22, "Firefox on Linux", NOON, 20_779) for _ in range(5))


def test_a_person_with_five_devices_is_one_unit():
    person = Person("ada", "Ada", devices=DEVICES, recovery="0" * 64, recovery_ms=NOON)

    assert size(people.of_person(person)) < 600


def test_what_is_empty_is_left_out():
    assert set(people.of_person(Person("ada", "Ada"))) == {
        *("pk", "sk", "v", "rev", "name", "role", "devices")
    }


@pytest.mark.parametrize("role", ["owner", "moderator", "member", "bot"])
def test_a_person_is_read_as_it_was_written(role):
    person = Person("ada~1f", "Ada \u00c4", role, DEVICES, revision=7)

    assert people.person(people.of_person(person)) == person


@pytest.mark.parametrize("until_ms", [None, NOON])
def test_a_holder_is_read_as_it_was_written(until_ms):
    holder = Holder("ada", until_ms)

    assert people.holder(people.of_name("a#da", holder)) == ("a#da", holder)


def test_an_entry_is_read_as_it_was_written():
    entry = AuditEntry("01KB", NOON, "ada", "ban", "mallory", "")

    assert people.entry(people.of_entry(entry)) == entry


@pytest.mark.parametrize(
    "damage", [{"role": {"S": "king"}}, {"v": {"N": "2"}}, {"devices": {"S": "{"}}, {"rev": {}}]
)
def test_a_damaged_person_is_told(damage):
    with pytest.raises((KeyError, ValueError)):
        people.person(people.of_person(Person("ada", "Ada")) | damage)


def test_the_condition_for_a_name_is_what_was_found():
    """`until` is a word that DynamoDB keeps for itself."""
    held, freed = (people.held_as_found(Holder("ada", until)) for until in (None, 5))

    assert held["ConditionExpression"] == "#uid = :uid AND attribute_not_exists(#until)"
    assert freed["ExpressionAttributeValues"] == {":uid": rows.text("ada"), ":until": {"N": "5"}}
    assert people.held_as_found(None) == {"ConditionExpression": rows.ABSENT}
