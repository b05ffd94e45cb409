"""Items that other threads hand to the event loop."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Handover(Generic[T]):
    """Passes items to a function on the loop, in order, and wakes the loop once for all that wait.

    Each wake-up is a byte in the loop's pipe. A byte for each item would fill it while the loop is
    busy, and then it takes no signal.
    """

    def __init__(self, take: Callable[[T], object], loop: asyncio.AbstractEventLoop) -> None:
        self._take = take
        self._loop = loop
        self._waiting: deque[T] = deque()
        self._is_waking = False

    def put(self, item: T) -> None:
        """Queue an item; called on any thread.

        Raises:
            RuntimeError: The loop was closed.
        """
        self._waiting.append(item)
        if not self._is_waking:  # two threads may both see that: then the loop is woken twice
            self._is_waking = True
            self._loop.call_soon_threadsafe(self._take_all)

    def _take_all(self) -> None:
        # Before the items are counted: what is put after that wakes the loop again.
        self._is_waking = False
        for _ in range(len(self._waiting)):
            item = self._waiting.popleft()
            try:
                self._take(item)
            except Exception as cause:  # noqa: BLE001 - one item must not cost the others
                self._loop.call_exception_handler(
                    {"message": "an item could not be taken", "exception": cause}
                )
