"""The seven rules of the protocol. Each test fails when its rule is broken."""

import pytest

from tests.flow.cloud import Refused
from tests.flow.house import House


def test_rule_1_nothing_is_told_before_it_is_kept():
    house = House()
    ann, bob = house.join("Ann", hello=True), house.join("Bob")
    house.store.is_full = True

    answer = ann.say("hi", id="1")

    assert (answer["type"], answer["code"], answer["id"]) == ("error", "storage", "1")
    assert answer["retryable"]
    assert bob.received == []


def test_rule_1_a_push_finds_the_message_in_the_log():
    house = House()
    ann, bob = house.join("Ann"), house.join("Bob")
    heads = []
    house.mailboxes.before_sending = lambda: heads.append(house.store.head("general"))

    ann.say("hi")

    assert heads == [1, 1]
    assert len(bob.received) == 1


def test_rule_2_whoever_comes_in_while_a_message_is_kept_is_told():
    house = House()
    ann = house.join("Ann")
    house.store.after_append = lambda: house.join("Bob")

    ann.say("hi")

    assert [frame["message"] for frame in house.mailboxes.frames["Bob"]] == ["hi"]


def test_rule_2_a_joiner_is_in_the_room_before_it_reads_the_log():
    house = House()
    ann = house.join("Ann")
    ann.say("before")
    bob = house.join("Bob")
    house.registry.remove("Bob")
    house.store.before_reading = lambda: ann.say("meanwhile")

    missed = bob.ask("hello", v=1, resume={"general": {"epoch": "epoch-1", "after": 0}})

    read = {event["message"] for event in missed["resumed"][0]["events"]}
    assert read | {frame["message"] for frame in bob.received} == {"before", "meanwhile"}
    assert [frame["message"] for frame in bob.received] == ["meanwhile"]


def test_rule_3_a_retry_heals_a_lost_push():
    house = House()
    ann, bob = house.join("Ann", hello=True), house.join("Bob", hello=True)
    plain = house.join("Cy")
    first = ann.say("hi", nonce="n1")
    house.mailboxes.frames.clear()

    again = ann.say("hi, edited", nonce="n1")

    assert again == first | {"duplicate": True}
    assert [(frame["seq"], frame["message"]) for frame in bob.received] == [(1, "hi")]
    assert "nonce" not in bob.received[0]
    assert plain.received == []
    assert ann.received == []
    assert house.store.head("general") == 1


def test_rule_3_a_retry_reaches_the_authors_other_connections_with_the_nonce():
    house = House()
    ann, tab = house.join("Ann", hello=True), house.join("Ann", "tab", hello=True)
    ann.say("hi", nonce="n1")
    house.mailboxes.frames.clear()

    ann.say("hi", nonce="n1")

    assert [frame["nonce"] for frame in tab.received] == ["n1"]


def test_rule_3_a_retry_with_other_line_ends_is_the_same_message():
    house = House()
    ann, bob = house.join("Ann", hello=True), house.join("Bob", hello=True)
    first = ann.say("\r\n  one\r\n  two\u2028", nonce="n1")

    again = ann.say("  one\n  two", nonce="n1")

    assert again == first | {"duplicate": True}
    read = ann.ask("getHistory")["messages"]
    assert [message["message"] for message in read] == ["  one\n  two"]
    assert {frame["message"] for frame in bob.received} == {"  one\n  two"}


@pytest.mark.parametrize(("seconds", "pushes"), [(59, 1), (60, 0), (-60, 0)])
def test_rule_3_an_old_message_is_not_pushed_again(seconds, pushes):
    house = House()
    ann, bob = house.join("Ann", hello=True), house.join("Bob", hello=True)
    ann.say("hi", nonce="n1")
    house.mailboxes.frames.clear()
    house.wait(seconds)

    again = ann.say("hi", nonce="n1")

    assert again["duplicate"]
    assert len(bob.received) == pushes


@pytest.mark.in_cloud
def test_rule_3_a_retry_heals_a_push_for_which_the_room_could_not_be_read():
    house = House()
    ann, bob = house.join("Ann", hello=True), house.join("Bob", hello=True)
    house.region.before = nobody_reads_a_room

    assert ann.say("hi", nonce="n1")["retryable"]

    house.region.before = lambda _call: None
    assert ann.say("hi", nonce="n1")["duplicate"]
    assert [frame["message"] for frame in bob.received] == ["hi"]


@pytest.mark.in_cloud
def test_what_is_kept_is_acknowledged_to_who_could_only_say_it_twice():
    house = House()
    ann = house.join("Ann")
    house.region.before = nobody_reads_a_room

    assert ann.say("hi")["type"] == "ack"
    assert house.store.head("general") == 1


def nobody_reads_a_room(call):
    if call.kind == "Query" and call.request["TableName"].endswith(".connections"):
        raise Refused(400, "AccessDeniedException")


def test_rule_4_heads_travel_with_pong():
    house = House()
    ann, bob = house.join("Ann"), house.join("Bob", hello=True)
    for _ in range(3):
        ann.say()

    pong = bob.ask("ping", id="p")

    assert pong["id"] == "p"
    assert pong["heads"] == {"general": 3}
    assert pong["epoch"] == {"general": "epoch-1"}


def test_rule_4_hello_says_how_often_to_ping():
    costs_nothing = House.cloud is None

    limits = House().join("Ann").ask("hello", v=1)["limits"]

    assert limits["pingSeconds"] == (25 if costs_nothing else 510)


def test_hello_says_after_how_long_the_gateway_cuts():
    assert House().join("Ann").ask("hello", v=1)["limits"]["lifetimeSeconds"] == 7200


def test_rule_5_a_hole_can_be_filled():
    house = House()
    ann, bob = house.join("Ann"), house.join("Bob", hello=True)
    for text in "abcde":
        ann.say(text)

    resumed = bob.ask("resume", room="general", epoch="epoch-1", after=2)

    assert [event["message"] for event in resumed["events"]] == ["c", "d", "e"]
    assert [event["seq"] for event in resumed["events"]] == [3, 4, 5]
    assert (resumed["from"], resumed["to"]) == (2, 5)
    assert (resumed["more"], resumed["reset"]) == (False, False)


def test_rule_5_another_epoch_starts_over_and_says_so():
    house = House()
    ann = house.join("Ann", hello=True)
    for text in "abc":
        ann.say(text)

    resumed = ann.ask("resume", room="general", epoch="epoch-0", after=2)

    assert [event["message"] for event in resumed["events"]] == ["a", "b", "c"]
    assert (resumed["from"], resumed["to"], resumed["epoch"]) == (0, 3, "epoch-1")
    assert resumed["reset"]
    assert not resumed["more"]


def test_rule_5_a_push_carries_the_nonce_to_its_author_alone():
    house = House()
    ann, tab, bob = house.join("Ann", hello=True), house.join("Ann", "tab"), house.join("Bob")

    ann.say("hi", nonce="n1")

    assert [frame["nonce"] for frame in tab.received] == ["n1"]
    assert ["nonce" in frame for frame in bob.received] == [False]
    assert "nonce" in ann.ask("getHistory")["messages"][0]
    assert "nonce" not in bob.ask("getHistory")["messages"][0]


def test_rule_6_everybody_is_pushed_to_but_the_connection_that_has_its_ack():
    house = House()
    ann, tab = house.join("Ann", hello=True), house.join("Ann", "tab", hello=True)
    bob, cy = house.join("Bob", hello=True), house.join("Cy")

    ann.say("hi")

    assert [len(one.received) for one in (ann, tab, bob, cy)] == [0, 1, 1, 1]


def test_rule_6_a_plain_client_sees_its_own_message():
    house = House()
    ann, tab = house.join("Ann"), house.join("Ann", "tab", hello=True)

    ann.say("hi")

    assert [len(one.received) for one in (ann, tab)] == [1, 1]


def test_rule_6_who_has_left_is_not_pushed_to():
    house = House()
    ann, bob = house.join("Ann"), house.join("Bob")
    bob.leave()

    ann.say("hi")

    assert bob.received == []


@pytest.mark.parametrize(("seconds", "is_known"), [(30, True), (31, False)])
def test_rule_7_a_gone_connection_is_forgotten_once_it_is_old(seconds, is_known):
    house = House()
    ann = house.join("Ann")
    house.join("Bob")
    house.mailboxes.gone = {"Bob"}
    house.wait(seconds)

    ann.say("hi")

    assert ("Bob" in house.registry.in_room("general").ids) is is_known
    assert "Ann" in house.registry.in_room("general").ids


@pytest.mark.parametrize("ask", [("hello", {"v": 1}), ("getHistory", {}), ("ping", {})])
def test_rule_7_whoever_asks_is_put_back(ask):
    action, fields = ask
    house = House()
    ann, bob = house.join("Ann"), house.join("Bob")
    house.registry.remove("Bob")

    bob.ask(action, **fields)
    ann.say("hi")

    assert [frame["message"] for frame in bob.received] == ["hi"]


def test_rule_7_asking_does_not_make_a_plain_client_of_one_that_said_hello():
    house = House()
    ann = house.join("Ann", hello=True)

    ann.ask("ping")
    ann.ask("getHistory")
    ann.say("hi")

    assert ann.received == []
