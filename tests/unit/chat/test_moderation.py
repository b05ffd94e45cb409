"""Moderation through the port: who may not is told so, and nothing is stored or pushed."""

import pytest

from tests.flow.house import House

COMMANDS = [
    ("promote", {"role": "moderator"}),
    ("ban", {}),
    ("unban", {}),
    ("mute", {"seconds": 60}),
]


@pytest.fixture
def house():
    return House()


@pytest.mark.parametrize(("action", "fields"), COMMANDS)
@pytest.mark.parametrize("device", ["d2", None])
def test_a_member_and_a_name_alone_moderate_nobody(house, action, fields, device):
    ada = house.own("Ada", "d1")
    other = house.claim("Bob", device) if device else house.join("Bob", hello=True)
    before, entries = house.store.people.find("ada"), house.store.people.audit(None, 9)

    for person in ("ada", "bob", "nobody"):
        assert other.ask(action, person=person, **fields)["code"] == "forbidden"

    assert house.store.people.find("ada") == before
    assert house.store.people.audit(None, 9) == entries
    assert not ada.is_cut


@pytest.mark.parametrize(("action", "fields"), [one for one in COMMANDS if one[0] != "ban"])
@pytest.mark.parametrize("person", ["nobody", "forgotten", "<b>", "A" * 80])
def test_who_is_no_person_is_not_found(house, action, fields, person):
    ada = house.own("Ada", "d1")
    house.claim("Forgotten", "d3").ask("forgetMe", name="Forgotten")
    entries = house.store.people.audit(None, 9)

    answer = ada.ask(action, person=person, **fields)

    assert (answer["code"], answer["field"]) == ("not_found", "person")
    assert house.store.people.audit(None, 9) == entries


def test_oneself_is_nobody_to_moderate(house):
    ada = house.own("Ada", "d1")

    for action, fields in COMMANDS[1:]:
        assert ada.ask(action, person="ada", **fields)["code"] == "bad_request"


def test_a_rank_that_was_taken_holds_from_the_next_frame_on(house):
    ada, bob = house.own("Ada", "d1"), house.claim("Bob", "d2")
    house.claim("Cid", "d3")
    ada.ask("promote", person="bob", role="moderator")
    assert bob.ask("mute", person="cid", seconds=5)["type"] == "person"

    ada.ask("promote", person="bob", role="member")

    assert bob.ask("mute", person="cid", seconds=0)["code"] == "forbidden"
