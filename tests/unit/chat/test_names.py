"""Names and devices through the port: an answer of the store that is lost changes nothing."""

import pytest

from fireside.adapters.memory_people import MemoryPeople
from fireside.chat.door import Arrival
from fireside.domain.commands.people import ForgetMe
from fireside.handlers.authorizer import visitor_of
from tests.flow.house import OWNER_SECRET, House, WatchedStore, id_of


class LosingPeople(MemoryPeople):
    """People in memory whose answers are lost once each: what is asked again was done before."""

    def change(self, user_id, keys, decide):
        super().change(user_id, keys, decide)
        return super().change(user_id, keys, decide)


def house_over(people):
    store = WatchedStore()
    store.people = people
    return House(store)


def a_life(house):
    """Send every command that changes a person; return all answers and pushes."""
    ada = house.join("Ada", device="d1", hello=True)
    answers = [ada.ask("claim", name="Ada", label="Laptop"), ada.ask("hello", v=2)]
    code = answers[0]["recovery"]
    answers.append(ada.ask("own", secret=OWNER_SECRET))
    answers.append(ada.ask("deviceLink"))
    phone = house.join("x1", device="d2")
    answers.append(phone.ask("link", secret=answers[-1]["secret"]))
    answers.append(house.join("x2", device="d3").ask("recover", name="Ada", code=code))
    answers.append(ada.ask("recovery"))
    answers.append(ada.ask("rename", name="Bea"))
    bob = house.join("Bob", device="d4")
    answers.append(bob.ask("claim", name="Bob"))
    bob.ask("hello", v=2)
    answers += [
        ada.ask("deviceLink", person="bob"),
        ada.ask("promote", person="bob", role="moderator"),
        ada.ask("mute", person="bob", seconds=60),
        ada.ask("ban", person="bob", reason="spam"),
        ada.ask("unban", person="bob"),
        ada.ask("ban", person="eve"),
        ada.ask("unban", person="eve"),
        ada.ask("revokeDevice", device=id_of("d2")),
        bob.ask("forgetMe", name="Bob"),
        ada.ask("audit"),
        ada.ask("devices"),
    ]
    return answers, [ada.received, phone.received, bob.received]


def test_a_life_is_the_same_where_every_answer_of_the_store_is_lost_once():
    plain, losing = MemoryPeople(), LosingPeople()

    answers, pushes = a_life(house_over(losing))

    assert "error" not in {answer["type"] for answer in answers}
    assert (answers, pushes) == a_life(house_over(plain))
    for user_id, key in (("ada", "bea"), ("bob", "bob"), ("eve", "eve")):
        assert losing.find(user_id, (key,)) == plain.find(user_id, (key,))
    assert losing.audit(None, 99) == plain.audit(None, 99)


def test_who_was_renamed_meanwhile_leaves_the_new_name_too():
    house = House()
    ada = house.claim("Ada", "d1")
    arrival = Arrival(ada.connection_id, ada.connected_at, visitor_of(ada.vouched))
    sender = house.chat.door.identify(arrival)
    ada.ask("rename", name="Bea")

    house.chat.names.forget(sender, ForgetMe("Ada"))

    found = house.store.people.find("ada", ("ada", "bea"))
    assert found.person.is_forgotten
    assert [found.holders[key].until_ms is None for key in ("ada", "bea")] == [False, False]


def test_in_the_store_are_hashes_alone():
    house = House()
    answers, _ = a_life(house)

    secrets = [
        answer[key]
        for answer in answers
        for key in ("recovery", "secret", "code")
        if answer.get(key)
    ]
    stored = repr(house.store.people.find("ada")) + repr(house.store.people.audit(None, 99))

    assert len(secrets) == 6
    assert not any(secret in stored for secret in secrets)


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("claim", {"name": "Ada", "label": ""}),
        ("claim", {"name": "<b>"}),
        ("claim", {"name": "Bob"}),
        ("rename", {"name": "Bob"}),
        ("rename", {"name": "A"}),
        ("rename", {"name": "everybody"}),
        ("recover", {"name": "Bob", "code": "x"}),
        ("recover", {"name": "Bob"}),
        ("link", {"secret": "x"}),
        ("link", {"secret": "A" * 22 + ".Ym9i"}),
        ("deviceLink", {"person": "bob"}),
        ("revokeDevice", {}),
        ("forgetMe", {"name": "Bob"}),
        ("own", {"secret": "x"}),
        ("promote", {"person": "bob", "role": "owner"}),
        ("ban", {"person": "bob"}),
        ("unban", {"person": "bob"}),
        ("mute", {"person": "bob", "seconds": 60}),
        ("audit", {}),
    ],
)
def test_what_is_refused_changes_nothing(action, fields):
    house = House()
    ada, bob = house.claim("Ada", "d1"), house.claim("Bob", "d2")
    people = house.store.people
    keys = ("ada", "bob")
    before = [people.find(one, keys) for one in keys]

    answer = ada.ask(action, id="7", **fields)

    assert (answer["type"], answer["id"], answer["retryable"]) == ("error", "7", False)
    assert [people.find(one, keys) for one in keys] == before
    assert people.audit(None, 9) == []
    assert [*ada.received, *bob.received] == []
    assert ada.is_in
