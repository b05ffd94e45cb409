"""Names that are somebody's: claimed by a device, kept, given up, and never used by another."""

import pytest

from fireside.domain.entry import EntryRules
from fireside.domain.errors import StorageFailed
from fireside.domain.invite import hash_of
from tests.flow.house import DAY, OWNER_SECRET, House, id_of

pytestmark = pytest.mark.in_memory


@pytest.fixture
def house():
    return House()


def is_refused(answer, code):
    assert (answer["type"], answer["code"], answer["retryable"]) == ("error", code, False), answer
    return True


def test_the_first_device_that_claims_a_name_has_it(house):
    ada = house.join("Ada", device="d1")
    hello = ada.ask("hello", v=2, id="h")
    assert hello["user"] == {
        "userId": "ada",
        "username": "Ada",
        "claimed": False,
        "role": "member",
    }
    assert {"claim", "moderation"} <= set(hello["features"])

    claimed = ada.ask("claim", name="Ada", nonce="c1", id="1")

    assert claimed["id"] == "1"
    assert claimed["user"] == hello["user"] | {"claimed": True}
    assert len(claimed["recovery"].split()) == 6
    assert ada.ask("claim", name="ada")["recovery"] is None
    assert ada.ask("hello", v=2)["user"]["claimed"]


def test_what_is_said_under_a_claimed_name_is_not_marked_and_else_it_is(house):
    ada, pat = house.claim("Ada", "d1"), house.join("Pat")

    pat.say("hi")
    ada.say("hello")

    [hi, hello] = ada.ask("getHistory")["messages"][::-1]
    assert (hi["unclaimed"], "unclaimed" in hello) == (True, False)


def test_others_do_not_get_in_under_a_claimed_name(house):
    house.claim("Ada", "d1")

    assert house.somebody("Ada").connect() == 403
    assert house.somebody("ADA", "c2").connect() == 403
    stranger = house.join("Ada", device="d2")
    assert not stranger.is_in
    refused = stranger.ask("hello", v=2, id="h")
    assert is_refused(refused, "name_taken")
    assert refused["id"] == "h"
    for action, fields in [
        ("sendMessage", {"message": "hi"}),
        ("getHistory", {}),
        ("ping", {}),
        ("devices", {}),
        ("claim", {"name": "Ada"}),
        ("rename", {"name": "Eve"}),
    ]:
        assert is_refused(stranger.ask(action, **fields), "name_taken")
    assert not stranger.is_in


def test_of_20_who_claim_a_name_at_once_one_has_it(house):
    people = [house.join("Zoe", device=f"d{number}") for number in range(20)]

    answers = [one.ask("claim", name="Zoe") for one in people]

    assert [one["type"] for one in answers] == ["claimed"] + ["error"] * 19
    assert {one["code"] for one in answers[1:]} == {"name_taken"}


def test_who_came_under_a_name_before_it_was_claimed_is_refused_from_then_on(house):
    early = house.join("Bob", "early", device="dx", hello=True)
    plain = house.join("Bob", "plain")
    other = house.join("Cid", hello=True)
    early.say("I was here first")

    bob = house.claim("Bob", "db")

    for one in (early, plain):
        assert is_refused(one.say("still me?"), "name_taken")
        assert is_refused(one.ask("ping"), "name_taken")
        assert one.told("you") == []
    assert [frame["message"] for frame in other.told("message")] == ["I was here first"]
    assert bob.say("it is me")["type"] == "ack"


def test_a_device_that_was_not_shown_can_claim_nothing(house):
    assert is_refused(house.join("Ada").ask("claim", name="Ada"), "bad_request")


def test_one_claims_the_name_that_one_came_with(house):
    ada = house.join("Ada", device="d1")

    assert is_refused(ada.ask("claim", name="Bob"), "bad_request")
    assert house.somebody("Bob").connect() == 200


def test_a_reserved_name_is_nobodys(house):
    assert is_refused(house.join("Fireside", device="d1").ask("claim", name="Fireside"), "bad_name")
    ada = house.claim("Ada", "d1")
    assert is_refused(ada.ask("rename", name="System"), "bad_name")


@pytest.mark.parametrize("name", ["System", "Somebody", "here", "Sys-tem"])
def test_nobody_takes_part_under_a_reserved_name(house, name):
    assert house.somebody(name).connect() == 403

    knocking = house.join(name, device="d1")

    assert not knocking.is_in
    assert is_refused(knocking.ask("hello", v=2), "bad_name")
    assert is_refused(knocking.say("I am the place"), "bad_name")


def test_a_device_may_be_two_persons(house):
    ada, bob = house.claim("Ada", "d1"), house.claim("Bob", "d1")

    assert ada.say("hi")["type"] == bob.say("hi")["type"] == "ack"
    ada.ask("revokeDevice", device=id_of("d1"))

    assert is_refused(ada.say("gone"), "name_taken")
    assert bob.say("still here")["type"] == "ack"
    assert not bob.is_cut


# --- where names must be claimed ---


def test_where_names_are_claimed_one_claims_first_and_is_then_in_the_room():
    house = House(names="claimed")
    assert house.somebody("Pat").connect() == 403
    ada = house.join("Ada", device="d1")

    assert is_refused(ada.ask("hello", v=2), "unauthorized")
    assert is_refused(ada.say("hi"), "unauthorized")
    assert not ada.is_in
    assert ada.ask("claim", name="Ada")["type"] == "claimed"
    hello = ada.ask("hello", v=2)

    assert (hello["user"]["claimed"], hello["place"]) == (True, {"names": "claimed"})
    assert ada.is_in
    assert ada.say("hi")["type"] == "ack"


def test_who_claimed_and_says_no_hello_is_in_the_room_from_its_first_ping_on():
    house = House(names="claimed")
    ada = house.join("Ada", device="d1")
    ada.ask("claim", name="Ada")
    assert not ada.is_in

    ada.ask("ping")

    assert ada.is_in


# --- invites ---

INVITED = EntryRules(invites=frozenset({hash_of("come-in")}))


def test_a_device_is_an_invite_and_an_unknown_one_is_none():
    house = House(rules=INVITED)
    house.join("Ada", "invited", device="d1", shows=["invite.come-in"]).ask("claim", name="Ada")

    again = house.join("Ada", "again", device="d1")

    assert again.ask("hello", v=2)["user"]["claimed"]
    assert house.somebody("Ada", device="d2").connect() == 403
    assert house.somebody("Bob", device="d2").connect() == 403


def test_a_code_lets_its_person_back_in_without_an_invite_also_after_a_rename():
    house = House(rules=INVITED)
    ada = house.join("Ada", "invited", device="d1", shows=["invite.come-in"])
    code = ada.ask("claim", name="Ada")["recovery"]
    ada.ask("rename", name="Bea")
    key = "recover." + code.replace(" ", "")

    assert house.somebody("Bea", device="d2", shows=["recover.AAAA"]).connect() == 403
    back = house.join("Bea", device="d2", shows=[key])

    linked = back.ask("recover", name="Bea", code=code)
    assert linked["user"]["userId"] == "ada"
    assert back.ask("hello", v=2)["user"]["username"] == "Bea"


def test_a_link_brings_its_person_in_and_nobody_else():
    house = House(rules=INVITED)
    ada = house.join("Ada", "invited", device="d1", shows=["invite.come-in"])
    ada.ask("claim", name="Ada")
    secret = ada.ask("deviceLink")["secret"]
    guest = house.join("Eve", device="d2", user="ada", shows=[f"link.{secret}"])

    assert is_refused(guest.ask("claim", name="Eve"), "forbidden")
    assert is_refused(guest.say("hi"), "name_taken")
    assert guest.ask("link", secret=secret)["type"] == "linked"
    assert guest.ask("hello", v=2)["user"]["userId"] == "ada"


# --- another name ---


def test_a_person_takes_another_name_and_keeps_the_id(house):
    ada, bob = house.claim("Ada", "d1"), house.join("Bob", hello=True)
    second = house.join("Ada", "second", device="d1", hello=True)
    house.claim("Cid", "d3")

    you = ada.ask("rename", name="Bea", id="7")

    assert (you["type"], you["id"], you["change"]) == ("you", "7", "renamed")
    assert (you["user"]["userId"], you["user"]["username"]) == ("ada", "Bea")
    assert [frame["user"]["username"] for frame in second.told("you")] == ["Bea"]
    second.say("hi")
    assert [(one["userId"], one["username"]) for one in bob.told("message")] == [("ada", "Bea")]
    assert ada.ask("rename", name="Bea", id="7") == you
    assert is_refused(ada.ask("rename", name="cid"), "name_taken")
    assert ada.ask("hello", v=2)["user"]["username"] == "Bea"


def test_the_same_name_in_other_letters_is_no_other_name(house):
    ada = house.claim("Ada", "d1")

    assert ada.ask("rename", name="ADA")["user"]["username"] == "ADA"
    assert ada.ask("hello", v=2)["user"]["username"] == "ADA"
    assert house.somebody("Ada").connect() == 403


def test_a_person_comes_by_the_new_name_and_by_the_old_one(house):
    house.claim("Ada", "d1").ask("rename", name="Bea")

    for number, name in enumerate(("Ada", "Bea", "bea")):
        for user in (None, "ada"):
            again = house.join(name, f"again {number} {user}", device="d1", user=user)
            assert again.ask("hello", v=2)["user"] == {
                "userId": "ada",
                "username": "Bea",
                "claimed": True,
                "role": "member",
            }
    assert house.somebody("Bea", "plain").connect() == 403


def test_a_user_id_that_names_no_person_is_ignored(house):
    pat = house.join("Pat", user="zed", hello=True)

    pat.say("hi")

    assert [one["userId"] for one in pat.ask("getHistory")["messages"]] == ["pat"]


def test_a_freed_name_is_refused_for_30_days_and_then_claimed_by_another(house):
    ada = house.claim("Ada", "d1")
    ada.ask("rename", name="Bea")

    house.wait(29 * DAY)
    other = house.join("Ada", "29 days", device="d2")
    assert is_refused(other.ask("hello", v=2), "name_taken")
    assert is_refused(other.ask("claim", name="Ada"), "name_taken")
    house.wait(1 * DAY)
    assert house.somebody("Ada", "plain").connect() == 403
    assert is_refused(other.ask("hello", v=2), "unauthorized")
    claimed = other.ask("claim", name="Ada")
    assert claimed["user"]["userId"].startswith("ada~")
    assert other.ask("claim", name="Ada") == claimed | {"recovery": None}
    hello = other.ask("hello", v=2)

    assert hello["user"] == claimed["user"]
    assert ada.ask("hello", v=2)["user"]["username"] == "Bea"
    assert is_refused(ada.ask("rename", name="Ada"), "name_taken")
    again = house.join("Ada", "again", device="d2", user=claimed["user"]["userId"])
    assert again.ask("hello", v=2)["user"] == claimed["user"]
    assert is_refused(house.join("Ada", device="d3").ask("hello", v=2), "name_taken")


def test_a_person_may_take_the_old_name_back(house):
    ada = house.claim("Ada", "d1")
    ada.ask("rename", name="Bea")
    ada.ask("rename", name="Ada")

    house.wait(31 * DAY)

    assert is_refused(house.join("Ada", device="d2").ask("claim", name="Ada"), "name_taken")
    assert house.join("Bea", device="d2").ask("claim", name="Bea")["type"] == "claimed"


# --- leaving ---


@pytest.mark.parametrize("hello", [True, False])
def test_who_is_forgotten_leaves_the_messages_under_no_name(house, hello):
    ada, bob = house.claim("Ada", "d1"), house.join("Bob", hello=hello)
    tab, phone = house.join("Ada", "tab", device="d1"), house.join("Ada", "p", device="d1")
    ada.say("hi")

    assert is_refused(ada.ask("forgetMe", name="Eve"), "bad_request")
    closing = ada.ask("forgetMe", name="ada", id="9")

    assert (closing["type"], closing["id"], closing["again"]) == ("closing", "9", False)
    for other in (tab, phone):
        assert other.told("closing")
        assert other.is_cut
    assert not ada.is_cut  # the answer would be lost
    assert not any(one.is_in for one in (ada, tab, phone))
    [message] = bob.ask("getHistory")["messages"]
    assert (message["username"], message["userId"], message["message"]) == ("Somebody", "ada", "hi")
    if hello:
        cursor = {"epoch": house.store.epoch, "after": 0}
        [resumed] = bob.ask("hello", v=1, resume={"general": cursor})["resumed"]
        assert resumed["events"][0]["username"] == "Somebody"
    for one in (ada, tab):
        assert is_refused(one.say("still me?"), "gone")


def test_a_name_that_was_left_is_another_persons_after_30_days(house):
    ada = house.claim("Ada", "d1")
    ada.say("hi")
    ada.ask("forgetMe", name="Ada")

    assert is_refused(house.join("Ada", "again", device="d1").ask("hello", v=2), "gone")
    assert house.somebody("Ada", "plain").connect() == 403
    house.wait(30 * DAY)
    other = house.join("Ada", device="d2")
    assert is_refused(other.ask("hello", v=2), "unauthorized")
    assert other.ask("claim", name="Ada")["type"] == "claimed"
    other.ask("hello", v=2)
    other.say("I am new")

    shown = {one["message"]: one["username"] for one in other.ask("getHistory")["messages"]}
    assert shown == {"hi": "Somebody", "I am new": "Ada"}


def test_an_owner_stays_until_another_owner_lets_go(house):
    ada = house.own("Ada", "d1")

    assert is_refused(ada.ask("forgetMe", name="Ada"), "forbidden")
    bob = house.own("Bob", "d2")
    bob.ask("promote", person="ada", role="member")
    assert ada.ask("forgetMe", name="Ada")["type"] == "closing"


# --- owning the place ---


def test_the_owner_link_makes_an_owner_and_no_other_secret_does(house):
    ada, pat = house.claim("Ada", "d1"), house.join("Pat")

    assert is_refused(ada.ask("own", secret="wrong"), "forbidden")
    assert is_refused(pat.ask("own", secret=OWNER_SECRET), "forbidden")
    assert ada.ask("hello", v=2)["user"]["role"] == "member"
    you = ada.ask("own", secret=OWNER_SECRET)
    assert (you["change"], you["user"]["role"]) == ("role", "owner")
    assert ada.ask("own", secret=OWNER_SECRET) == you
    assert [one["action"] for one in ada.ask("audit")["entries"]] == ["own"]


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("rename", {"name": "Bea"}),
        ("recovery", {}),
        ("deviceLink", {}),
        ("devices", {}),
        ("revokeDevice", {"device": "d"}),
        ("forgetMe", {"name": "Pat"}),
        ("own", {"secret": OWNER_SECRET}),
        ("promote", {"person": "pat", "role": "owner"}),
        ("ban", {"person": "ada"}),
        ("unban", {"person": "ada"}),
        ("mute", {"person": "ada", "seconds": 1}),
        ("audit", {}),
    ],
)
def test_what_persons_do_nobody_does_under_a_name_alone(house, action, fields):
    house.claim("Ada", "d1")
    pat = house.join("Pat")

    assert is_refused(pat.ask(action, **fields), "forbidden")
    assert house.store.people.audit(None, 9) == []


def test_who_can_not_be_noted_as_here_today_is_welcome_too(house, monkeypatch):
    ada = house.claim("Ada", "d1")
    house.wait(DAY)

    def fail(*_):
        raise StorageFailed

    monkeypatch.setattr(house.store.people, "change", fail)
    assert ada.ask("hello", v=2)["type"] == "hello"
    monkeypatch.undo()
    ada.ask("hello", v=2)
    [device] = ada.ask("devices")["devices"]
    assert device["lastDay"] == "2026-11-23"
