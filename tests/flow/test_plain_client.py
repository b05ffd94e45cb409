"""The smallest client: it never says hello and shows what has timestamp, username and message."""

import runpy
from pathlib import Path

import pytest

from tests.flow.house import House

pytestmark = pytest.mark.everywhere


def shown_by_a_plain_client(frame):
    return {"timestamp", "username", "message"} <= frame.keys()


def test_it_talks_and_reads_the_newest_fifty_newest_first():
    house = House()
    ada, bob = house.join("Ada"), house.join("Bob")
    for number in range(60):
        bob.say(f"message {number}")

    ada.write('{"action":"sendMessage","message":"Hello"}', route="sendMessage")
    history = ada.write('{"action":"getHistory"}', route="getHistory")

    assert [frame["message"] for frame in ada.received][-1] == "Hello"
    texts = [frame["message"] for frame in history["messages"]]
    assert texts == ["Hello", *(f"message {number}" for number in range(59, 10, -1))]
    assert history["order"] == "newest-first"


def test_it_skips_whatever_is_no_message():
    house = House()
    ada = house.join("Ada")

    answers = [
        ada.say(),
        ada.ask("getHistory"),
        ada.ask("ping"),
        ada.ask("nonsense"),
        ada.ask("hello", v=1),
        ada.ask("resume", room="general", epoch="epoch-1", after=0),
    ]

    assert not any(shown_by_a_plain_client(answer) for answer in answers)
    assert all(shown_by_a_plain_client(frame) for frame in ada.received)


def test_it_may_send_the_same_text_twice():
    house = House()
    ada = house.join("Ada")

    assert [ada.say("hi")["seq"], ada.say("hi")["seq"]] == [1, 2]


def test_a_second_delivery_of_one_event_is_the_same_message():
    house = House()
    ada = house.join("Ada")
    context = house.context(ada, "sendMessage")
    event = {"requestContext": context, "body": '{"action":"sendMessage","message":"hi"}'}

    house.handler(event, None)
    house.handler(event, None)

    assert house.store.head("general") == 1


def test_it_prints_control_characters_escaped():
    """Messages from before the server refused them may hold some, and other servers send them."""
    example = Path(__file__).parents[2] / "examples/plain_client.py"
    printable = runpy.run_path(str(example))["printable"]

    assert printable("می\u200cخواهم 👨\u200d👩\u200d👧") == "می\u200cخواهم 👨\u200d👩\u200d👧"
    assert printable("a\u202eb\u2066c\u2028d") == r"a\u202eb\u2066c\u2028d"
    assert printable("Bob: \x1b[2J\x9b31m\x7fhi 🔥 漢字") == r"Bob: \x1b[2J\x9b31m\x7fhi 🔥 漢字"
