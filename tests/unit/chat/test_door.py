"""The door: what it reads of each visitor, and the order in which it asks."""

import pytest

from fireside.adapters.memory import MemoryRegistry
from fireside.adapters.memory_people import MemoryPeople
from fireside.chat.door import Arrival, Door
from fireside.domain.entry import Visitor
from fireside.domain.errors import ChatError, Forbidden
from fireside.domain.lookalikes import name_keys
from fireside.domain.person import Change, Device, Person

NOW = 1_795_345_200_000
OWN, OTHER = "o" * 22, "x" * 22


class CountedPeople(MemoryPeople):
    """People in memory that count how often they are asked."""

    def __init__(self):
        super().__init__()
        self.asked = 0

    def find(self, user_id, keys=()):
        self.asked += 1
        return super().find(user_id, keys)


@pytest.fixture
def people():
    """Bea, who was Ada at first."""
    people = CountedPeople()
    bea = Person("ada", "Bea", devices=(Device(OWN, "", 1, 0),), recovery="c" * 64)
    freed = {"freed": name_keys("Ada"), "freed_until_ms": NOW + 1}
    people.change("ada", (), lambda _: Change(bea, taken=name_keys("Bea"), **freed))
    people.asked = 0
    return people


@pytest.fixture
def registry():
    return MemoryRegistry()


def door(people, registry=None, names="open", now=NOW):
    return Door(people, registry or MemoryRegistry(), lambda: now, names)


def arrival(username, device=OTHER, user_id=None, **more):
    user_id = username.casefold() if user_id is None else user_id
    return Arrival("c1", NOW, Visitor(user_id, username, device, **more))


@pytest.mark.parametrize(
    ("who", "reads"),
    [
        (arrival("Bea", OWN, "ada"), 1),
        (arrival("Ada", OWN), 1),
        (arrival("Whatever", OWN, "ada"), 1),
        (arrival("Bea", OWN), 3),
        (arrival("Bea", OWN, "zed"), 3),
    ],
)
def test_a_persons_device_is_known_by_id_and_by_name(people, who, reads):
    sender = door(people).identify(who)

    assert (sender.connection.user_id, sender.connection.username) == ("ada", "Bea")
    assert sender.connection.device == OWN
    assert sender.myself.person == people.find("ada").person
    assert people.asked == reads + 1


@pytest.mark.parametrize("who", [arrival("Pat", ""), arrival("Pat"), arrival("Pat", "", "zed")])
def test_a_name_that_nobody_has_costs_two_reads(people, who):
    sender = door(people).identify(who)

    assert (sender.connection.user_id, sender.person) == ("pat", None)
    assert people.asked == 2


@pytest.mark.parametrize(
    ("who", "now", "code"),
    [
        (arrival("Bea"), NOW, "name_taken"),
        (arrival("Bea", ""), NOW, "name_taken"),
        (arrival("Bea", OTHER, "ada"), NOW, "name_taken"),
        (arrival("Zed", OTHER, "ada"), NOW, "name_taken"),
        (arrival("Ada"), NOW, "name_taken"),
        (arrival("Ada"), NOW + 1, "unauthorized"),
        (arrival("Zed", is_invited=False), NOW, "forbidden"),
    ],
)
def test_who_is_no_person_is_told_why_after_at_most_three_reads(people, who, now, code):
    with pytest.raises(ChatError) as refused:
        door(people, now=now).identify(who)
    assert refused.value.code == code
    assert people.asked <= 3


def test_who_takes_part_is_in_the_room_under_the_present_name(people, registry):
    door(people, registry).connect(arrival("Ada", OWN))

    [connection] = registry.in_room("general").by_user["ada"]
    assert (connection.username, connection.device) == ("Bea", OWN)
    door(people, registry).disconnect("c1")
    assert not registry.in_room("general").ids


def test_who_may_only_show_who_they_are_is_stored_nowhere(people, registry):
    door(people, registry).connect(arrival("Bea"))

    assert registry.get("c1") is None
    with pytest.raises(Forbidden):
        door(people, registry).connect(arrival("Bea", ""))
    with pytest.raises(Forbidden):
        door(people, registry, names="claimed").connect(arrival("Pat", ""))
