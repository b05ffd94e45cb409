"""Signals that ask a server to end."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from types import FrameType


def on_signals(stop: Callable[[], object]) -> None:
    """Call `stop` on the loop at SIGTERM, SIGHUP or Ctrl-C; a second one of a kind ends at once.

    No signal is lost, however busy the loop is. A handler of asyncio's runs when the loop has read
    the signal from its pipe, and while some 280 wake-ups wait in there, the pipe takes no signal.
    A handler of Python's runs in any case.
    """
    loop = asyncio.get_running_loop()

    def first(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        loop.call_soon_threadsafe(stop)

    for number in _ending():
        with contextlib.suppress(NotImplementedError):  # Windows, whose loop wakes by itself
            loop.add_signal_handler(number, _wake)
        signal.signal(number, first)
    signal.set_wakeup_fd(signal.set_wakeup_fd(-1), warn_on_full_buffer=False)


def _ending() -> list[signal.Signals]:
    """Return the signals that end a server; without SIGHUP if `nohup` says so, or on Windows."""
    numbers = [signal.SIGTERM, signal.SIGINT]
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        numbers.append(hangup)
    return numbers


def _wake() -> None:
    """Do nothing: a signal for which asyncio has a handler wakes the loop from its sleep."""
