"""A person who comes back on another day."""

import json

import pytest

from fireside.domain.errors import Busy, StorageFailed
from fireside.domain.person import DAY_MS, Change, Device, Person
from tests.flow.house import NOON, House

pytestmark = pytest.mark.in_memory

DEVICE = "d" * 22


@pytest.fixture
def house():
    house = House()
    ann = Person("ann", "Ann", devices=(Device(DEVICE, "", NOON, NOON // DAY_MS),))
    house.store.people.change("ann", ("ann",), lambda _: Change(ann, taken=("ann",)))
    house.wait(DAY_MS // 1_000)
    return house


def say_hello(house):
    context = house.context(house.somebody("Ann"), "hello")
    context["authorizer"]["device"] = DEVICE
    answer = house.handler({"requestContext": context, "body": '{"action":"hello","v":2}'}, None)
    return json.loads(answer["body"])["type"]


def test_the_day_of_a_visit_is_noted_once(house):
    assert [say_hello(house), say_hello(house)] == ["hello", "hello"]

    ann = house.store.people.find("ann").person
    assert (ann.devices[0].last_day, ann.revision) == (NOON // DAY_MS + 1, 2)


@pytest.mark.parametrize("cause", [StorageFailed(), Busy("Try again")])
def test_a_visit_that_cannot_be_noted_is_none_the_less_welcome(house, monkeypatch, cause):
    """On a full disk nobody can write, but everybody can read."""

    def full(*_):
        raise cause

    monkeypatch.setattr(house.store.people, "change", full)

    assert say_hello(house) == "hello"

    monkeypatch.undo()
    assert say_hello(house) == "hello"
    assert house.store.people.find("ann").person.devices[0].last_day == NOON // DAY_MS + 1
