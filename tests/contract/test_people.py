"""What every store of people must do, whatever it is made of."""

from contextlib import suppress
from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fireside.domain.errors import NameTaken
from fireside.domain.lookalikes import name_keys
from fireside.domain.names import fold
from fireside.domain.person import (
    FREED_MS,
    ROLES,
    AuditEntry,
    Change,
    Device,
    DeviceLink,
    Found,
    Holder,
    Person,
    forgotten,
    require_free,
    with_device,
)
from tests.contract.persons import NOTHING, NOW, change, claim, claiming, entry, person

KINDS = ["memory", "sqlite", "dynamodb"]


@pytest.fixture(params=KINDS)
def people(request, new_people):
    return new_people(request.param)


def test_a_store_without_people_knows_none(people):
    assert people.find("ann", ("ann", "arm")) == NOTHING
    assert people.forgotten == frozenset()
    assert people.audit(None, 9) == []


# --- claims ---


def test_a_claim_stores_the_person_and_the_keys_of_the_name(people):
    ann = claim(people, person(), "ann", "arm")

    assert ann == person(revision=1)
    held = {"ann": Holder("ann"), "arm": Holder("ann")}
    assert people.find("ann", ("ann", "arm", "bob")) == Found(ann, held)
    assert people.find("ann") == Found(ann, {})
    assert people.find("bob", ("arm",)) == Found(None, {"arm": Holder("ann")})


def test_a_refused_claim_stores_nothing(people):
    ann = claim(people, person(), "ann", "arm")

    with pytest.raises(NameTaken):
        claim(people, person("arm"), "free", "arm", entry=entry())

    assert people.find("arm", ("free", "arm")) == Found(None, {"arm": Holder("ann")})
    assert people.find("ann") == Found(ann, {})
    assert people.audit(None, 9) == []


def test_a_claim_that_is_repeated_changes_nothing(people):
    ann = claim(people, person(), "ann")

    assert claim(people, person(), "ann") == ann
    assert people.find("ann", ("ann",)) == Found(ann, {"ann": Holder("ann")})


# --- changes at the same time ---


def at_once(people, claims):
    """Make claims that all read before the first writes; return who got the name."""
    winners = []

    def attempt(number):
        one, *keys = claims[number]
        decide, others = claiming(one, *keys), iter([number + 1])

        def interrupted(found):
            for other in others:
                if other < len(claims):
                    attempt(other)
            return decide(found)

        with suppress(NameTaken):
            winners.append(people.change(one.user_id, keys, interrupted))

    attempt(0)
    return winners


def test_of_twenty_claims_of_one_name_at_once_one_wins(people):
    claims = [(person("ann", f"device-{number}"), "ann", "arm") for number in range(20)]

    [winner] = at_once(people, claims)

    held = {"ann": Holder("ann"), "arm": Holder("ann")}
    assert people.find("ann", ("ann", "arm")) == Found(winner, held)


def test_of_twenty_claims_of_names_that_look_alike_one_wins(people):
    claims = [(person(f"ann {number}"), f"ann {number}", "the look") for number in range(20)]

    [winner] = at_once(people, claims)

    for one, own_key, look in claims:
        found = people.find(one.user_id, (own_key, look))
        assert found.holders[look] == Holder(winner.user_id)
        is_winner = one.user_id == winner.user_id
        assert (found.person, own_key in found.holders) == (
            winner if is_winner else None,
            is_winner,
        )


def test_a_change_is_decided_again_if_the_person_changed_meanwhile(people):
    claim(people, person(), "ann")
    seen = []

    def decide(found):
        if not seen:
            change(people, "ann", lambda ann: with_device(ann, "d2", "", NOW))
        seen.append(found.person)
        return Change(with_device(found.person, "d3", "", NOW), entry=entry())

    ann = people.change("ann", (), decide)

    assert [one.revision for one in seen] == [1, 2]
    assert [one.device_id for one in ann.devices] == ["d1", "d2", "d3"]
    assert people.find("ann").person == ann == replace(ann, revision=3)
    assert people.audit(None, 9) == [entry()]


def test_a_change_is_decided_again_if_a_name_that_it_takes_was_taken_or_freed(people):
    claim(people, person("bob"), "bob")
    seen = []

    def decide(found):
        if not seen:
            claim(people, person("cid"), "cid")
            change(people, "bob", forgotten, freed=("bob",), freed_until_ms=NOW, keys=("bob",))
        seen.append(dict(found.holders))
        return Change(person(), taken=("ann", "bob", "cid"))

    people.change("ann", ("ann", "bob", "cid"), decide)

    assert seen == [
        {"bob": Holder("bob")},
        {"bob": Holder("bob", NOW), "cid": Holder("cid")},
    ]


def test_a_change_that_others_made_meanwhile_is_not_made_again(people):
    claim(people, person(), "ann")
    asked = []

    def decide(found):
        asked.append(found)
        if len(asked) == 1:
            change(people, "ann", lambda ann: replace(ann, role="owner"), entry=entry("e1"))
        return Change(replace(found.person, role="owner"), entry=entry("e2"))

    ann = people.change("ann", (), decide)

    assert (ann.role, ann.revision) == ("owner", 2)
    assert people.audit(None, 9) == [entry("e1")]


# --- what changes ---


def test_each_stored_change_is_a_revision(people):
    claim(people, person(), "ann")

    ann = change(people, "ann", lambda ann: replace(ann, username="Anna"))

    assert (ann.username, ann.revision) == ("Anna", 2)
    assert people.find("ann").person == ann


def test_nothing_is_written_when_nothing_changes(people):
    ann = claim(people, person(), "ann")

    assert change(people, "ann", lambda ann: ann, entry=entry()) == ann

    assert people.find("ann").person == ann
    assert people.audit(None, 9) == []


def test_people_and_names_that_were_not_changed_stay(people):
    ann = claim(people, person(), "ann")
    claim(people, person("bob"), "bob")

    change(people, "bob", lambda bob: replace(bob, is_banned=True))

    assert people.find("ann", ("ann", "bob")) == Found(
        ann, {"ann": Holder("ann"), "bob": Holder("bob")}
    )


def test_a_name_that_was_given_up_is_refused_until_its_end(people):
    claim(people, person(), "ann")
    until = NOW + FREED_MS
    parts = {"taken": ("anna",), "freed": ("ann",), "freed_until_ms": until}
    change(people, "ann", lambda ann: ann, keys=("ann", "anna"), **parts)

    found = people.find("new", ("ann", "anna"))
    assert found.holders == {"ann": Holder("ann", until), "anna": Holder("ann")}
    with pytest.raises(NameTaken):
        require_free(found, ("ann",), "new", until - 1)
    with pytest.raises(NameTaken):
        claim(people, person("new"), "ann")

    people.change("new", ("ann",), lambda _: Change(person("new"), taken=("ann",)))
    assert people.find("new", ("ann",)).holders == {"ann": Holder("new")}


def test_a_person_may_take_back_a_name(people):
    claim(people, person(), "ann")
    parts = {"freed": ("ann",), "freed_until_ms": NOW}
    change(people, "ann", lambda ann: ann, keys=("ann",), **parts)

    change(people, "ann", lambda ann: ann, keys=("ann",), taken=("ann",))

    assert people.find("ann", ("ann",)).holders == {"ann": Holder("ann")}


def test_a_person_who_was_forgotten_is_one_of_the_forgotten(people):
    ann, _ = claim(people, person(), "ann"), claim(people, person("bob"), "bob")

    gone = change(people, "ann", forgotten, keys=("ann",), freed=("ann",), freed_until_ms=NOW)

    assert gone == replace(forgotten(ann), revision=2)
    assert people.find("ann", ("ann",)) == Found(gone, {"ann": Holder("ann", NOW)})
    assert people.forgotten == {"ann"}


# --- the audit trail ---


def test_an_entry_is_stored_with_its_change(people):
    claim(people, person(), "ann")
    said = entry(detail="until noon")

    change(people, "ann", lambda ann: replace(ann, muted_until_ms=NOW), entry=said)

    assert people.audit(None, 9) == [said]
    assert people.find("ann").person.muted_until_ms == NOW


def test_the_newest_entries_come_first_and_page_by_page(people):
    claim(people, person(), "ann")
    entries = [entry(f"e{number}", detail=str(number)) for number in range(5)]
    for number, one in enumerate(entries, start=1):
        change(
            people, "ann", lambda ann, number=number: replace(ann, muted_until_ms=number), entry=one
        )
    newest_first = entries[::-1]

    assert people.audit(None, 2) == newest_first[:2]
    assert people.audit("e3", 2) == newest_first[2:4]
    assert people.audit("e1", 2) == newest_first[4:]
    assert people.audit("e0", 2) == []
    assert people.audit(None, 50) == newest_first


def test_entries_sort_by_their_ids_whoever_stored_them_first(people):
    claim(people, person(), "ann")
    for number, one in enumerate(("e2", "e3", "e1"), start=1):
        change(
            people,
            "ann",
            lambda ann, number=number: replace(ann, muted_until_ms=number),
            entry=entry(one),
        )

    assert [one.entry_id for one in people.audit(None, 9)] == ["e3", "e2", "e1"]


# --- every field, and every script ---

NAMES = st.sampled_from(
    [
        "Ann-Marie 2",
        "Ελένη",
        "Андрей",
        "עמוס",
        "فاطمة",
        "विक्रम",
        "สมชาย",
        "林志玲",
        "ひろゆき",
        "김민준",
    ]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NUMBERS = st.integers(0, 2**53)
HASHES = st.sampled_from(["", "0" * 64, "af" * 32])
DEVICES = st.builds(
    Device, device_id=TEXTS.filter(bool), label=TEXTS, added_ms=NUMBERS, last_day=NUMBERS
)
LINKS = st.builds(DeviceLink, hash=HASHES, until_ms=NUMBERS)
PERSONS = st.builds(
    Person,
    user_id=NAMES.map(fold),
    username=NAMES,
    role=st.sampled_from(ROLES),
    devices=st.lists(DEVICES, max_size=4).map(tuple),
    recovery=HASHES,
    recovery_ms=NUMBERS,
    links=st.lists(LINKS, max_size=5).map(tuple),
    is_banned=st.booleans(),
    muted_until_ms=NUMBERS,
    is_forgotten=st.booleans(),
    revision=st.just(0),
)
ENTRIES = st.builds(
    AuditEntry,
    entry_id=st.just("0" * 26),
    at_ms=NUMBERS,
    by=NAMES.map(fold),
    action=TEXTS,
    person=NAMES.map(fold),
    detail=TEXTS,
)


@given(PERSONS)
def test_the_persons_of_these_tests_may_have_any_value_in_any_field(one):
    assert {field.name for field in fields(one)} == {
        "user_id",
        "username",
        "role",
        "devices",
        "recovery",
        "recovery_ms",
        "links",
        "is_banned",
        "muted_until_ms",
        "is_forgotten",
        "revision",
    }, "let PERSONS choose the new field too"


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PERSONS, PERSONS, ENTRIES)
def test_every_field_comes_back_as_it_was_stored(kind, new_people, first, second, said):
    people = new_people(kind)
    keys = name_keys(first.username)

    stored = people.change(first.user_id, keys, lambda _: Change(first, keys, entry=said))
    assert stored == replace(first, revision=1)
    assert people.find(first.user_id, keys) == Found(
        stored, dict.fromkeys(keys, Holder(first.user_id))
    )
    assert people.audit(None, 1) == [said]

    is_forgotten = first.is_forgotten or second.is_forgotten  # which is never taken back
    other = replace(second, user_id=first.user_id, is_forgotten=is_forgotten)

    changed = change(people, first.user_id, lambda one: replace(other, revision=one.revision))
    assert changed == replace(other, revision=1 if other == first else 2)
    assert people.find(first.user_id).person == changed
    assert people.forgotten == ({first.user_id} if changed.is_forgotten else set())


USERS, KEYS = ("ann", "bob", "cid"), ("x", "y", "z")
CHANGES = st.tuples(
    st.sampled_from(USERS),
    st.sampled_from(["claim", "rename", "forget", "mute", "nothing"]),
    st.sampled_from(KEYS),
)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "memory"])
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CHANGES, max_size=12))
def test_every_store_of_people_answers_like_the_one_in_memory(kind, new_people, changes):
    def play(people):
        return [
            (made(people, number, *one), *(people.find(user, KEYS) for user in USERS))
            for number, one in enumerate(changes)
        ], people.audit(None, 50)

    assert play(new_people(kind)) == play(new_people("memory"))


def made(people, number, user_id, what, key):
    """Make a change; return the person, or None if it was refused."""
    said = entry(f"e{number:02}", user_id)

    def decide(found):
        one = found.person or person(user_id)
        match what:
            case "claim":
                require_free(found, (key,), user_id, number)
                return Change(one, taken=(key,))
            case "rename":
                require_free(found, (key,), user_id, number)
                held = (one for one, holder in found.holders.items() if holder.user_id == user_id)
                freed = tuple(one for one in held if one != key)
                return Change(one, (key,), freed, freed_until_ms=number + 3, entry=said)
            case "forget":
                return Change(forgotten(one), entry=said)
            case "mute":
                return Change(replace(one, muted_until_ms=number), entry=said)
            case _:
                return Change(one, entry=said) if found.person else Change(one)

    try:
        return people.change(user_id, KEYS, decide)
    except NameTaken:
        return None
