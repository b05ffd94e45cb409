"""What came of one event: how often, how many, how long. Each event starts from nothing."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fireside.adapters.dynamodb.client import Answer, ConditionFailed, Conflict, Operation, Tables


@dataclass(slots=True)
class Tally:
    """The counts of the event under way. Those who work on it count; nobody is asked twice."""

    seconds: Callable[[], float] = time.monotonic
    conflicts: int = 0
    """Tries to write that another sender got in the way of."""
    gone: int = 0
    """Connections that are no more."""
    handed_over: int = 0
    """Connections that another function is to post to."""
    _written_at: float | None = None

    def begin(self) -> None:
        """Forget the event before."""
        self.conflicts = self.gone = self.handed_over = 0
        self._written_at = None

    def wrote(self) -> None:
        """Note the moment: since now a message is kept, or was found to be."""
        self._written_at = self.seconds()

    def since_written(self) -> float | None:
        """Tell how many seconds ago that was, if anything was written."""
        return None if self._written_at is None else self.seconds() - self._written_at


class TalliedTables:
    """Tables whose transactions are counted: each of them keeps a message."""

    def __init__(self, tables: Tables, tally: Tally) -> None:
        self._tables = tables
        self._tally = tally

    def call(self, operation: Operation, request: Mapping[str, object]) -> Answer:
        """Ask once."""
        if operation != "TransactWriteItems":
            return self._tables.call(operation, request)
        try:
            return self._tables.call(operation, request)
        except ConditionFailed as taken:
            self._tally.conflicts += not any(taken.found)  # else the message is there already
            raise
        except Conflict:
            self._tally.conflicts += 1
            raise
        finally:
            self._tally.wrote()
