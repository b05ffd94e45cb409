"""Persons: pure changes of one record."""

from dataclasses import replace

import pytest

from fireside.domain.errors import Forbidden, Full, NameTaken, NotFound
from fireside.domain.person import (
    DAY_MS,
    LINK_MS,
    MAX_DEVICES,
    MAX_LINKS,
    NEVER_MS,
    Change,
    Device,
    DeviceLink,
    Found,
    Holder,
    Person,
    after_link,
    existing,
    forgotten,
    is_free,
    opened_by,
    outranks,
    require_free,
    require_rank,
    seen_today,
    with_device,
    with_link,
    without_device,
)

NOW = 1_795_345_200_000
PHONE, LAPTOP = "p" * 22, "l" * 22
ADA = Person("ada", "Ada", devices=(Device(PHONE, "phone", 1, 0),), recovery="c" * 64)


def ranked(role):
    return replace(ADA, role=role)


def test_an_empty_device_is_nobodys():
    assert ADA.has(PHONE)
    assert not ADA.has(LAPTOP)
    assert not ADA.has("")
    assert not replace(ADA, devices=(Device("", "", 1, 0),)).has("")


@pytest.mark.parametrize(
    ("holder", "is_so"),
    [
        (None, True),
        (Holder("ada"), True),
        (Holder("ada", NOW + 1), True),
        (Holder("bob"), False),
        (Holder("bob", NOW + 1), False),
        (Holder("bob", NOW), True),
        (Holder("bob", NEVER_MS), True),
    ],
)
def test_a_name_is_free_for_its_holder_and_for_others_when_it_was_given_up_long_ago(holder, is_so):
    assert is_free(holder, "ada", NOW) == is_so


def test_all_keys_of_a_name_must_be_free():
    found = Found(None, {"b": Holder("bob"), "c": Holder("ada")})

    require_free(found, ("a", "c"), "ada", NOW)
    with pytest.raises(NameTaken):
        require_free(found, ("a", "b"), "ada", NOW)


def test_a_device_is_added_once():
    both = with_device(ADA, LAPTOP, "laptop", NOW)

    assert both.devices[1] == Device(LAPTOP, "laptop", NOW, NOW // DAY_MS)
    assert with_device(both, LAPTOP, "another label", NOW + 1) == both


def test_the_21st_device_is_one_too_many_and_one_of_the_20_is_no_news():
    full = ADA
    for number in range(MAX_DEVICES - 1):
        full = with_device(full, f"{number:022}", "", NOW)

    assert len(full.devices) == MAX_DEVICES == 20
    assert with_device(full, PHONE, "", NOW) == full
    with pytest.raises(Full) as refused:
        with_device(full, LAPTOP, "", NOW)
    assert refused.value.field == "device"


def test_a_device_that_is_not_there_can_be_ended_twice():
    assert without_device(ADA, PHONE).devices == ()
    assert without_device(ADA, LAPTOP) == ADA


def test_a_link_ends_with_the_device_that_made_it():
    own, stolen = (DeviceLink(one, NOW + LINK_MS, one) for one in (LAPTOP, PHONE))
    person = with_link(with_link(ADA, own, NOW), stolen, NOW)

    assert without_device(person, PHONE).links == (own,)


def test_a_day_is_noted_for_the_device_that_is_here():
    both = with_device(ADA, LAPTOP, "", NOW)

    seen = seen_today(both, PHONE, NOW + DAY_MS)

    assert [one.last_day for one in seen.devices] == [NOW // DAY_MS + 1, NOW // DAY_MS]
    assert seen_today(seen, PHONE, NOW + DAY_MS) == seen


def test_a_link_opens_until_it_is_used_or_too_old():
    open_ = with_link(ADA, DeviceLink("h", NOW + LINK_MS), NOW)

    assert opened_by(open_, "h", NOW + LINK_MS - 1)
    assert not opened_by(open_, "h", NOW + LINK_MS)
    assert not opened_by(open_, "other", NOW)
    assert not opened_by(after_link(open_, "h"), "h", NOW)
    assert after_link(open_, "other") == open_


def test_five_links_are_open_at_most_and_those_that_expired_go():
    person = ADA
    for number in range(MAX_LINKS + 2):
        person = with_link(person, DeviceLink(f"h{number}", NOW + LINK_MS), NOW)

    assert [one.hash for one in person.links] == ["h2", "h3", "h4", "h5", "h6"]
    late = with_link(person, DeviceLink("late", NOW + 2 * LINK_MS), NOW + LINK_MS)
    assert [one.hash for one in late.links] == ["late"]


def test_the_same_link_twice_is_one():
    link = DeviceLink("h", NOW + LINK_MS)

    once = with_link(ADA, link, NOW)

    assert with_link(once, link, NOW) == once


def test_of_a_forgotten_person_the_id_stays():
    left = forgotten(
        replace(
            ADA, role="moderator", links=(DeviceLink("h", 1),), revision=7, muted_until_ms=NOW + 1
        )
    )

    assert left == Person("ada", "Somebody", is_forgotten=True, revision=7)


@pytest.mark.parametrize(
    ("change", "is_so"),
    [
        ({"devices": (), "recovery": ""}, True),
        ({"devices": (), "recovery": "", "is_banned": True}, True),
        ({"devices": ()}, False),
        ({"recovery": ""}, False),
        ({"devices": (), "recovery": "", "is_forgotten": True}, False),
    ],
)
def test_a_record_is_vacant_where_nobody_claimed_the_name(change, is_so):
    assert replace(ADA, **change).is_vacant == is_so


@pytest.mark.parametrize(
    "person", [None, forgotten(ADA), Person("ada", "ada", is_banned=True), Person("ada", "ada")]
)
def test_only_who_claimed_a_name_exists(person):
    assert existing(Found(ADA, {})) == ADA
    with pytest.raises(NotFound):
        existing(Found(person, {}))


ROLES = ["owner", "moderator", "member", "bot"]


@pytest.mark.parametrize(
    ("role", "below"),
    [
        ("owner", [*ROLES, None]),
        ("moderator", ["member", "bot", None]),
        ("member", []),
        ("bot", []),
    ],
)
def test_who_outranks_whom(role, below):
    others = [*ROLES, None]

    found = [one for one in others if outranks(ranked(role), one and ranked(one))]

    assert found == below


@pytest.mark.parametrize(("role", "passes"), [("owner", ["owner"]), ("moderator", ROLES[:2])])
def test_a_rank_is_required_of_persons(role, passes):
    for one in ROLES:
        if one in passes:
            assert require_rank(ranked(one), role) == ranked(one)
        else:
            with pytest.raises(Forbidden, match=role):
                require_rank(ranked(one), role)
    with pytest.raises(Forbidden):
        require_rank(None, role)


def test_a_change_writes_where_the_person_or_a_name_changes():
    found = Found(ADA, {})

    assert not Change(ADA).writes(found)
    assert Change(replace(ADA, username="Bea")).writes(found)
    assert Change(ADA, taken=("a",)).writes(found)
    assert Change(ADA, freed=("a",)).writes(found)
    assert Change(ADA).writes(Found(None, {}))
