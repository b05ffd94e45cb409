import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireside.domain.errors import ChatError, InvalidText, TooLong
from fireside.domain.message import (
    CLOCK_SLACK_MS,
    Draft,
    Tail,
    clean_text,
    follow,
    is_message_id,
    message_id,
)

PARTS = st.tuples(st.integers(0, 2**50 - 1), st.integers(1, 2**30 - 1), st.integers(0, 2**50 - 1))


def draft(now_ms=1_000):
    return Draft("general", "ann", "Ann", "hi", "n1", None, now_ms, entropy=0)


def test_a_text_is_trimmed():
    assert clean_text(" \n hi\tthere \u2003") == "hi\tthere"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t\u00a0",
        "\u200b",
        "\x00\x1b",
        "\u2060\u00a0\u202e",
        "\u0301\ufe0f",
        "\u20dd",
        "\u2800",
        "\u3164",
    ],
)
def test_a_text_must_say_something(text):
    with pytest.raises(InvalidText):
        clean_text(text)


@pytest.mark.parametrize(
    "text", [".", "🔥", "👩\u200d🚀", "❤\ufe0f", "1\ufe0f\u20e3", "🇫🇷", "नि", "\u200b!"]
)
def test_a_text_keeps_what_cannot_be_seen_beside_what_can(text):
    assert clean_text(text) == text


def test_a_text_may_have_a_thousand_characters():
    assert len(clean_text(" " + "🔥" * 1_000)) == 1_000
    with pytest.raises(TooLong):
        clean_text("x" * 1_001)


def test_the_first_message_of_a_room_has_seq_one():
    message = follow(Tail(), draft(now_ms=7))

    assert (message.seq, message.timestamp_ms) == (1, 7)


def test_a_clock_that_is_a_little_behind_makes_no_message_older_than_the_one_before():
    for late_ms in (1, CLOCK_SLACK_MS):
        tail = Tail(4, 100_000)
        assert follow(tail, draft(now_ms=100_000 - late_ms)).timestamp_ms == 100_000


def test_the_time_of_a_wrong_clock_is_not_carried_on():
    in_400_days = 400 * 86_400_000

    message = follow(Tail(4, in_400_days + 1_000), draft(now_ms=1_000))

    assert (message.seq, message.timestamp_ms) == (5, 1_000)


def test_an_id_is_26_characters_that_are_hard_to_confuse():
    assert message_id(1, 33, 2**50 - 1) == "0000000001" + "000011" + "ZZZZZZZZZZ"


@given(PARTS, PARTS)
def test_ids_sort_by_time_then_by_seq(one, other):
    assert (message_id(*one) < message_id(*other)) == (one < other)
    assert is_message_id(message_id(*one))


@pytest.mark.parametrize(
    "text", ["", "0" * 25, "0" * 27, "0" * 25 + "I", "0" * 25 + "a", "0" * 26 + "\n"]
)
def test_what_is_no_id_is_told_apart(text):
    assert not is_message_id(text)


def test_a_refusal_reads_as_its_sentence():
    error = ChatError("busy", "Try again in a moment", retryable=True, retry_after_ms=5)

    assert str(error) == error.text == "Try again in a moment"
