"""What pages and programs sent on 2026-11-22, played to the server of today.

`tests/vectors/frames-v1.json` is what they sent and were answered then, and is never recorded
anew: a page that was loaded then, or a program that was written then, may still be at work. Fields
may be added to an answer; none may go, change its type, or mean something else.
"""

import json
from pathlib import Path

import pytest

from fireside.adapters.dynamodb import rows
from fireside.cloud.verify.client import Target
from fireside.domain.commands.messages import VERSIONS
from fireside.ports import Connection
from tests.e2e.support.server_process import in_both_modes, serving

pytestmark = pytest.mark.without_house

VECTORS = Path(__file__).parents[1] / "vectors"
FRAMES = json.loads((VECTORS / "frames-v1.json").read_text("utf-8"))
ROWS = json.loads((VECTORS / "rows-v1.json").read_text("utf-8"))

TYPES = {"<text>": str, "<number>": int}


def misfit(recorded, answer, path="answer"):
    """Find where an answer does not have what was recorded; None if it has it all."""
    match recorded:
        case dict():
            if not isinstance(answer, dict) or recorded.keys() - answer.keys():
                return f"{path}: {sorted(recorded)} became {answer!r}"
            each = ((recorded[key], answer[key], f"{path}.{key}") for key in recorded)
        case list():
            if not isinstance(answer, list) or len(answer) != len(recorded):
                return f"{path}: {len(recorded)} became {answer!r}"
            pairs = zip(recorded, answer, strict=True)
            each = ((old, new, f"{path}[]") for old, new in pairs)
        case "<text>" | "<number>":
            fits = isinstance(answer, TYPES[recorded]) and not isinstance(answer, bool)
            return None if fits else f"{path}: {recorded} became {answer!r}"
        case _:
            return None if recorded == answer else f"{path}: {recorded!r} became {answer!r}"
    return next(filter(None, (misfit(*one) for one in each)), None)


@in_both_modes
def test_an_old_page_and_an_old_program_are_answered_as_they_were(tmp_path, monkeypatch, mode):
    monkeypatch.setattr("fireside.cloud.verify.client.ANSWER_SECONDS", 60)
    known = {}
    options = () if mode == ("rehearse",) else ("--invites", "off")
    with serving(tmp_path, *mode, *options) as running:
        target = Target(running.socket_url)
        with target.connect("Ann") as page, target.connect("Bob") as program:
            people = {"page": page, "program": program}
            for number, step in enumerate(FRAMES):
                # What an answer told, such as an epoch, is sent on as a page would.
                if step["answer"].get("code") == "unsupported" and "v" in step["send"]:
                    step["send"]["v"] = VERSIONS.stop  # the next version: it was 2 then
                sent = json.loads(
                    json.dumps(step["send"]).replace("<epoch>", known.get("epoch", ""))
                )
                person = people[step["who"]]
                person.send(json.dumps(sent))
                wanted = step["answer"]
                answer = person._wait(
                    lambda frame, wanted=wanted: frame.get("type") == wanted["type"], str(wanted)
                )
                assert misfit(wanted, answer) is None, f"step {number}: {sent}"
                for room in answer.get("rooms", []):
                    known["epoch"] = room["epoch"]
            push = next(frame for frame in program.pushes if frame["type"] == "message")

    assert push.keys() >= {"timestamp", "username", "message", "messageId", "room", "seq", "userId"}


@pytest.mark.parametrize("row", ROWS["messages"], ids=lambda row: row["text"]["S"])
def test_messages_that_were_kept_are_read_and_written_as_they_were(row):
    message = rows.message(row)

    assert message.text == row["text"]["S"]
    assert rows.of_message(message) == row


def test_a_nonce_that_was_kept_leads_to_its_message():
    assert rows.under_nonce(ROWS["nonce"]) == {"pk": {"S": "room#general"}, "seq": {"N": "7"}}


def test_a_row_of_a_later_form_is_left_alone():
    later = ROWS["messages"][0] | {"v": {"N": str(rows.VERSION + 1)}}

    assert rows.message(later).text == "\ufffd"


def test_a_field_that_was_added_later_does_no_harm():
    row = ROWS["messages"][0]

    assert rows.message(row | {"mood": {"S": "good"}}) == rows.message(row)


def test_the_comparison_finds_what_would_break_an_old_page():
    recorded = {"type": "ack", "seq": "<number>", "list": [{"a": "<text>"}]}
    good = {"type": "ack", "seq": 1, "list": [{"a": "x"}], "new": 1}

    assert misfit(recorded, good) is None
    for worse in (
        {"type": "ack", "list": [{"a": "x"}]},
        good | {"seq": "1"},
        good | {"seq": True},
        good | {"type": "acked"},
        good | {"list": []},
        good | {"list": [{}]},
    ):
        assert misfit(recorded, worse)


def test_the_connection_of_a_member_can_be_read_again():
    connection = Connection("L0SM9cOFvHcCIhw=", "ann", "Ann", ("general",), 1, said_hello=True)

    assert rows.of_member(connection, "general") == ROWS["member"]
