"""Time that passes only while everybody waits: a benchmark of waiting that no busy machine bends.

Each actor is a thread that runs until it sleeps. Then whoever is due next runs, at once.
"""

import heapq
import itertools
import threading
from collections.abc import Callable


class VirtualTime:
    """A clock, and those who act by it, one at a time."""

    def __init__(self) -> None:
        self.now = 0.0
        self._numbers = itertools.count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._rests = threading.Semaphore(0)

    def seconds(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let others act until so much time has passed."""
        wake = threading.Semaphore(0)
        self._at(self.now + seconds, wake.release)
        self._rests.release()
        wake.acquire()

    def start_at(self, moment: float, act: Callable[[], None]) -> None:
        """Have somebody act from a moment on."""

        def run() -> None:
            act()
            self._rests.release()

        self._at(moment, threading.Thread(target=run).start)

    def run(self) -> None:
        """Go on until nobody has anything to do."""
        while self._due:
            self.now, _, wake = heapq.heappop(self._due)
            wake()
            self._rests.acquire()

    def _at(self, moment: float, wake: Callable[[], None]) -> None:
        heapq.heappush(self._due, (moment, next(self._numbers), wake))
