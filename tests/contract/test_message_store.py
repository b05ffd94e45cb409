"""What every message store must do, whatever it is made of."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireside.adapters.memory import MemoryStore
from fireside.adapters.sqlite import SqliteStore
from fireside.domain.message import Draft

STORES = ["memory", "sqlite"]


def make_store(kind, folder):
    if kind == "memory":
        return MemoryStore("epoch-1")
    return SqliteStore.open(folder / "chat.db", new_epoch=lambda: "epoch-1")


@pytest.fixture(params=STORES)
def store(request, tmp_path):
    store = make_store(request.param, tmp_path)
    yield store
    if request.param == "sqlite":
        store.close()


def draft(nonce="n1", *, text="hi", room="general", author="ann", now_ms=1_000, reply_to=None):
    return Draft(room, author, author.title(), text, nonce, reply_to, now_ms, entropy=7)


def keep(store, *nonces, **fields):
    return [store.append(draft(nonce, **fields)).message for nonce in nonces]


def seqs(messages):
    return [message.seq for message in messages]


def test_a_log_is_dense_from_one(store):
    assert store.head("general") == 0

    assert seqs(keep(store, "n1", "n2", "n3")) == [1, 2, 3]
    assert store.head("general") == 3


def test_each_room_has_its_own_log(store):
    keep(store, "n1", "n2")

    assert seqs(keep(store, "n3", room="attic")) == [1]
    assert [store.head("general"), store.head("attic"), store.head("cellar")] == [2, 1, 0]
    assert [message.nonce for message in store.after("attic", 0, 10)] == ["n3"]
    assert [message.nonce for message in store.before("attic", None, 10)] == ["n3"]


@pytest.mark.parametrize("text", ["hi", "", "漢字 🔥", "a\x00b", "'; DROP TABLE messages; --"])
def test_what_is_read_is_what_was_kept(store, text):
    kept = store.append(draft(text=text, reply_to="0" * 26)).message

    assert kept.text == text
    assert store.after("general", 0, 1) == [kept]
    assert store.before("general", None, 1) == [kept]


def test_the_same_nonce_returns_the_first_message(store):
    [first, _] = keep(store, "n1", "n2")

    again = store.append(draft("n1", text="other", room="attic", now_ms=9_000))

    assert again.duplicate
    assert again.message == first
    assert [store.head("general"), store.head("attic")] == [2, 0]
    assert seqs(keep(store, "n3")) == [3]


def test_two_authors_may_use_the_same_nonce(store):
    keep(store, "n1", author="ann")

    assert not store.append(draft("n1", author="bob")).duplicate


def test_time_never_goes_back_within_a_room(store):
    times = [
        store.append(draft(str(now_ms), now_ms=now_ms)).message.timestamp_ms
        for now_ms in (1_000, 3_000, 2_000, 3_001)
    ]

    assert times == [1_000, 3_000, 3_000, 3_001]


def test_ids_sort_like_the_log_even_when_the_clock_goes_back(store):
    ids = [
        store.append(draft(str(number), now_ms=now_ms)).message.message_id
        for number, now_ms in enumerate((5_000, 4_000, 4_000, 5_000, 5_001))
    ]

    assert ids == sorted(set(ids))


def test_reading_forward_and_back(store):
    keep(store, *"abcdef")

    assert seqs(store.after("general", 0, 3)) == [1, 2, 3]
    assert seqs(store.after("general", 4, 3)) == [5, 6]
    assert seqs(store.after("general", 6, 3)) == []
    assert seqs(store.after("general", 2**53, 3)) == []
    assert seqs(store.before("general", None, 2)) == [6, 5]
    assert seqs(store.before("general", 3, 5)) == [2, 1]
    assert seqs(store.before("general", 1, 5)) == []
    assert seqs(store.before("general", 0, 5)) == []
    assert seqs(store.before("general", 2**53, 2)) == [6, 5]
    assert seqs(store.before("attic", None, 2)) == []


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


STEPS = st.one_of(
    st.tuples(
        st.just("append"),
        st.sampled_from(["general", "attic"]),
        st.integers(0, 5),
        st.integers(0, 9),
    ),
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
        if verb == "undo":
            store.undo()
        else:
            store.release()
        if verb in {"commit", "rollback"}:
            getattr(store, verb)()
            store.begin()
        store.savepoint()
        seen += [store.head("general"), store.head("attic")]
    store.release()
    store.commit()
    return seen, store.after("general", 0, 100), store.before("attic", None, 100)


@given(st.lists(STEPS, max_size=20))
def test_both_stores_agree_on_every_sequence_of_steps(folders, steps):
    database = make_store("sqlite", next(folders))
    try:
        assert play(make_store("memory", None), steps) == play(database, steps)
    finally:
        database.close()


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return (tmp_path_factory.mktemp(f"store-{number}") for number in itertools.count())
