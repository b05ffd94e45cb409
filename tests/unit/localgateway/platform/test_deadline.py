"""Work that takes too long is given up; work that is done in time is left alone."""

import re
import signal
import threading
from contextlib import suppress

import pytest

from localgateway.platform.deadline import TooSlow, cpu_deadline

ENDLESS = re.compile("(a+)+$")
"""It tries each way to cut a text into parts: twice as many with each further character."""


def test_a_search_without_an_end_is_given_up():
    before = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(TooSlow), cpu_deadline(0.02):
        ENDLESS.match("a" * 100 + "!")
    assert signal.getsignal(signal.SIGVTALRM) == before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_what_swallows_the_first_is_given_up_too():
    def stubborn():
        with suppress(TooSlow):
            ENDLESS.match("a" * 100 + "!")
        ENDLESS.match("a" * 100 + "!")

    with pytest.raises(TooSlow), cpu_deadline(0.02):
        stubborn()


def test_what_is_done_in_time_is_not_disturbed_afterwards():
    with cpu_deadline(3_600):
        assert ENDLESS.match("aaa")
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_another_thread_has_no_deadline():
    done = []

    def work():
        with cpu_deadline(0.000_001):
            done.append(sum(range(100_000)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done
