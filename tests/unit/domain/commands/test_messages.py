"""What is refused is in tests/flow/test_bad_input.py, where a whole frame is seen."""

import json

import pytest

from fireside.domain.commands import parse
from fireside.domain.commands.messages import (
    Cursor,
    GetHistory,
    Hello,
    Ping,
    Resume,
    SendMessage,
)
from fireside.domain.decoding import decode
from fireside.domain.message import message_id

AN_ID = message_id(1, 1, 1)


@pytest.mark.parametrize(
    ("route", "fields", "command"),
    [
        ("hello", {"v": 1}, Hello(1)),
        ("hello", {"v": 2}, Hello(2)),
        (
            "hello",
            {"v": 1, "resume": {"general": {"epoch": "e", "after": 3}}},
            Hello(1, {"general": Cursor("e", 3)}),
        ),
        ("sendMessage", {"message": " hi "}, SendMessage("hi", "general", None, None)),
        (
            "sendMessage",
            {"message": "hi", "room": "attic", "nonce": "n" * 64, "replyTo": AN_ID},
            SendMessage("hi", "attic", "n" * 64, AN_ID),
        ),
        ("getHistory", {}, GetHistory("general", 50, None, None)),
        ("getHistory", {"limit": 100, "before": 9}, GetHistory("general", 100, 9, None)),
        ("getHistory", {"limit": 1, "after": 0}, GetHistory("general", 1, None, 0)),
        ("resume", {"room": "general", "epoch": "e", "after": 0}, Resume("general", "e", 0)),
        (
            "resume",
            {"room": "general", "epoch": "e", "after": 1, "messageId": AN_ID},
            Resume("general", "e", 1, AN_ID),
        ),
        (
            "hello",
            {"v": 1, "resume": {"general": {"epoch": "e", "after": 3, "messageId": AN_ID}}},
            Hello(1, {"general": Cursor("e", 3, AN_ID)}),
        ),
        ("ping", {}, Ping()),
    ],
)
def test_a_frame_becomes_a_command(route, fields, command):
    request = decode(json.dumps({"action": route, "id": "i" * 64, **fields}))

    assert request.id == "i" * 64
    assert parse(route, request.fields) == command
