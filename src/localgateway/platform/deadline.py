"""A deadline for work that nothing else can interrupt, such as a search of Python's `re`."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooSlow(Exception):  # noqa: N818 - it says what is so
    """The work was given up."""


@contextmanager
def cpu_deadline(seconds: float) -> Iterator[None]:
    """Raise `TooSlow` in the block when it has taken that much time of the processor.

    A timer of the system raises it; there is none on Windows, and only the main thread has one.
    There the block runs to its end. Such a timer counts the work of all threads, and not the time
    in which the machine does other things.

    Raises:
        TooSlow: The time is over.
    """
    if not _is_possible():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds)  # again: a library may swallow one
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _is_possible() -> bool:
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and hasattr(signal, "setitimer")


def _give_up(_number: int, _frame: FrameType | None) -> None:
    raise TooSlow
