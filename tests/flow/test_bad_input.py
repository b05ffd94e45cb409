"""Whatever a frame holds, the answer is a typed error, and nothing that is stored is harmed."""

import json
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fireside.domain.decoding import decode
from fireside.domain.errors import InvalidName
from fireside.domain.names import clean_username
from fireside.handlers import router
from tests.flow.house import House

LONG_ID = "i" * 65

UNREADABLE = {
    "nothing": "",
    "not JSON": "{",
    "plain text": "Hello",
    "a comma too much": '{"action":"ping",}',
    "the same key twice": '{"action":"ping","id":"1","id":"2"}',
    "the same key twice, inside": '{"action":"ping","x":{"a":1,"a":1}}',
    "NaN": '{"action":"ping","x":NaN}',
    "Infinity": '{"action":"ping","x":-Infinity}',
    "half a character": '{"action":"sendMessage","message":"\\ud83d"}',
    "half a character in a key": '{"action":"ping","\\udc00":1}',
    "half a character, raw": '{"action":"sendMessage","message":"\ud83d"}',
    "10,000 levels": '{"action":"ping","x":' + "[" * 10_000 + "]" * 10_000 + "}",
    "10,000 levels of objects": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "10,000 levels and an escape": '["\\u0041",' + "[" * 10_000 + "]" * 10_000 + "]",
    "5,000 digits": '{"action":"getHistory","before":' + "9" * 5_000 + "}",
    "a control character": '{"action":"ping","id":"\x00"}',
    "a byte order mark": '\ufeff{"action":"ping"}',
    "no body": None,
    "bytes": b"{}",
}


@pytest.mark.parametrize("route", ["$default", "sendMessage", "hello"])
@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_is_bad_json(body, route):
    error = House().join("Ann").write(body, route)

    assert (error["type"], error["code"], error["retryable"]) == ("error", "bad_json", False)
    assert "id" not in error


CURSOR = {"room": "general", "epoch": "e", "after": 1}

WRONG = [
    ("$default", [], "bad_request", None),
    ("$default", 5, "bad_request", None),
    ("$default", "x", "bad_request", None),
    ("$default", None, "bad_request", None),
    ("$default", {}, "bad_request", "action"),
    ("$default", {"action": 5}, "bad_request", "action"),
    ("$default", {"action": None}, "bad_request", "action"),
    ("$default", {"action": "dance"}, "unsupported", "action"),
    ("$default", {"action": "$connect"}, "unsupported", "action"),
    ("$default", {"action": "x" * 20_000}, "unsupported", "action"),
    ("ping", {"id": 5}, "bad_request", "id"),
    ("ping", {"id": ""}, "bad_request", "id"),
    ("ping", {"id": LONG_ID}, "too_long", "id"),
    ("hello", {}, "bad_request", "v"),
    ("hello", {"v": "1"}, "bad_request", "v"),
    ("hello", {"v": True}, "bad_request", "v"),
    ("hello", {"v": 1.0}, "bad_request", "v"),
    ("hello", {"v": 3}, "unsupported", "v"),
    ("hello", {"v": 1, "resume": []}, "bad_request", "resume"),
    ("hello", {"v": 1, "resume": {"general": 5}}, "bad_request", "resume"),
    ("hello", {"v": 1, "resume": {"general": {}}}, "bad_request", "epoch"),
    ("hello", {"v": 1, "resume": {"general": {"epoch": "e"}}}, "bad_request", "after"),
    ("sendMessage", {}, "bad_request", "message"),
    ("sendMessage", {"message": 5}, "bad_request", "message"),
    ("sendMessage", {"message": None}, "bad_request", "message"),
    ("sendMessage", {"message": ["hi"]}, "bad_request", "message"),
    ("sendMessage", {"message": ""}, "bad_request", "message"),
    ("sendMessage", {"message": " \n\t\u2003"}, "bad_request", "message"),
    ("sendMessage", {"message": "x" * 1_001}, "too_long", "message"),
    ("sendMessage", {"message": "hi", "room": 5}, "bad_request", "room"),
    ("sendMessage", {"message": "hi", "room": "attic"}, "not_found", "room"),
    ("sendMessage", {"message": "hi", "nonce": 5}, "bad_request", "nonce"),
    ("sendMessage", {"message": "hi", "nonce": ""}, "bad_request", "nonce"),
    ("sendMessage", {"message": "hi", "nonce": "n" * 65}, "too_long", "nonce"),
    ("sendMessage", {"message": "hi", "replyTo": 5}, "bad_request", "replyTo"),
    ("sendMessage", {"message": "hi", "replyTo": "yesterday"}, "bad_request", "replyTo"),
    ("getHistory", {"room": "attic"}, "not_found", "room"),
    ("getHistory", {"limit": 0}, "bad_request", "limit"),
    ("getHistory", {"limit": 101}, "bad_request", "limit"),
    ("getHistory", {"limit": "50"}, "bad_request", "limit"),
    ("getHistory", {"limit": True}, "bad_request", "limit"),
    ("getHistory", {"limit": 1e400}, "bad_request", "limit"),
    ("getHistory", {"before": -1}, "bad_request", "before"),
    ("getHistory", {"after": -1}, "bad_request", "after"),
    ("getHistory", {"before": 2**53}, "bad_request", "before"),
    ("getHistory", {"before": 10**4_000}, "bad_request", "before"),
    ("getHistory", {"before": 3, "after": 1}, "bad_request", "after"),
    ("resume", {}, "bad_request", "room"),
    ("resume", {"room": "general"}, "bad_request", "epoch"),
    ("resume", {"room": "general", "epoch": 1, "after": 0}, "bad_request", "epoch"),
    ("resume", {"room": "general", "epoch": "e", "after": 0.5}, "bad_request", "after"),
    ("resume", {"room": "attic", "epoch": "e", "after": 0}, "not_found", "room"),
    ("resume", CURSOR | {"messageId": 5}, "bad_request", "messageId"),
    ("resume", CURSOR | {"messageId": "yesterday"}, "bad_request", "messageId"),
    (
        "hello",
        {"v": 1, "resume": {"general": CURSOR | {"messageId": ""}}},
        "bad_request",
        "messageId",
    ),
]


@pytest.mark.parametrize(("route", "fields", "code", "field"), WRONG)
def test_what_is_wrong_is_refused_by_name(route, fields, code, field):
    ann = House().join("Ann")
    body = json.dumps(fields).replace("Infinity", "1e400")

    error = ann.write(body, route)

    assert (error["type"], error["code"], error.get("field")) == ("error", code, field)
    assert not error["retryable"]
    assert ann.house.store.head("general") == 0


def test_a_refusal_repeats_the_id_when_it_can_be_read():
    ann = House().join("Ann")

    assert ann.say("", id="7")["id"] == "7"
    assert ann.ask("dance", id="8")["id"] == "8"


SENT = '{"action":"sendMessage","id":"7","message":'
REFUSED_WITH_ID = {
    "half a character": SENT + '"\\ud83d"}',
    "half a character, raw": SENT + '"\ud83d"}',
    "half a character in a key": SENT + '"hi","\\udc00":1}',
    "half a character before the id": '{"message":"\\ud83d","id":"7"}',
    "NaN": SENT + '"hi","x":NaN}',
    "the same key twice": SENT + '"hi","message":"hi"}',
    "the same id twice": SENT + '"hi","id":"7"}',
    "10,000 levels": SENT + "[" * 10_000 + "]" * 10_000 + "}",
    "5,000 digits": SENT + '"hi","before":' + "9" * 5_000 + "}",
    "5,000 digits before the id": '{"before":' + "9" * 5_000 + ',"id":"7"}',
    "a control character": SENT + '"\x00"}',
    "cut off in the text": SENT + '"h',
    "cut off before the text": SENT,
    "a comma too much": SENT + '"hi",}',
    "more after the end": SENT + '"hi"}}',
    "a byte order mark": "\ufeff" + SENT + '"hi"}',
    "spaces": ' {\n\t"id" : "7" , "message" : NaN }\r\n',
    "an id that looks like text": '{"message":"\\"id\\":\\"8\\"","id":"7","x":NaN}',
    "an id further in": '{"x":{"id":"8"},"id":"7","y":NaN}',
}


@pytest.mark.in_memory
@pytest.mark.parametrize("route", ["$default", "sendMessage"])
@pytest.mark.parametrize("body", REFUSED_WITH_ID.values(), ids=REFUSED_WITH_ID.keys())
def test_what_cannot_be_read_is_refused_with_the_id_that_can(body, route):
    error = House().join("Ann").write(body, route)

    assert (error["type"], error["code"], error["id"]) == ("error", "bad_json", "7")


@pytest.mark.in_memory
@pytest.mark.parametrize(
    "given",
    ["5", "null", '""', '["7"]', "NaN", '"\\ud83d"', f'"{LONG_ID}"', '"7","id":"8"', '"7'],
)
def test_an_id_that_cannot_be_repeated_is_not(given):
    error = House().join("Ann").write(f'{{"action":"ping","x":NaN,"id":{given}}}', "ping")

    assert (error["type"], error["code"]) == ("error", "bad_json")
    assert "id" not in error


@pytest.mark.parametrize("body", ["{", '{"id":"7"}', '{"id":"8","message":""}'])
def test_a_frame_is_read_once_even_when_it_is_refused(monkeypatch, body):
    ann = House().join("Ann")
    bodies = []
    monkeypatch.setattr(router, "decode", lambda text: bodies.append(text) or decode(text))

    assert ann.write(body, "sendMessage")["type"] == "error"

    assert bodies == [body]


def test_null_is_as_good_as_absent_where_a_field_may_be_absent():
    ann = House().join("Ann")

    said = ann.say("hi", id=None, room=None, nonce=None, replyTo=None)
    read = ann.ask("getHistory", limit=None, before=None, after=None)

    assert (said["type"], said["room"], len(read["messages"])) == ("ack", "general", 1)
    assert ann.ask("hello", v=1, resume=None)["resumed"] == []


def test_unknown_fields_are_ignored():
    assert House().join("Ann").say("hi", mood="good", type="ack")["seq"] == 1


def test_a_name_in_a_frame_changes_nothing():
    house = House()
    ann, bob = house.join("Ann"), house.join("Bob")

    ann.say("hi", username="Bob", userId="bob")

    assert (bob.received[0]["username"], bob.received[0]["userId"]) == ("Ann", "ann")


def test_a_thousand_characters_are_kept_after_trimming():
    ann = House().join("Ann")

    ann.say(f"  {'🔥' * 1_000}\n")

    assert ann.received[0]["message"] == "🔥" * 1_000


def test_markup_comes_back_as_it_was():
    ann = House().join("Ann")
    text = "<b>hi</b>\\ \"'\ttab\nline"

    ann.say(text)

    assert ann.ask("getHistory")["messages"][0]["message"] == text


@pytest.mark.parametrize("control", ["\x00", "\x1b", "\x7f", "\x9b"])
def test_control_characters_are_refused_in_texts_and_in_names(control):
    house = House()
    ann = house.join("Ann")

    refused = ann.say(f"<b>hi</b>{control}[2J there")

    assert (refused["type"], refused["code"], refused["field"]) == (
        "error",
        "bad_request",
        "message",
    )
    assert ann.received == []
    with pytest.raises(InvalidName):
        clean_username(f"An{control}n")


def test_nobody_asks_without_being_vouched_for():
    house = House()
    ann = house.join("Ann")
    for vouched in [None, {}, {"userId": "ann"}, {"username": "Ann"}]:
        context = house.context(ann, "ping") | {"authorizer": vouched}

        response = house.handler({"requestContext": context, "body": "{}"}, None)

        assert json.loads(response["body"])["code"] == "unauthorized"


@pytest.mark.in_memory
def test_what_breaks_unexpectedly_is_answered_and_logged_without_its_words(caplog):
    house = House()
    ann = house.join("Ann")
    house.mailboxes.before_sending = lambda: 1 / 0

    with caplog.at_level(logging.ERROR):
        response = ann.respond('{"message":"a secret","id":"9"}', "sendMessage")

    error = json.loads(response["body"])
    assert (response["statusCode"], error["code"], error["id"]) == (500, "internal", "9")
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


BODIES = st.text() | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["action", "id", "v", "message", "room", "limit", "after"]) | st.text(),
            inner,
        )
    ),
).map(json.dumps)
ROUTES = st.sampled_from(["$default", "hello", "sendMessage", "getHistory", "resume", "ping"])


@settings(max_examples=50)  # in the cloud, each has tables of its own
@given(body=BODIES, route=ROUTES)
def test_any_text_on_any_route_has_an_answer(body, route):
    require_an_answer(body, route)


@pytest.mark.long
@settings(max_examples=100)
@given(body=BODIES, route=ROUTES)
def test_any_text_on_any_route_has_an_answer_in_many_examples(body, route):
    require_an_answer(body, route)


def require_an_answer(body, route):
    """Send the text as a client does: any answer will do that is no internal error."""
    ann = House().join("Ann")

    frame = ann.write(body, route)

    assert frame["type"] in {"hello", "ack", "history", "resumed", "pong", "error"}
    assert frame.get("code") != "internal"
