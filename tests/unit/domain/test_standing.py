"""Who may connect, and who takes part: the table of docs/reference/protocol.md, row by row."""

import pytest

from fireside.domain.entry import Visitor
from fireside.domain.errors import Forbidden, Gone, NameTaken, Unauthorized
from fireside.domain.person import (
    NEVER_MS,
    Device,
    DeviceLink,
    Found,
    Holder,
    Person,
    forgotten,
)
from fireside.domain.standing import is_held, may_take_part, payer, standing

NOW = 1_795_345_200_000
OWN, OTHER = "o" * 22, "x" * 22
CODE, LINK, OLD_LINK = "c" * 64, "l" * 64, "e" * 64
ADA = Person(
    "ada",
    "Ada",
    devices=(Device(OWN, "", 1, 0),),
    recovery=CODE,
    links=(DeviceLink(OLD_LINK, NOW), DeviceLink(LINK, NOW + 1)),
)
BANNED = Person("ada", "Ada", devices=ADA.devices, recovery=CODE, is_banned=True)
BANNED_NAME = Person("ada", "ada", is_banned=True)

NOBODY = Found(None, {})
HELD = Found(None, {"ada": Holder("bea")})
FREED = Found(None, {"ada": Holder("bea", NOW + 1)})
FREED_LONG_AGO = Found(None, {"ada": Holder("bea", NOW)})
UNBANNED = Found(None, {"ada": Holder("ada", NEVER_MS)})
HALF_FREED = Found(None, {"ada": Holder("bea", NOW), "look": Holder("cid")})


def found(person):
    return Found(person, {})


def visitor(device=OTHER, *, invited=True, key=""):
    return Visitor("ada", "Ada", device, invited, key)


IN, KNOCKS, REFUSED = "takes part", "may show who it is", "403"


def door(who, what, names="open"):
    try:
        return IN if may_take_part(who, what, names, NOW) else KNOCKS
    except Forbidden:
        return REFUSED


@pytest.mark.parametrize("names", ["open", "claimed"])
@pytest.mark.parametrize(
    ("who", "what", "outcome"),
    [
        # the device is of that person: it is the invite
        (visitor(OWN), found(ADA), IN),
        (visitor(OWN, invited=False), found(ADA), IN),
        # not of that person, or unknown: nobody, with an invite, in an open place, or with a key
        (visitor(OTHER), found(ADA), KNOCKS),
        (visitor(OTHER, invited=False), found(ADA), REFUSED),
        (visitor(OTHER, invited=False, key=CODE), found(ADA), KNOCKS),
        (visitor(OTHER, invited=False, key=LINK), found(ADA), KNOCKS),
        (visitor(OTHER, invited=False, key=OLD_LINK), found(ADA), REFUSED),
        (visitor(OTHER, invited=False, key="0" * 64), found(ADA), REFUSED),
        (visitor(""), found(ADA), REFUSED),
        (visitor("", invited=False, key=CODE), found(ADA), REFUSED),
        # the name is somebody's, or was
        (visitor(OTHER), HELD, KNOCKS),
        (visitor(""), HELD, REFUSED),
        (visitor(OTHER), FREED, KNOCKS),
        (visitor(""), FREED, REFUSED),
        (visitor(OTHER), FREED_LONG_AGO, KNOCKS),
        (visitor(""), FREED_LONG_AGO, REFUSED),
        (visitor(OTHER, invited=False), HELD, REFUSED),
        # the name is free, but there is no invite
        (visitor(OTHER, invited=False), NOBODY, REFUSED),
        (visitor("", invited=False), NOBODY, REFUSED),
        (visitor(OTHER, invited=False, key=CODE), NOBODY, REFUSED),
        # banned, or forgotten
        (visitor(OWN), found(BANNED), KNOCKS),
        (visitor(OWN, invited=False), found(BANNED), KNOCKS),
        (visitor(OTHER), found(BANNED), KNOCKS),
        (visitor(""), found(BANNED), REFUSED),
        (visitor(OTHER), found(BANNED_NAME), KNOCKS),
        (visitor(""), found(BANNED_NAME), REFUSED),
        (visitor(OWN), found(forgotten(ADA)), KNOCKS),
        (visitor(""), found(forgotten(ADA)), REFUSED),
        # a person without a recovery code has none that is empty
        (visitor(OTHER, invited=False), found(Person("ada", "Ada")), REFUSED),
    ],
)
def test_who_may_connect(who, what, outcome, names):
    assert door(who, what, names) == outcome


@pytest.mark.parametrize(
    ("who", "what", "names", "outcome"),
    [
        (visitor(OTHER), NOBODY, "open", IN),
        (visitor(""), NOBODY, "open", IN),
        (visitor(""), UNBANNED, "open", IN),
        (visitor(OTHER), NOBODY, "claimed", KNOCKS),
        (visitor(""), NOBODY, "claimed", REFUSED),
    ],
)
def test_who_may_connect_under_a_free_name(who, what, names, outcome):
    assert door(who, what, names) == outcome


@pytest.mark.parametrize("names", ["open", "claimed"])
def test_a_persons_device_takes_part_under_the_persons_name(names):
    who = Visitor("ada", "Whatever", OWN, is_invited=False)

    assert standing(who, found(ADA), names, NOW) == ADA


@pytest.mark.parametrize("what", [NOBODY, UNBANNED])
def test_a_name_that_nobody_has_is_enough_where_the_place_is_open(what):
    assert standing(visitor(""), what, "open", NOW) is None
    with pytest.raises(Unauthorized, match="claim yours first"):
        standing(visitor(OTHER), what, "claimed", NOW)


@pytest.mark.parametrize("names", ["open", "claimed"])
@pytest.mark.parametrize(
    ("who", "what", "error"),
    [
        (visitor(OTHER), found(ADA), NameTaken),
        (visitor(""), found(ADA), NameTaken),
        (visitor(OTHER), HELD, NameTaken),
        (visitor(OTHER), FREED, NameTaken),
        (visitor(OTHER), HALF_FREED, NameTaken),
        (visitor(OTHER), FREED_LONG_AGO, Unauthorized),
        (visitor(OTHER, invited=False), NOBODY, Forbidden),
        (visitor(OWN), found(BANNED), Forbidden),
        (visitor(OTHER), found(BANNED), NameTaken),
        (visitor(OTHER), found(BANNED_NAME), Forbidden),
        (visitor(OWN), found(forgotten(ADA)), Gone),
    ],
)
def test_who_does_not_take_part_is_told_why(who, what, names, error):
    with pytest.raises(error) as refused:
        standing(who, what, names, NOW)
    assert not refused.value.retryable


def test_who_has_the_code_of_a_person_does_not_take_part_by_that_alone():
    with pytest.raises(NameTaken):
        standing(visitor(OTHER, key=CODE), found(ADA), "open", NOW)


def test_a_name_is_held_by_who_has_it_or_had_it():
    assert is_held(HELD)
    assert is_held(FREED_LONG_AGO)
    assert not is_held(UNBANNED)
    assert not is_held(NOBODY)


@pytest.mark.parametrize(
    ("device", "what", "who"),
    [
        (OWN, found(ADA), "ada"),
        (OTHER, found(ADA), "ada#unknown"),
        ("", found(ADA), "ada#unknown"),
        (OTHER, NOBODY, "ada"),
        ("", NOBODY, "ada"),
        (OTHER, UNBANNED, "ada"),
        # another has that name now, or once had it and still has the user id
        (OTHER, HELD, "ada#unknown"),
        ("", FREED_LONG_AGO, "ada#unknown"),
    ],
)
def test_nobody_uses_up_what_is_a_persons_without_one_of_the_devices(device, what, who):
    assert payer(visitor(device), what) == who
