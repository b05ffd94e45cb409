"""What every computer gives: the time in milliseconds, and some chance."""

import time

from fireside import system
from fireside.domain.invite import SECRET_BYTES, secret_from
from fireside.domain.message import ENTROPY_BITS


def test_the_time_is_in_milliseconds_since_1970():
    before = time.time_ns()
    now_ms = system.epoch_ms()
    after = time.time_ns()

    assert before // 1_000_000 <= now_ms <= after // 1_000_000


def test_chance_has_as_many_bits_as_an_id_takes():
    drawn = [system.entropy() for _ in range(100)]

    assert all(0 <= bits < 2**ENTROPY_BITS for bits in drawn)
    assert len(set(drawn)) == 100


def test_no_two_stores_have_one_name():
    assert len({system.new_epoch() for _ in range(100)}) == 100


def test_an_invite_is_a_secret_of_its_length():
    made = {system.new_secret() for _ in range(100)}

    assert len(made) == 100
    assert {len(invite) for invite in made} == {len(secret_from(bytes(SECRET_BYTES)))}
