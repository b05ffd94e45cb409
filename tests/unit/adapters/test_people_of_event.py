"""A person is read once an event, however many parts ask, and never from the event before."""

from fireside.adapters.memory_people import MemoryPeople
from fireside.adapters.people_of_event import PeopleOfEvent
from fireside.domain.person import Change, Holder, Person

ADA = Person("ada", "Ada", revision=1)


class Counted(MemoryPeople):
    """People that note what is asked for."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def find(self, user_id, keys=()):
        self.asked.append((user_id, *keys))
        return super().find(user_id, keys)


def people_with_ada():
    stored = Counted()
    stored.change("ada", ("ada",), lambda _: Change(Person("ada", "Ada"), taken=("ada",)))
    stored.asked.clear()
    return stored, PeopleOfEvent(stored)


def test_a_person_is_read_once_and_so_is_a_name():
    stored, people = people_with_ada()

    assert [people.find("ada").person for _ in range(3)] == [ADA] * 3
    found = people.find("ada", ("ada", "x"))

    assert (found.person, found.holders) == (ADA, {"ada": Holder("ada")})
    assert people.find("bob", ("x", "ada")).holders == {"ada": Holder("ada")}
    assert stored.asked == [("ada",), ("", "ada", "x"), ("bob",)]


def test_that_there_is_no_such_person_is_remembered_too():
    stored, people = people_with_ada()

    assert [people.find("bob", keys).person for keys in ((), (), ("bob",))] == [None] * 3
    assert stored.asked == [("bob",), ("", "bob")]


def test_the_next_event_reads_again():
    stored, people = people_with_ada()
    people.find("ada")
    stored.change("ada", (), lambda _: Change(Person("ada", "Ada", is_banned=True)))

    assert not people.find("ada").person.is_banned
    people.begin()
    assert people.find("ada").person.is_banned


def test_a_change_is_seen_at_once():
    _, people = people_with_ada()
    people.find("ada")

    people.change("ada", (), lambda _: Change(Person("ada", "Ada", "owner")))

    assert people.find("ada").person.role == "owner"
    assert people.forgotten == frozenset()
    assert people.audit(None, 9) == []
