"""Commands of persons: what a frame becomes, and each field wrong in every way."""

import pytest

from fireside.domain.commands import parse
from fireside.domain.commands.people import (
    Claim,
    ForgetMe,
    Link,
    ListDevices,
    NewDeviceLink,
    NewRecovery,
    Own,
    Recover,
    Rename,
    RevokeDevice,
)
from fireside.domain.errors import ChatError


@pytest.mark.parametrize(
    ("action", "fields", "command"),
    [
        ("claim", {"name": " Ada ", "nonce": "c1"}, Claim("Ada")),
        ("claim", {"name": "Ada", "label": "Firefox on Linux"}, Claim("Ada", "Firefox on Linux")),
        ("claim", {"name": "Ada", "label": "a\u202eb\x00 "}, Claim("Ada", "ab")),
        ("claim", {"name": "Ada", "label": "\u200b"}, Claim("Ada")),
        ("claim", {"name": "Ada", "label": None}, Claim("Ada")),
        ("rename", {"name": "Bea"}, Rename("Bea")),
        ("recovery", {}, NewRecovery()),
        ("recover", {"name": "Ada", "code": "abc"}, Recover("Ada", "abc")),
        ("recover", {"name": "Ada", "code": "abc", "label": "x"}, Recover("Ada", "abc", "x")),
        ("deviceLink", {}, NewDeviceLink()),
        ("deviceLink", {"person": "bob"}, NewDeviceLink("bob")),
        ("link", {"secret": "s"}, Link("s")),
        ("link", {"secret": "s", "label": "x"}, Link("s", "x")),
        ("devices", {}, ListDevices()),
        ("revokeDevice", {"device": "d"}, RevokeDevice("d")),
        ("forgetMe", {"name": "Ada"}, ForgetMe("Ada")),
        ("own", {"secret": "s"}, Own("s")),
    ],
)
def test_a_frame_becomes_a_command(action, fields, command):
    assert parse("$default", {"action": action, **fields}) == command


REQUIRED = {
    "claim": {"name": "Ada"},
    "rename": {"name": "Ada"},
    "recover": {"name": "Ada", "code": "c"},
    "link": {"secret": "s"},
    "revokeDevice": {"device": "d"},
    "forgetMe": {"name": "Ada"},
    "own": {"secret": "s"},
}
LABELLED = ["claim", "recover", "link"]
NO_TEXTS = [5, True, 1.5, [], ["Ada"], {}, {"a": 1}]


def refused(action, fields):
    with pytest.raises(ChatError) as refusal:
        parse("$default", {"action": action, **fields})
    assert not refusal.value.retryable
    return refusal.value.code, refusal.value.field


@pytest.mark.parametrize(("action", "fields"), REQUIRED.items(), ids=REQUIRED)
def test_each_required_field_is_a_text_that_is_there_and_not_too_long(action, fields):
    for field in fields:
        without = {name: value for name, value in fields.items() if name != field}
        assert refused(action, without) == ("bad_request", field)
        for wrong in (None, "", *NO_TEXTS):
            assert refused(action, {**fields, field: wrong}) == ("bad_request", field)
        assert refused(action, {**fields, field: "x" * 301}) == ("too_long", field)


@pytest.mark.parametrize("action", ["claim", "rename", "recover", "forgetMe"])
@pytest.mark.parametrize("name", ["A", "x" * 21, "<b>", "Adа", "a  b", "..", "\u200bada"])
def test_a_name_is_held_to_the_rules_for_names(action, name):
    assert refused(action, {**REQUIRED[action], "name": name})[0] == "bad_name"


@pytest.mark.parametrize("action", LABELLED)
def test_a_label_is_optional_and_else_a_text(action):
    for wrong in ("", *NO_TEXTS):
        assert refused(action, {**REQUIRED[action], "label": wrong}) == ("bad_request", "label")
    assert refused(action, {**REQUIRED[action], "label": "x" * 41}) == ("too_long", "label")


def test_a_link_is_for_oneself_or_for_a_person():
    for wrong in ("", *NO_TEXTS):
        assert refused("deviceLink", {"person": wrong}) == ("bad_request", "person")
    assert refused("deviceLink", {"person": "x" * 81}) == ("too_long", "person")
