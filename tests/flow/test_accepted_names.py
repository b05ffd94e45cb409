"""Names that are yours, from outside: a server, sockets, and what the protocol says comes on them.

Each frame that changes something is sent once, and in the long part twice.
"""

import contextlib
import re
import subprocess
import sys

import pytest

from tests.e2e.support.server_process import EMBEDDED, ISOLATED, REHEARSED, serving
from tests.flow.rig import Device, Rig

pytestmark = pytest.mark.without_house

PLACES = [
    pytest.param((EMBEDDED, 1), id="in batches"),
    pytest.param((ISOLATED, 1), id="isolated"),
    pytest.param((EMBEDDED, 2), id="in batches, twice", marks=pytest.mark.long),
    pytest.param((ISOLATED, 2), id="isolated, twice", marks=pytest.mark.long),
    pytest.param((REHEARSED, 1), id="rehearsed", marks=pytest.mark.long),
    pytest.param((REHEARSED, 2), id="rehearsed, twice", marks=pytest.mark.long),
]


@contextlib.contextmanager
def place(folder, mode, times):
    """Start a server over a folder; yield a rig to go there."""
    options = () if mode == REHEARSED else ("--invites", "off")
    with serving(folder, *mode, *options) as running:
        rig = Rig(running.socket_url, times)
        yield rig
        rig.close()


@pytest.fixture(params=PLACES)
def rig(request, tmp_path):
    mode, times = request.param
    with place(tmp_path, mode, times) as one:
        yield one


def claim(rig, name, device, user=None):
    """Open a connection of a person who is new."""
    person = rig.open(name, device, user)
    [first, *_] = person.do("claim", name=name, nonce="c1")
    assert first["type"] == "claimed", first
    person.recovery = first["recovery"]
    assert person.read("hello", v=2)["user"]["claimed"]
    return person


def is_refused(frame, code):
    assert (frame["type"], frame["code"], frame["retryable"]) == ("error", code, False), frame
    return True


def test_a_claimed_name_is_the_devices(rig):
    ada = rig.open("Ada", Device())
    hello = ada.read("hello", v=2)
    assert not hello["user"]["claimed"]
    assert "claim" in hello["features"]

    [first, *more] = ada.do("claim", name="Ada", nonce="c1")
    [*again] = ada.do("claim", name="Ada", nonce="c1")

    assert first["type"] == "claimed"
    assert {"userId": "ada", "username": "Ada", "role": "member"}.items() <= first["user"].items()
    assert re.fullmatch(r"[2-9A-Z]{4}( [2-9A-Z]{4}){5}", first["recovery"])
    assert {one["recovery"] for one in (*more, *again)} == {None}
    assert rig.status("Ada") == 403
    for name in ("ADA", "A_da", "\u0410d\u0430"):  # the last with two letters in Cyrillic
        assert rig.status(name) == 403
    stranger = rig.open("Ada", Device())
    assert is_refused(stranger.read("hello", v=2), "name_taken")
    for answer in stranger.do("sendMessage", message="hi"):
        assert is_refused(answer, "name_taken")
    assert ada.hears_nothing()


def test_a_name_that_looks_like_a_claimed_one_is_nobody_elses(rig):
    claim(rig, "Ace", Device())

    assert rig.status("\u0410\u0441\u0435") == 403  # all of it Cyrillic
    stranger = rig.open("\u0410\u0441\u0435", Device())
    assert is_refused(stranger.read("hello", v=2), "name_taken")
    for answer in stranger.do("claim", name="\u0410\u0441\u0435"):
        assert is_refused(answer, "name_taken")


def test_of_20_who_claim_a_name_at_once_one_has_it(rig):
    people = [rig.open("Zoe", Device()) for _ in range(20)]

    sent = [one.send("claim", name="Zoe") for one in people]
    answers = [one.answers(number) for one, number in zip(people, sent, strict=True)]

    kinds = [{frame.get("code", frame["type"]) for frame in each} for each in answers]
    assert sorted(map(sorted, kinds)) == [["claimed"]] + [["name_taken"]] * 19


def test_who_came_first_and_did_not_claim_is_refused_from_then_on(rig):
    early = rig.open("Bob", Device())
    assert early.read("hello", v=2)["type"] == "hello"
    other = rig.open("Cid")
    other.read("hello", v=2)

    claim(rig, "Bob", Device())

    for answer in early.do("sendMessage", message="still me"):
        assert is_refused(answer, "name_taken")
    assert early.hears_nothing()
    assert other.hears_nothing()


@pytest.mark.parametrize("mode", [EMBEDDED, ISOLATED], ids=["in batches", "isolated"])
def test_a_person_outlives_a_restart(tmp_path, mode):
    device = Device()
    with place(tmp_path, mode, 1) as before:
        code = claim(before, "Bob", device).recovery

    with place(tmp_path, mode, 1) as after:
        bob = after.open("Bob", device)
        assert bob.read("hello", v=2)["user"]["claimed"]
        assert after.status("Bob") == 403
        new = after.open("Bob", Device())
        assert new.read("recover", name="Bob", code=code)["type"] == "linked"


def test_a_second_device_comes_by_a_link_and_goes_when_it_is_ended(rig):
    first, second = Device(), Device()
    ada = claim(rig, "Ada", first)
    secret = ada.do("deviceLink")[0]["secret"]
    new = rig.open("x1", second)

    for linked in new.do("link", secret=secret):
        assert (linked["type"], linked["user"]["userId"]) == ("linked", "ada")
    assert ada.told("you")["device"] == second.id
    for answer in rig.open("x2", Device()).do("link", secret=secret):
        assert is_refused(answer, "not_found")
    phone = rig.open("Ada", second, "ada")
    assert phone.read("hello", v=2)["user"]["claimed"]
    for left in ada.do("revokeDevice", device=second.id):
        assert [one["device"] for one in left["devices"]] == [first.id]
    assert not phone.told("closing")["again"]
    assert phone.is_closed()
    again = rig.open("Ada", second, "ada")
    assert is_refused(again.read("hello", v=2), "name_taken")


def test_a_recovery_code_adds_a_device_once(rig):
    ada = claim(rig, "Ada", Device())
    fourth = rig.open("Ada", Device())

    answers = fourth.do("recover", name="Ada", code=ada.recovery)

    [linked] = [answer for answer in answers if answer["type"] == "linked"]
    more = [answer for answer in answers if answer is not linked]
    assert linked["recovery"] not in (None, ada.recovery)
    fifth = rig.open("Ada", Device())
    for answer in (*more, *fifth.do("recover", name="Ada", code=ada.recovery)):
        assert is_refused(answer, "not_found")
    assert fourth.read("hello", v=2)["user"]["userId"] == "ada"
    last = fifth.do("recover", name="Ada", code=linked["recovery"])
    assert "linked" in {answer["type"] for answer in last}


def test_who_can_not_know_any_of_this_talks_where_the_place_is_open(rig):
    ada, pat = claim(rig, "Ada", Device()), rig.open("Pat")

    pat.socket.send('{"action":"sendMessage","message":"hi"}')

    assert pat.wait(lambda one: one["type"] == "ack", "ack")["duplicate"] is False
    own = pat.told("message")
    assert {"timestamp", "username", "message"} <= own.keys()
    assert ada.told("message")["unclaimed"] is True


@pytest.fixture(params=PLACES[:4])
def owned(request, tmp_path):
    """A place, and the secret that makes an owner of it."""
    mode, times = request.param
    with place(tmp_path, mode, times) as rig:
        command = [sys.executable, "-m", "fireside", "owner", "--data", str(tmp_path)]
        printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        yield rig, re.search(r"#owner=([A-Za-z0-9_-]+)", printed.stdout)[1]


def test_who_is_banned_is_out_on_every_connection(owned):
    rig, secret = owned
    ada, bob = claim(rig, "Ada", Device()), Device()
    for you in ada.do("own", secret=secret):
        assert you["user"]["role"] == "owner"
    sockets = [claim(rig, "Bob", bob), rig.open("Bob", bob), rig.open("Bob", bob)]
    for one in sockets:
        one.read("hello", v=2)

    for answer in ada.do("ban", person="bob"):
        assert (answer["type"], answer["banned"]) == ("person", True)

    for one in sockets:
        assert not one.told("closing")["again"]
        assert one.is_closed()
    assert is_refused(rig.open("Bob", bob).read("hello", v=2), "forbidden")
    assert rig.status("Bob") == 403
    look_alike = rig.open("B_ob", Device())
    for answer in look_alike.do("claim", name="B_ob"):
        assert is_refused(answer, "name_taken")
    entries = ada.read("audit")["entries"]
    assert [(one["action"], one["person"]) for one in entries] == [("ban", "bob"), ("own", "ada")]
