"""What every message store must do, whatever it is made of."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.drafts import draft, keep, seqs


@pytest.fixture(
    params=[
        "memory",
        "sqlite",
        "dynamodb",
        pytest.param("dynamodb with boto3", marks=pytest.mark.long),
    ]
)
def store(request, new_store):
    return new_store(request.param)


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


@pytest.mark.parametrize("is_unclaimed", [True, False])
def test_a_message_says_whether_its_name_belonged_to_no_person(store, is_unclaimed):
    kept = store.append(replace(draft(), is_unclaimed=is_unclaimed)).message

    read = [*store.after("general", 0, 1), *store.before("general", None, 1)]
    read += [*store.before("general", 9, 1), store.append(draft()).message]
    assert [one.is_unclaimed for one in (kept, *read)] == [is_unclaimed] * 5
    assert all(one == kept for one in read)


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


def test_one_message_of_a_wrong_clock_does_not_bend_the_time_of_the_others(store):
    now_ms, in_400_days = 1_795_345_200_000, 1_795_345_200_000 + 400 * 86_400_000

    kept = [
        store.append(draft(str(number), now_ms=at)).message
        for number, at in enumerate((now_ms, in_400_days, now_ms + 1, now_ms))
    ]

    assert [message.timestamp_ms for message in kept] == [
        now_ms,
        in_400_days,
        now_ms + 1,
        now_ms + 1,
    ]
    assert seqs(kept) == [1, 2, 3, 4]
    assert store.after("general", 0, 9) == kept


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


def test_a_store_has_one_name(store):
    assert [store.epoch, store.epoch] == ["epoch-1", "epoch-1"]


APPENDS = st.tuples(st.sampled_from(["general", "attic"]), st.integers(0, 9), st.integers(0, 9))


@pytest.mark.parametrize(
    "kind",
    ["sqlite", "dynamodb", pytest.param("dynamodb with boto3", marks=pytest.mark.long)],
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(APPENDS, max_size=20))
def test_every_store_answers_like_the_one_in_memory(kind, new_store, appends):
    def play(store):
        kept = [
            store.append(draft(str(nonce), room=room, now_ms=now_ms))
            for room, nonce, now_ms in appends
        ]
        logs = [
            (store.after(room, 0, 50), store.before(room, None, 50))
            for room in ("general", "attic")
        ]
        return kept, logs, store.head("general")

    assert play(new_store(kind)) == play(new_store("memory"))
