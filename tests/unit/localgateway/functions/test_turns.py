"""Turns: what waits, by person."""

import pytest

from localgateway.functions.turns import Turns


@pytest.fixture
def turns():
    """Give what three persons sent: one much, and before the others."""
    turns = Turns()
    for person, item in [*[("a", f"a{n}") for n in range(4)], ("b", "b0"), ("b", "b1"), ("c", "c")]:
        turns.add(person, item)
    return turns


def test_each_person_has_one_turn_after_another(turns):
    assert list(turns.take(9)) == ["a0", "b0", "c", "a1", "b1", "a2", "a3"]
    assert not turns


def test_a_person_gets_no_more_than_the_rounds(turns):
    assert list(turns.take(2)) == ["a0", "b0", "c", "a1", "b1"]
    assert len(turns) == 2


def test_who_had_no_turn_has_the_first_one_next_time(turns):
    assert [turns.next(), turns.next()] == ["a0", "b0"]
    assert list(turns.take(1)) == ["c", "a1", "b1"]
