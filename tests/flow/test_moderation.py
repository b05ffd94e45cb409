"""What owners and moderators do to people, what holds from the next frame on, and its trail."""

import pytest

from fireside.domain.errors import StorageFailed
from tests.flow.house import House

pytestmark = pytest.mark.in_memory


@pytest.fixture
def house():
    return House()


@pytest.fixture
def ada(house):
    return house.own("Ada", "d1")


@pytest.fixture
def bob(house):
    return house.claim("Bob", "d2")


def is_refused(answer, code):
    assert (answer["type"], answer["code"], answer["retryable"]) == ("error", code, False), answer
    return True


def trail(person):
    entries = person.ask("audit")["entries"]
    return [(one["action"], one["by"], one["person"], one["detail"]) for one in entries]


def with_rank(house, ada, username, role):
    person = house.claim(username, f"device of {username}")
    if role != "member":
        assert ada.ask("promote", person=username.lower(), role=role)["type"] == "person"
    return person


# --- roles ---


def test_an_owner_gives_roles_and_the_person_is_told(ada, bob):
    answer = ada.ask("promote", person="bob", role="moderator", id="p")

    assert answer == {
        "type": "person",
        "id": "p",
        "user": {"userId": "bob", "username": "Bob", "claimed": True, "role": "moderator"},
        "banned": False,
    }
    [you] = bob.told("you")
    assert (you["change"], you["user"]["role"]) == ("role", "moderator")
    assert bob.ask("hello", v=2)["user"]["role"] == "moderator"
    ada.ask("promote", person="bob", role="moderator")
    assert trail(ada)[0] == ("promote", "ada", "bob", "moderator")
    assert len(trail(ada)) == 2
    assert ada.ask("promote", person="bob", role="member")["user"]["role"] == "member"
    assert is_refused(bob.ask("audit"), "forbidden")


def test_nobody_gives_a_role_who_is_no_owner_and_no_owner_changes_the_own(house, ada, bob):
    mod = with_rank(house, ada, "Mod", "moderator")

    for person in (mod, bob):
        assert is_refused(person.ask("promote", person="bob", role="moderator"), "forbidden")
    assert is_refused(ada.ask("promote", person="ada", role="member"), "forbidden")
    assert is_refused(ada.ask("promote", person="nobody", role="member"), "not_found")


RANKS = ["owner", "moderator", "member", "bot"]


@pytest.mark.parametrize("role", RANKS)
@pytest.mark.parametrize("other", RANKS)
def test_moderators_put_out_members_and_owners_everybody(house, ada, role, other):
    by, of = with_rank(house, ada, "Byron", role), with_rank(house, ada, "Ofelia", other)
    is_allowed = role == "owner" or (role == "moderator" and other in ("member", "bot"))

    for action, fields in (("mute", {"seconds": 5}), ("ban", {}), ("unban", {})):
        answer = by.ask(action, person="ofelia", **fields)
        assert (answer["type"] == "person") == is_allowed
        assert is_allowed or is_refused(answer, "forbidden")
    assert of.ask("hello", v=2)["user"]["role"] == other
    assert is_refused(
        by.ask("ban", person="byron"), "bad_request" if role in RANKS[:2] else "forbidden"
    )


# --- bans ---


def test_who_is_banned_is_out_on_all_connections_until_that_is_lifted(house, ada, bob):
    tab = house.join("Bob", "tab", device="d2", hello=True)

    answer = ada.ask("ban", person="bob", reason="spam")

    assert answer["banned"]
    for one in (bob, tab):
        [closing] = one.told("closing")
        assert not closing["again"]
        assert one.is_cut
        assert is_refused(one.say("but"), "forbidden")
        assert is_refused(one.ask("ping"), "forbidden")
    again = house.join("Bob", "again", device="d2")
    refused = again.ask("hello", v=2, id="h")
    assert (refused["code"], refused["id"]) == ("forbidden", "h")
    assert "banned" in refused["message"]
    assert is_refused(
        house.join("x1", device="d9").ask("recover", name="Bob", code=bob.code), "forbidden"
    )
    assert trail(ada)[0] == ("ban", "ada", "bob", "spam")

    assert not ada.ask("unban", person="bob")["banned"]
    assert again.ask("hello", v=2)["user"]["claimed"]
    assert trail(ada)[0] == ("unban", "ada", "bob", "")


def test_a_ban_holds_where_a_connection_could_not_be_closed(house, ada, bob, monkeypatch):
    monkeypatch.setattr(house.mailboxes, "cut", lambda *_: None)

    ada.ask("ban", person="bob")

    assert not bob.is_cut
    assert is_refused(bob.say("still here"), "forbidden")
    ada.say("Is he gone?")
    assert bob.told("message") == []
    assert not bob.is_in


def test_who_could_not_be_put_out_hears_nothing_after_the_next_frame(house, ada, bob, monkeypatch):
    def fail(*_):
        raise StorageFailed

    with monkeypatch.context() as failing:
        failing.setattr(house.registry, "forget", fail)
        assert ada.ask("ban", person="bob")["type"] == "person"

    assert is_refused(bob.ask("ping"), "forbidden")

    assert not bob.is_in


def test_a_banned_device_claims_and_links_nothing(house, ada, bob):
    secret = bob.ask("deviceLink")["secret"]
    ada.ask("ban", person="bob")
    again = house.join("Bob", "again", device="d2")

    assert is_refused(again.ask("claim", name="Bob"), "forbidden")
    assert is_refused(again.ask("link", secret=secret), "forbidden")


@pytest.mark.parametrize("name", ["Groß Spaß", "ß" * 20, "ｶﾞ", "ÀÇƉ", "ﬁ fi", "நண்பன்"])
def test_whatever_name_nobody_claimed_can_be_banned_by_its_user_id(house, ada, name):
    user_id = house.join(name).ask("hello", v=2)["user"]["userId"]

    assert ada.ask("ban", person=user_id)["banned"]

    assert house.somebody(name).connect() == 403


@pytest.mark.usefixtures("bob")
def test_the_same_ban_twice_is_one_entry(ada):
    first, second = ada.ask("ban", person="bob"), ada.ask("ban", person="bob")

    assert first == second
    assert [one[0] for one in trail(ada)].count("ban") == 1
    ada.ask("unban", person="bob")
    ada.ask("unban", person="bob")
    assert [one[0] for one in trail(ada)].count("unban") == 1


@pytest.mark.usefixtures("bob")
def test_a_look_alike_of_who_is_banned_gets_no_further(house, ada):
    ada.ask("ban", person="bob")

    for name in ("bob", "B_ob", "ВОВ"):  # the last in Cyrillic
        assert house.somebody(name, f"plain {name}").connect() == 403
        again = house.join(name, device="d9")
        assert is_refused(again.ask("claim", name=name), "name_taken")


def test_a_name_that_nobody_claimed_can_be_banned_and_freed_again(house, ada):
    eve = house.join("Eve", hello=True)
    eve.say("spam")

    assert ada.ask("ban", person="eve")["user"]["username"] == "eve"

    assert eve.is_cut
    assert is_refused(eve.say("spam"), "forbidden")
    assert house.somebody("EVE", "again").connect() == 403
    device = house.join("Eve", device="d9")
    assert is_refused(device.ask("hello", v=2), "forbidden")
    assert is_refused(device.ask("claim", name="Eve"), "forbidden")
    for action, fields in (
        ("promote", {"role": "moderator"}),
        ("mute", {"seconds": 9}),
        ("deviceLink", {}),
    ):
        assert is_refused(ada.ask(action, person="eve", **fields), "not_found")

    assert not ada.ask("unban", person="eve")["banned"]
    assert house.join("Eve", "plain again").say("hello")["type"] == "ack"
    assert house.somebody("E_ve", "look-alike").connect() == 200
    assert ada.ask("ban", person="eve")["banned"]
    assert house.somebody("Eve", "banned again").connect() == 403
    ada.ask("unban", person="eve")
    claimed = device.ask("claim", name="Eve")
    assert claimed["user"]["userId"] == "eve"
    assert claimed["recovery"]
    assert device.ask("hello", v=2)["user"]["claimed"]
    assert house.somebody("Eve", "too late").connect() == 403


def test_a_ban_takes_no_name_from_who_has_it(house, ada, bob):
    bob.ask("rename", name="Eve")

    for person in ("eve", "Bob", "E_ve", "<b>", "nobody here at all, really"):
        assert is_refused(ada.ask("ban", person=person), "not_found")
    assert bob.ask("hello", v=2)["user"]["username"] == "Eve"
    assert house.join("Eve", device="d2").ask("hello", v=2)["user"]["userId"] == "bob"


# --- mutes ---


def test_who_is_muted_reads_and_does_not_write_until_then(house, ada, bob):
    answer = ada.ask("mute", person="bob", seconds=60)

    assert answer["user"]["mutedUntil"] == "2026-11-22T11:01:00.000Z"
    assert [one["change"] for one in bob.told("you")] == ["muted"]
    refused = bob.say("but")
    assert is_refused(refused, "forbidden")
    assert "2026-11-22T11:01:00.000Z" in refused["message"]
    assert bob.ask("getHistory")["type"] == "history"
    assert bob.ask("ping")["type"] == "pong"
    house.wait(60)
    assert bob.say("sorry")["type"] == "ack"
    ada.ask("mute", person="bob", seconds=60)
    assert "mutedUntil" not in ada.ask("mute", person="bob", seconds=0)["user"]
    assert bob.say("thanks")["type"] == "ack"


# --- the trail ---


@pytest.mark.usefixtures("bob")
def test_the_trail_is_read_page_by_page_newest_first(ada):
    for number in range(99):
        ada.ask("mute", person="bob", seconds=number + 1)

    first = ada.ask("audit", id="a")
    second = ada.ask("audit", before=first["next"])

    assert first["id"] == "a"
    assert [len(page["entries"]) for page in (first, second)] == [50, 50]
    details = [one["detail"] for page in (first, second) for one in page["entries"]]
    assert details == [str(99 - number) for number in range(99)] + [""]
    assert second["next"] is None
    assert ada.ask("audit", before="0")["entries"] == []
    assert ada.ask("audit", before="\U0010ffff")["entries"] == first["entries"]


# --- all that changes something, twice ---


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("claim", {"name": "Ada"}),
        ("rename", {"name": "Bea"}),
        ("revokeDevice", {"device": "x"}),
        ("own", {"secret": "the-owners-secret-of-22-or-more"}),
        ("promote", {"person": "bob", "role": "moderator"}),
        ("ban", {"person": "bob"}),
        ("ban", {"person": "eve"}),
        ("unban", {"person": "bob"}),
        ("mute", {"person": "bob", "seconds": 9}),
    ],
)
@pytest.mark.usefixtures("bob")
def test_a_frame_that_comes_twice_is_answered_twice_and_done_once(house, ada, action, fields):
    first = ada.ask(action, **fields)
    stored = house.store.people.find(fields.get("person", "ada"))
    entries = trail(ada)

    assert ada.ask(action, **fields) == first
    assert first["type"] != "error"
    assert house.store.people.find(fields.get("person", "ada")) == stored
    assert trail(ada) == entries
