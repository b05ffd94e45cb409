import json
import unicodedata
from pathlib import Path

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

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/texts.json").read_text(encoding="utf-8"))
"""What the page's tests read too: what is written, and what is stored of it."""

PARTS = st.tuples(st.integers(0, 2**50 - 1), st.integers(1, 2**30 - 1), st.integers(0, 2**50 - 1))


def draft(now_ms=1_000):
    return Draft("general", "ann", "Ann", "hi", "n1", None, now_ms, entropy=0)


def test_a_text_is_trimmed():
    assert clean_text(" \n hi\tthere \u2003") == "hi\tthere"


@pytest.mark.parametrize(("written", "stored"), VECTORS["texts"])
def test_a_text_is_stored_with_plain_line_ends_and_the_indentation_of_a_block(written, stored):
    assert clean_text(written) == stored


@pytest.mark.parametrize("stored", [stored for _, stored in VECTORS["texts"]])
def test_what_is_stored_stays_as_it_is_when_it_is_sent_again(stored):
    assert clean_text(stored) == stored


def test_every_space_and_control_character_is_trimmed_and_no_other():
    for character in map(chr, range(0x10000)):
        is_blank = unicodedata.category(character) in {"Cc", "Zs", "Zl", "Zp"}
        trimmed = clean_text(f"{character}a{character}") == "a"
        assert trimmed == (is_blank or character == "\ufeff"), f"U+{ord(character):04X}"


def test_a_long_run_of_line_ends_and_spaces_is_trimmed():
    text = "\r\n \u2028" * 250_000

    assert clean_text(f"{text}a{text}") == "a"


@pytest.mark.parametrize(("written", "repaired"), VECTORS["controls"])
def test_a_control_character_within_a_text_is_refused(written, repaired):
    """A terminal would obey it. The page sends such a text without them."""
    with pytest.raises(InvalidText, match="control characters") as refusal:
        clean_text(written)
    assert (refusal.value.code, refusal.value.field) == ("bad_request", "message")
    assert clean_text(repaired) == repaired


@pytest.mark.parametrize("text", VECTORS["empty"])
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
