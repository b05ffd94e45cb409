"""What the stores of one machine must do besides: keep or undo what was done in a batch."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fireside.domain.errors import NameTaken
from fireside.domain.person import Found, Holder, forgotten
from tests.contract.drafts import draft, keep, seqs
from tests.contract.persons import NOTHING, change, claim, entry, person


@pytest.fixture(params=["memory", "sqlite"])
def store(request, new_store):
    return new_store(request.param)


def test_a_committed_batch_is_kept(store):
    store.begin()
    for nonce in "ab":
        store.savepoint()
        keep(store, nonce)
        store.release()
    store.commit()

    assert seqs(store.after("general", 0, 9)) == [1, 2]


def test_undoing_takes_back_one_step_alone(store):
    store.begin()
    store.savepoint()
    keep(store, "a")
    store.release()
    store.savepoint()
    keep(store, "b", "c")
    store.undo()
    store.savepoint()
    keep(store, "d")
    store.release()
    store.commit()

    assert [message.nonce for message in store.after("general", 0, 9)] == ["a", "d"]
    assert store.head("general") == 2
    assert not store.append(draft("b")).duplicate


def test_undoing_the_first_message_of_a_room_empties_it(store):
    store.begin()
    store.savepoint()
    keep(store, "a", now_ms=9_000)
    store.undo()

    assert store.head("general") == 0
    assert keep(store, "b", now_ms=1_000)[0].timestamp_ms == 1_000
    store.commit()


def test_rolling_back_takes_back_the_batch(store):
    keep(store, "a")
    store.begin()
    store.savepoint()
    keep(store, "b")
    store.release()
    keep(store, "c", room="attic")
    store.rollback()

    assert [store.head("general"), store.head("attic")] == [1, 0]
    assert seqs(keep(store, "b")) == [2]


def test_a_batch_can_be_begun_after_one_that_was_rolled_back(store):
    store.begin()
    keep(store, "a")
    store.rollback()
    store.begin()
    keep(store, "b")
    store.commit()

    assert [message.nonce for message in store.after("general", 0, 9)] == ["b"]


def test_a_repeated_nonce_in_one_batch_is_found(store):
    store.begin()
    [first] = keep(store, "a")
    again = store.append(draft("a"))
    store.commit()

    assert (again.duplicate, again.message) == (True, first)


# --- people, in the same batches ---


def test_a_claim_in_a_committed_batch_is_kept(store):
    store.begin()
    store.savepoint()
    ann = claim(store.people, person(), "ann")
    store.release()
    store.commit()

    assert store.people.find("ann", ("ann",)) == Found(ann, {"ann": Holder("ann")})


def test_undoing_takes_back_a_change_of_people_alone_with_all_that_belongs_to_it(store):
    people = store.people
    store.begin()
    store.savepoint()
    ann = claim(people, person(), "ann")
    store.release()
    store.savepoint()
    change(people, "ann", forgotten, keys=("ann",), freed=("ann",), entry=entry())
    claim(people, person("bob"), "bob")
    assert (people.find("ann").person.is_forgotten, people.forgotten) == (True, {"ann"})
    store.undo()

    before = (Found(ann, {"ann": Holder("ann")}), NOTHING, frozenset(), [])
    assert seen_of(people) == before
    store.commit()
    assert seen_of(people) == before


def seen_of(people):
    found = people.find("ann", ("ann", "bob"))
    return found, people.find("bob"), people.forgotten, people.audit(None, 9)


def test_rolling_back_takes_back_all_changes_of_people_in_the_batch(store):
    people = store.people
    ann = claim(people, person(), "ann")
    store.begin()
    store.savepoint()
    change(people, "ann", forgotten, entry=entry())
    store.release()
    keep(store, "a")
    claim(people, person("bob"), "bob")
    assert people.find("bob", ("bob",)) != NOTHING
    store.rollback()

    assert people.find("ann", ("ann",)) == Found(ann, {"ann": Holder("ann")})
    assert people.find("bob", ("bob",)) == NOTHING
    assert (people.forgotten, people.audit(None, 9)) == (frozenset(), [])
    assert store.head("general") == 0


def test_a_refused_claim_leaves_the_rest_of_its_batch(store):
    store.begin()
    store.savepoint()
    claim(store.people, person(), "ann")
    with pytest.raises(NameTaken):
        claim(store.people, person("bob"), "ann")
    keep(store, "a")
    store.release()
    store.commit()

    assert store.people.find("bob", ("ann",)) == Found(None, {"ann": Holder("ann")})
    assert store.head("general") == 1


STEPS = st.one_of(
    st.tuples(
        st.just("append"),
        st.sampled_from(["general", "attic"]),
        st.integers(0, 5),
        st.integers(0, 9),
    ),
    st.tuples(st.just("claim"), st.sampled_from(["ann", "bob"]), st.sampled_from(["x", "y"])),
    st.tuples(st.sampled_from(["undo", "release", "commit", "rollback"])),
)


def play(store, steps):
    """Do the steps as a runner would, each append under a savepoint; return all that was seen."""
    seen = []
    store.begin()
    store.savepoint()
    for verb, *details in steps:
        if verb == "append":
            room, nonce, now_ms = details
            seen.append(store.append(draft(str(nonce), room=room, now_ms=now_ms)))
            continue
        if verb == "claim":
            user_id, key = details
            with suppress(NameTaken):
                seen.append(claim(store.people, person(user_id), key))
            continue
        if verb == "undo":
            store.undo()
        else:
            store.release()
        if verb in {"commit", "rollback"}:
            getattr(store, verb)()
            store.begin()
        store.savepoint()
        seen += [store.head("general"), store.head("attic")]
        seen += [store.people.find(user_id, ("x", "y")) for user_id in ("ann", "bob")]
    store.release()
    store.commit()
    return seen, store.after("general", 0, 100), store.before("attic", None, 100)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=20))
def test_both_stores_agree_on_every_sequence_of_steps(new_store, steps):
    assert play(new_store("memory"), steps) == play(new_store("sqlite"), steps)
