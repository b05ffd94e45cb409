"""The frames about people: what is told, and that no hash of a secret is among it."""

import json

from fireside import wire
from fireside.domain.events import (
    AuditPage,
    Claimed,
    DeviceLinkMade,
    DeviceList,
    Linked,
    Moderated,
    Myself,
    RecoveryMade,
    You,
)
from fireside.domain.person import AuditEntry, Device, DeviceLink, Person

ADA = Person(
    "ada",
    "Ada",
    role="moderator",
    devices=(Device("d" * 22, "Laptop", 0, 1), Device("e" * 22, "", 1, 2)),
    recovery="a" * 64,
    recovery_ms=5,
    links=(DeviceLink("b" * 64, 9),),
    muted_until_ms=1_000,
)
USER = {
    "userId": "ada",
    "username": "Ada",
    "claimed": True,
    "role": "moderator",
    "mutedUntil": "1970-01-01T00:00:01.000Z",
}
MYSELF = Myself("ada", "Ada", ADA)


def frame(event):
    text = wire.encode(event, request_id="7")
    assert not {"a" * 64, "b" * 64} & set(text.split('"'))
    found = json.loads(text)
    assert found.pop("id") == "7"
    return found


def test_a_person_is_told_what_changed():
    assert frame(You(MYSELF, "renamed")) == {"type": "you", "user": USER, "change": "renamed"}
    added = frame(You(MYSELF, "device_added", "d" * 22))
    assert added["device"] == "d" * 22


def test_a_name_alone_is_a_user_too():
    user = frame(You(Myself("pat", "Pat"), "renamed"))["user"]

    assert user == {"userId": "pat", "username": "Pat", "claimed": False, "role": "member"}


def test_a_code_is_told_once_and_then_not():
    assert frame(Claimed(MYSELF, "CODE")) == {"type": "claimed", "user": USER, "recovery": "CODE"}
    assert frame(Claimed(MYSELF, None))["recovery"] is None
    assert frame(Linked(MYSELF)) == {"type": "linked", "user": USER}
    assert frame(Linked(MYSELF, "CODE"))["recovery"] == "CODE"
    assert frame(RecoveryMade("CODE")) == {"type": "recovery", "code": "CODE"}


def test_a_link_is_told_with_its_end():
    expected = {"type": "deviceLink", "secret": "s", "expiresAt": "1970-01-01T00:00:00.001Z"}
    assert frame(DeviceLinkMade("s", 1)) == expected


def test_devices_are_told_by_their_ids():
    assert frame(DeviceList(ADA, "d" * 22)) == {
        "type": "devices",
        "devices": [
            {
                "device": "d" * 22,
                "label": "Laptop",
                "addedAt": "1970-01-01T00:00:00.000Z",
                "lastDay": "1970-01-02",
                "here": True,
            },
            {
                "device": "e" * 22,
                "label": "",
                "addedAt": "1970-01-01T00:00:00.001Z",
                "lastDay": "1970-01-03",
                "here": False,
            },
        ],
        "recoveryAt": "1970-01-01T00:00:00.005Z",
    }
    assert "recoveryAt" not in frame(DeviceList(Person("ada", "Ada"), ""))


def test_moderators_are_told_of_a_person_and_of_the_trail():
    assert frame(Moderated(ADA)) == {"type": "person", "user": USER, "banned": False}
    entry = AuditEntry("e1", 0, "ada", "ban", "bob", "spam")
    assert frame(AuditPage([entry], "e1")) == {
        "type": "audit",
        "entries": [
            {
                "entry": "e1",
                "at": "1970-01-01T00:00:00.000Z",
                "by": "ada",
                "action": "ban",
                "person": "bob",
                "detail": "spam",
            }
        ],
        "next": "e1",
    }
