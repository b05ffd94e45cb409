"""Counts for the metrics of one Lambda event."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fireside.adapters.dynamodb.client import Answer, ConditionFailed, Conflict, Operation, Tables


@dataclass(slots=True)
class EventCounts:
    """The counts of the current event. The store and the outbound add to them as they work."""

    monotonic: Callable[[], float] = time.monotonic
    conflicts: int = 0
    """Writes that failed because another sender wrote at the same moment."""
    gone: int = 0
    """Connections that answered 410."""
    delegated: int = 0
    """Connections left to the function `fanout`."""
    pushed: int = 0
    """Connections that were posted to, by either function."""
    _written_at: float | None = None

    def begin(self) -> None:
        """Reset all counts for a new event."""
        self.conflicts = self.gone = self.delegated = self.pushed = 0
        self._written_at = None

    def wrote(self) -> None:
        """Note the time at which a message was stored, or found stored."""
        self._written_at = self.monotonic()

    def since_written(self) -> float | None:
        """Return the seconds since a message was stored, or None if none was."""
        return None if self._written_at is None else self.monotonic() - self._written_at


class CountingTables:
    """A DynamoDB client that counts conflicts of transactions: each one stores a message."""

    def __init__(self, tables: Tables, counts: EventCounts) -> None:
        self._tables = tables
        self._counts = counts

    def call(self, operation: Operation, request: Mapping[str, object]) -> Answer:
        """Call DynamoDB once, and count a conflict."""
        if operation != "TransactWriteItems":
            return self._tables.call(operation, request)
        try:
            return self._tables.call(operation, request)
        except ConditionFailed as failed:
            self._counts.conflicts += not any(failed.found)  # else the message is stored already
            raise
        except Conflict:
            self._counts.conflicts += 1
            raise
        finally:
            self._counts.wrote()
