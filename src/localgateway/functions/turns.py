"""What waits to be run, by person: each has a turn after the others, however much one sends."""

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Items by person, in the order in which the persons have their turns."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[T]] = {}

    def __len__(self) -> int:
        """Return how many items wait."""
        return sum(map(len, self._waiting.values()))

    def __bool__(self) -> bool:
        """Return whether an item waits."""
        return bool(self._waiting)

    def add(self, person: str, item: T) -> None:
        """Add an item behind those of the same person; a new person has the last turn."""
        items = self._waiting.get(person)
        if items is None:
            items = self._waiting[person] = deque()
        items.append(item)

    def take(self, rounds: int) -> Iterator[T]:
        """Take one item of each person, then a next one, for so many rounds.

        When it is stopped, those who had no turn in the last round have the first ones next time.
        """
        for _ in range(rounds):
            for person in list(self._waiting):
                items = self._waiting.pop(person)
                item = items.popleft()
                if items:
                    self._waiting[person] = items
                yield item

    def next(self) -> T:
        """Take the item whose turn it is."""
        return next(self.take(1))
