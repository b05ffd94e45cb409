"""A person's devices: added by a link or by the recovery code, ended, and refused from then on."""

from collections import Counter

import pytest

from tests.flow.house import DAY, House, id_of

pytestmark = pytest.mark.in_memory

TEN_MINUTES = 600


@pytest.fixture
def house():
    return House()


@pytest.fixture
def ada(house):
    return house.claim("Ada", "d1")


def is_refused(answer, code):
    assert (answer["type"], answer["code"], answer["retryable"]) == ("error", code, False), answer
    return True


def ids(answer):
    return [one["device"] for one in answer["devices"]]


# --- by a link ---


def test_a_link_adds_one_device_once(house, ada):
    link = ada.ask("deviceLink", id="2")
    assert (link["id"], link["expiresAt"]) == ("2", "2026-11-22T11:10:00.000Z")
    second = house.join("x1", device="d2", hello=True)

    linked = second.ask("link", secret=link["secret"], label="Phone", id="3")

    assert (linked["id"], linked["user"]["userId"]) == ("3", "ada")
    assert "recovery" not in linked
    [you] = ada.told("you")
    assert (you["change"], you["device"]) == ("device_added", id_of("d2"))
    third = house.join("x2", device="d3")
    assert is_refused(third.ask("link", secret=link["secret"]), "not_found")
    again = house.join("Ada", device="d2", user="ada")
    assert again.ask("hello", v=2)["user"]["userId"] == "ada"
    devices = again.ask("devices")["devices"]
    assert [(one["label"], one["here"]) for one in devices] == [("", False), ("Phone", True)]


def test_who_shows_a_link_twice_is_told_the_same(house, ada):
    secret = ada.ask("deviceLink")["secret"]
    second = house.join("x1", device="d2")

    linked = second.ask("link", secret=secret)

    assert second.ask("link", secret=secret) == linked
    assert len(ada.ask("devices")["devices"]) == 2


def test_a_link_is_too_old_after_ten_minutes(house, ada):
    secret = ada.ask("deviceLink")["secret"]
    second = house.join("x1", device="d2")
    house.wait(TEN_MINUTES)

    assert is_refused(second.ask("link", secret=secret), "not_found")


@pytest.mark.parametrize(
    "secret",
    ["x", "A" * 22 + ".YWRh", "A" * 22 + ".Ym9i", "A" * 22, "A" * 22 + ".____", "." * 24],
)
def test_a_foreign_or_malformed_link_adds_nothing(house, ada, secret):
    second = house.join("x1", device="d2")

    assert is_refused(second.ask("link", secret=secret), "not_found")
    assert ids(ada.ask("devices")) == [id_of("d1")]


def test_a_link_of_one_person_under_the_name_of_another_adds_nothing(house, ada):
    bob = house.claim("Bob", "d5")
    secret = bob.ask("deviceLink")["secret"].partition(".")[0] + ".YWRh"

    second = house.join("x1", device="d2")

    assert is_refused(second.ask("link", secret=secret), "not_found")
    assert ids(ada.ask("devices")) == [id_of("d1")]


def test_who_showed_no_device_can_not_be_linked(house, ada):
    secret = ada.ask("deviceLink")["secret"]

    assert is_refused(house.join("x1").ask("link", secret=secret), "bad_request")
    assert house.join("x2", device="d2").ask("link", secret=secret)["type"] == "linked"


def test_the_sixth_link_closes_the_first(house, ada):
    secrets = [ada.ask("deviceLink")["secret"] for _ in range(6)]
    second = house.join("x1", device="d2")

    assert is_refused(second.ask("link", secret=secrets[0]), "not_found")
    assert second.ask("link", secret=secrets[1])["type"] == "linked"


def test_the_21st_device_is_one_too_many_until_another_is_signed_out(house, ada):
    for number in range(2, 21):
        secret = ada.ask("deviceLink")["secret"]
        device = house.join(f"x{number}", device=f"d{number}")
        assert device.ask("link", secret=secret)["type"] == "linked"
    secret = ada.ask("deviceLink")["secret"]
    late = house.join("x21", device="d21")

    assert is_refused(late.ask("link", secret=secret), "full")
    assert is_refused(late.ask("recover", name="Ada", code=ada.code), "full")
    assert id_of("d2") not in ids(ada.ask("revokeDevice", device=id_of("d2")))
    assert late.ask("link", secret=secret)["type"] == "linked"
    assert len(ada.ask("devices")["devices"]) == 20


# --- by the recovery code ---


def test_a_code_adds_a_device_and_is_replaced(house, ada):
    fourth = house.join("Ada", device="d4")

    linked = fourth.ask("recover", name="ADA", code=ada.code.lower().replace(" ", "-"), id="5")

    assert (linked["id"], linked["user"]["userId"]) == ("5", "ada")
    assert linked["recovery"] != ada.code
    assert [one["change"] for one in ada.told("you")] == ["device_added"]
    assert fourth.ask("hello", v=2)["user"]["claimed"]
    fifth = house.join("Ada", device="d5")
    assert is_refused(fourth.ask("recover", name="Ada", code=ada.code), "not_found")
    assert is_refused(fifth.ask("recover", name="Ada", code=ada.code), "not_found")
    assert fifth.ask("recover", name="Ada", code=linked["recovery"])["type"] == "linked"


def test_a_new_code_ends_the_old_one(house, ada):
    tab = house.join("Ada", "tab", device="d1", hello=True)

    code = ada.ask("recovery")["code"]

    assert [one["change"] for one in tab.told("you")] == ["recovery"]
    other = house.join("Ada", device="d2")
    assert is_refused(other.ask("recover", name="Ada", code=ada.code), "not_found")
    assert other.ask("recover", name="Ada", code=code)["type"] == "linked"
    assert ada.ask("devices")["recoveryAt"] == "2026-11-22T11:00:00.000Z"


def test_a_code_opens_a_person_by_the_present_name_and_by_the_last_one(house, ada):
    ada.ask("rename", name="Bea")
    second, third = house.join("x1", device="d2"), house.join("x2", device="d3")

    linked = second.ask("recover", name="Bea", code=ada.code)
    assert linked["user"]["username"] == "Bea"
    linked = third.ask("recover", name="Ada", code=linked["recovery"])
    assert linked["user"]["username"] == "Bea"


@pytest.mark.parametrize("name", ["Bob", "Nobody"])
def test_a_code_opens_no_other_person(house, ada, name):
    house.claim("Bob", "d5")
    other = house.join("x1", device="d2")

    assert is_refused(other.ask("recover", name=name, code=ada.code), "not_found")


def test_a_thousand_guesses_cost_a_few_reads_each_and_change_nothing(house, ada, monkeypatch):
    counted = Counter()
    people = house.store.people
    for verb in ("find", "change"):
        real = getattr(people, verb)

        def counting(*given, verb=verb, real=real):
            counted[verb] += 1
            return real(*given)

        monkeypatch.setattr(people, verb, counting)
    bob = house.claim("Bob", "d5")
    stranger = house.join("Ada", device="d2")
    before = people.find("ada")
    counted.clear()

    for _ in range(1_000):
        assert is_refused(stranger.ask("recover", name="Ada", code=bob.code), "not_found")

    assert counted["change"] <= 1_000
    assert counted["find"] <= 2_000  # one for who has the name, one in `change`
    assert people.find("ada") == before
    assert stranger.ask("recover", name="Ada", code=ada.code)["type"] == "linked"


# --- ended ---


def test_a_device_that_is_ended_is_out_while_it_talks(house, ada):
    secret = ada.ask("deviceLink")["secret"]
    house.join("x1", device="d2").ask("link", secret=secret)
    phone = house.join("Ada", "phone", device="d2", user="ada", hello=True)
    assert phone.say("on my way")["type"] == "ack"

    left = ada.ask("revokeDevice", device=id_of("d2"))

    assert ids(left) == [id_of("d1")]
    [closing] = phone.told("closing")
    assert not closing["again"]
    assert phone.is_cut
    for action in ("hello", "ping", "getHistory", "devices"):
        assert is_refused(phone.ask(action, v=2), "name_taken")
    assert is_refused(phone.say("still here?"), "name_taken")
    heard = len(phone.received)
    ada.say("Is it gone?")
    assert len(phone.received) == heard
    again = house.join("Ada", "again", device="d2", user="ada")
    assert is_refused(again.ask("hello", v=2), "name_taken")


def test_a_device_that_is_ended_leaves_no_link_behind(house, ada):
    own = ada.ask("deviceLink")["secret"]
    house.join("x1", device="d2").ask("link", secret=own)
    own = ada.ask("deviceLink")["secret"]
    stolen = house.join("Ada", device="d2").ask("deviceLink")["secret"]

    ada.ask("revokeDevice", device=id_of("d2"))

    late = house.join("x3", device="d3")
    assert is_refused(late.ask("link", secret=stolen), "not_found")
    assert late.ask("link", secret=own)["type"] == "linked"


def test_ending_a_device_twice_or_one_of_another_person_is_no_failure(house, ada):
    house.claim("Bob", "d5")

    for device in (id_of("d2"), id_of("d5"), "x"):
        assert ids(ada.ask("revokeDevice", device=device)) == [id_of("d1")]
    assert house.join("Bob", device="d5", connection_id="b").ask("hello", v=2)["user"]["claimed"]


def test_who_ends_the_own_device_gets_the_answer_and_is_out_of_the_room(house, ada):
    tab = house.join("Ada", "tab", device="d1", hello=True)

    assert ids(ada.ask("revokeDevice", device=id_of("d1"))) == []
    assert (ada.is_cut, tab.is_cut) == (False, True)
    assert not ada.is_in
    assert is_refused(ada.say("still me?"), "name_taken")
    back = house.join("Ada", device="d2")
    assert back.ask("recover", name="Ada", code=ada.code)["type"] == "linked"


def test_the_last_day_of_each_device_is_known(house, ada):
    house.wait(3 * DAY)
    assert ada.ask("devices")["devices"][0]["lastDay"] == "2026-11-22"

    house.join("Ada", "again", device="d1", hello=True)

    assert ada.ask("devices")["devices"][0]["lastDay"] == "2026-11-25"


# --- for who lost everything ---


def test_an_owner_makes_a_link_for_a_member_who_is_told(house, ada):
    bob = house.own("Bob", "d5")

    link = bob.ask("deviceLink", person="ada")

    assert [one["change"] for one in ada.told("you")] == ["device_link"]
    [entry, _] = bob.ask("audit")["entries"]
    assert (entry["action"], entry["by"], entry["person"]) == ("device_link", "bob", "ada")
    assert link["secret"] not in str(entry)
    new = house.join("x1", device="d9")
    assert new.ask("link", secret=link["secret"])["user"]["userId"] == "ada"


def test_others_make_links_for_themselves_alone(house, ada):
    bob = house.own("Bob", "d5")
    house.claim("Cid", "d6")
    bob.ask("promote", person="cid", role="moderator")
    cid = house.join("Cid", "c", device="d6")

    assert is_refused(ada.ask("deviceLink", person="bob"), "forbidden")
    assert is_refused(cid.ask("deviceLink", person="ada"), "forbidden")
    assert is_refused(bob.ask("deviceLink", person="nobody"), "not_found")
    assert ada.ask("deviceLink", person="ada")["type"] == "deviceLink"
