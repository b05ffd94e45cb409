"""Commands of owners and moderators: what a frame becomes, and each field wrong in every way."""

import pytest

from fireside.domain.commands import parse
from fireside.domain.commands.moderation import Ban, GetAudit, Mute, Promote, Unban
from fireside.domain.errors import ChatError


@pytest.mark.parametrize(
    ("action", "fields", "command"),
    [
        ("promote", {"person": "bob", "role": "moderator"}, Promote("bob", "moderator")),
        ("ban", {"person": "bob"}, Ban("bob")),
        ("ban", {"person": "bob", "reason": "spam"}, Ban("bob", "spam")),
        ("unban", {"person": "bob"}, Unban("bob")),
        ("mute", {"person": "bob", "seconds": 60}, Mute("bob", 60)),
        ("mute", {"person": "bob", "seconds": 0}, Mute("bob", 0)),
        ("mute", {"person": "bob", "seconds": 31_622_400}, Mute("bob", 31_622_400)),
        ("audit", {}, GetAudit()),
        ("audit", {"before": "e"}, GetAudit("e")),
    ],
)
def test_a_frame_becomes_a_command(action, fields, command):
    assert parse("$default", {"action": action, **fields}) == command


REQUIRED = {
    "promote": {"person": "bob", "role": "moderator"},
    "ban": {"person": "bob"},
    "unban": {"person": "bob"},
    "mute": {"person": "bob", "seconds": 60},
}
NO_TEXTS = [5, True, 1.5, [], ["bob"], {}]


def refused(action, fields):
    with pytest.raises(ChatError) as refusal:
        parse("$default", {"action": action, **fields})
    assert not refusal.value.retryable
    return refusal.value.code, refusal.value.field


@pytest.mark.parametrize(("action", "fields"), REQUIRED.items(), ids=REQUIRED)
def test_a_person_is_named_by_an_id(action, fields):
    for wrong in (None, "", *NO_TEXTS):
        assert refused(action, {**fields, "person": wrong}) == ("bad_request", "person")
    assert refused(action, {**fields, "person": "x" * 81}) == ("too_long", "person")


@pytest.mark.parametrize("role", [None, "", "guest", "Owner", "owner ", *NO_TEXTS])
def test_a_role_is_one_of_four(role):
    assert refused("promote", {"person": "bob", "role": role}) == ("bad_request", "role")


@pytest.mark.parametrize(
    "seconds", [None, "60", True, 1.0, -1, 31_622_401, 2**64, float("inf"), [], {}]
)
def test_a_mute_ends_within_a_leap_year(seconds):
    assert refused("mute", {"person": "bob", "seconds": seconds}) == ("bad_request", "seconds")


def test_a_reason_and_a_cursor_are_optional_texts():
    for wrong in ("", *NO_TEXTS):
        assert refused("ban", {"person": "bob", "reason": wrong}) == ("bad_request", "reason")
        assert refused("audit", {"before": wrong}) == ("bad_request", "before")
    assert refused("ban", {"person": "bob", "reason": "x" * 201}) == ("too_long", "reason")
    assert refused("audit", {"before": "x" * 301}) == ("too_long", "before")
