"""The room that browsers' tests share at a rehearsal: the next finds nothing said there."""

import pytest

from fireside.cloud.rehearse.unpacked import CONNECTIONS, MESSAGES
from tests.e2e.support import dynamodb_tables as tables


class Room:
    """Stands in for DynamoDB: who is there, what was said, and what lands after each deletion."""

    def __init__(self, people=(), said=(), late=()):
        self.rows = {CONNECTIONS: list(people), MESSAGES: list(said)}
        self.late = list(late)

    def call(self, operation, request):
        if operation == "Query":
            return {"Items": list(self.rows[request["TableName"]])}
        for delete in request["RequestItems"][MESSAGES]:
            self.rows[MESSAGES].remove(delete["DeleteRequest"]["Key"])
        self.rows[MESSAGES] += [self.late.pop()] if self.late else []
        return {"UnprocessedItems": {}}


@pytest.fixture
def forget(monkeypatch):
    monkeypatch.setattr(tables, "LEAVE_SECONDS", 0.5)

    def forget_in(room):
        shared = tables.Tables("http://127.0.0.1:1")
        shared._client = room
        shared._people = list
        shared.forget()

    return forget_in


def test_what_lands_while_the_room_is_emptied_is_gone_too(forget):
    room = Room(said=[{"seq": 1}, {"seq": 2}], late=[{"seq": 3}, {"seq": 4}])

    forget(room)

    assert room.rows[MESSAGES] == []
    assert room.late == []


def test_who_is_still_there_is_not_waited_for_for_ever(forget):
    room = Room(people=[{"sk": "ada"}], said=[{"seq": 1}])

    forget(room)

    assert room.rows[MESSAGES] == []
