import json

import pytest

from fireside import wire
from fireside.domain.commands.messages import MAX_NONCE
from fireside.domain.errors import Busy, InvalidText, StorageFailed
from fireside.domain.events import Closing, MessageSent, Refused
from fireside.domain.message import MAX_TEXT, Message, message_id


def message(text="hi", seq=1, **fields):
    return Message(
        **{
            "room": "general",
            "seq": seq,
            "message_id": message_id(1, seq, 0),
            "timestamp_ms": 1_795_345_200_005,
            "user_id": "ann",
            "username": "Ann",
            "text": text,
            "nonce": "n1",
            "reply_to": None,
            **fields,
        }
    )


def test_a_message_as_others_see_it():
    frame = json.loads(wire.encode(MessageSent(message())))

    assert frame == {
        "type": "message",
        "timestamp": "2026-11-22T11:00:00.005Z",
        "username": "Ann",
        "message": "hi",
        "messageId": message_id(1, 1, 0),
        "room": "general",
        "seq": 1,
        "userId": "ann",
    }


def test_a_message_as_its_author_sees_it():
    frame = json.loads(wire.encode(MessageSent(message(reply_to="r")), reader="ann"))

    assert (frame["nonce"], frame["replyTo"]) == ("n1", "r")


def test_text_is_utf8_and_not_escaped():
    assert '"message":"é🔥"' in wire.encode(MessageSent(message("é🔥")))


def test_an_answer_repeats_the_id():
    text = wire.encode(Refused(InvalidText("Write something first")), request_id="7")

    assert json.loads(text) == {
        "type": "error",
        "id": "7",
        "code": "bad_request",
        "message": "Write something first",
        "field": "message",
        "retryable": False,
    }


def test_a_refusal_may_say_when_to_come_back():
    frame = json.loads(wire.encode(Refused(Busy("Too much at once", 250))))

    assert (frame["retryable"], frame["retryAfterMs"]) == (True, 250)
    assert "field" not in frame
    assert "retryAfterMs" not in json.loads(wire.encode(Refused(StorageFailed())))


@pytest.mark.parametrize(
    ("event", "frame"),
    [
        (Closing("bye", again=False), {"type": "closing", "reason": "bye", "again": False}),
        (
            Closing("restart", again=True, retry_after_ms=500),
            {"type": "closing", "reason": "restart", "again": True, "retryAfterMs": 500},
        ),
    ],
)
def test_a_farewell_says_whether_to_come_back(event, frame):
    assert json.loads(wire.encode(event)) == frame


@pytest.mark.parametrize("worst", ["\x01", "🔥", '"'])
def test_the_largest_message_fits_into_a_page(worst):
    largest = message(
        f"-{worst * (MAX_TEXT - 2)}-",
        username="𝐀" * 20,
        user_id="ﷺ" * 20 * 18,
        nonce=worst * MAX_NONCE,
        reply_to="0" * 26,
    )

    assert wire.fitting([largest], "ﷺ" * 20 * 18)[0] == [largest]


def test_messages_are_taken_while_they_fit():
    messages = [message("x" * 500, seq) for seq in range(1, 100)]

    fits, left = wire.fitting(messages, "ann", 2_500)

    assert [one.seq for one in fits] == [1, 2, 3]
    size = len(
        json.dumps(
            [json.loads(wire.encode(MessageSent(one), reader="ann")) for one in fits],
            separators=(",", ":"),
        )
    )
    assert size - 1 == 2_500 - left
