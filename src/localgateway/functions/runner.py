"""Run handlers on one thread in batches: one transaction a batch, answers after the commit.

It takes what waits, a few invocations of each person, opens one transaction, runs the handlers in
order with a savepoint each, commits, and only then passes on results and broadcasts, in order. A
single message is a batch of one. So nothing is sent before it is durable, many messages share a
commit, and who sends much waits for itself.
"""

import logging
import threading
import traceback
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, NamedTuple, Protocol

from localgateway.functions.connections import Broadcast, Connections
from localgateway.functions.turns import Turns
from localgateway.machine.actions import Invoke, Outcome, Raised, Returned
from localgateway.machine.events import Event

log = logging.getLogger(__name__)

LARGEST_BATCH = 256
"""Invocations in one transaction: many share a commit, and none waits for too many others."""

LARGEST_BATCH_CHARACTERS = 1_000_000
"""The same in characters of their text, for the same reason."""

MOST_OF_ONE = 32
"""Invocations of one person in one transaction, an eighth of the largest one."""

_LAST_BATCH_SECONDS = 0.5

Handler = Callable[[Event, Any], Any]
"""A Lambda handler: takes an event and a context, returns a proxy result."""


class Transaction(Protocol):
    """What a batch needs of the store behind the handlers."""

    def begin(self) -> None: ...
    def savepoint(self) -> None: ...
    def release(self) -> None: ...
    def undo(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...


class Completed(NamedTuple):
    """An invocation that ended and is durable: its outcome, and what it sent."""

    invocation: Invoke
    outcome: Outcome
    broadcasts: list[Broadcast]


OnCompleted = Callable[[list[Completed]], None]
"""Takes invocations that ended, on the thread on which they did."""


class Runner(Protocol):
    """Runs functions; each invocation that ended goes to the `on_completed` it was made with."""

    @property
    def functions(self) -> Collection[str]:
        """The names of the functions it can call."""

    def start(self) -> None: ...
    def submit(self, invocation: Invoke) -> None: ...
    def stop(self, timeout_seconds: float) -> bool:
        """Finish what was submitted, then end; return whether it ended. Not called on the loop."""


class MakeRunner(Protocol):
    """Makes the runner of a server; the server says where completed invocations go."""

    def __call__(self, *, on_completed: OnCompleted) -> Runner: ...


@dataclass(frozen=True, slots=True)
class Task:
    """A call to make on the same thread, between two batches."""

    run: Callable[[], object]
    done: "Future[object]"


class BatchRunner:
    """Runs handlers one after another on a thread of its own."""

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        transaction: Transaction,
        connections: Connections,
        *,
        on_lost_commit: Callable[[Event], object],
        on_completed: OnCompleted,
    ) -> None:
        """Wire the runner.

        Args:
            handlers: The functions that routes name.
            transaction: Begun before a batch and committed after it.
            connections: Where handlers send; emptied after each of them.
            on_lost_commit: Returns the result of an event whose commit failed.
            on_completed: Called on the runner's thread with a batch that is durable.
        """
        self._handlers = handlers
        self._transaction = transaction
        self._connections = connections
        self._on_lost_commit = on_lost_commit
        self._on_completed = on_completed
        self._waiting: SimpleQueue[Invoke | Task | None] = SimpleQueue()
        self._turns: Turns[Invoke] = Turns()
        self._tasks: list[Task] = []
        self._thread = threading.Thread(target=self._work, name="handlers", daemon=True)
        self._is_stopping = self._is_dropping = False

    @property
    def functions(self) -> Collection[str]:
        """The names of the handlers."""
        return self._handlers.keys()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, invocation: Invoke) -> None:
        """Queue an invocation; its outcome goes to `on_completed`."""
        self._waiting.put(invocation)

    def call(self, run: Callable[[], object]) -> "Future[object]":
        """Make a call between two batches, when the store may be used; return its future."""
        task = Task(run, Future())
        self._waiting.put(task)
        return task.done

    def stop(self, timeout_seconds: float) -> bool:
        """Finish what is queued, or drop it when time is up; return whether the thread ended."""
        self._waiting.put(None)
        self._thread.join(timeout_seconds - _LAST_BATCH_SECONDS)
        self._is_dropping = True
        self._thread.join(_LAST_BATCH_SECONDS)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while not self._is_dropping and self._round():
            pass

    def _round(self) -> bool:
        """Run a batch, then the tasks; return whether something is left or may still come."""
        self._collect()
        batch = self._batch()
        if batch:
            self._on_completed(self._run(batch))
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            _run_task(task)
        return bool(self._turns) or not self._is_stopping

    def _collect(self) -> None:
        """Put all that was submitted in its place; wait for an item if there is none."""
        if not self._turns:
            self._sort(self._waiting.get())
        for _ in range(self._waiting.qsize()):
            self._sort(self._waiting.get())

    def _sort(self, item: Invoke | Task | None) -> None:
        if isinstance(item, Invoke):
            self._turns.add(item.person or item.connection_id, item)
        elif isinstance(item, Task):
            self._tasks.append(item)
        else:
            self._is_stopping = True

    def _batch(self) -> list[Invoke]:
        """Return the invocations whose turn it is, within the limits."""
        batch: list[Invoke] = []
        characters = 0
        for invocation in self._turns.take(MOST_OF_ONE):
            batch.append(invocation)
            characters += invocation.characters
            if len(batch) >= LARGEST_BATCH or characters >= LARGEST_BATCH_CHARACTERS:
                break
        return batch

    def _run(self, batch: list[Invoke]) -> list[Completed]:
        """Run a batch in one transaction; if that fails, run each invocation in its own."""
        try:
            self._transaction.begin()
        except Exception as cause:  # noqa: BLE001 - whatever broke, each invocation gets a result
            self._roll_back()
            log.error("no transaction: %s", _where_raised(cause))  # noqa: TRY400 - no quoting
            return [self._lost(invocation) for invocation in batch]
        try:
            return self._in_one_transaction(batch)
        except Exception as cause:  # noqa: BLE001 - whatever broke, each invocation gets a result
            self._roll_back()
            if len(batch) == 1:
                log.error("a batch was lost: %s", _where_raised(cause))  # noqa: TRY400 - no quoting
                return [self._lost(batch[0])]
        return [completed for invocation in batch for completed in self._run([invocation])]

    def _in_one_transaction(self, batch: list[Invoke]) -> list[Completed]:
        done = [self._invoke(invocation) for invocation in batch]
        self._transaction.commit()
        return done

    def _invoke(self, invocation: Invoke) -> Completed:
        self._transaction.savepoint()
        try:
            value = self._handlers[invocation.function](invocation.event, None)
        except Exception as cause:  # noqa: BLE001 - anything a handler raises is an outcome
            self._transaction.undo()
            self._connections.drain()
            log.error("%s raised %s", invocation.function, _where_raised(cause))  # noqa: TRY400 - the same
            return Completed(invocation, Raised(str(cause)), [])
        self._transaction.release()
        return Completed(invocation, Returned(value), self._connections.drain())

    def _lost(self, invocation: Invoke) -> Completed:
        try:
            outcome: Outcome = Returned(self._on_lost_commit(invocation.event))
        except Exception as cause:  # noqa: BLE001 - the thread must live on
            log.error("no result for a lost commit: %s", _where_raised(cause))  # noqa: TRY400 - the same
            outcome = Raised(str(cause))
        return Completed(invocation, outcome, [])

    def _roll_back(self) -> None:
        self._connections.drain()
        try:
            self._transaction.rollback()
        except Exception as cause:  # noqa: BLE001 - the store may have rolled back by itself
            log.warning("rolling back failed: %s", _where_raised(cause))


def _where_raised(cause: Exception) -> str:
    """Return what was raised and where, without its message: that may quote what people wrote."""
    frames = traceback.extract_tb(cause.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(cause).__name__}{where}"


def _run_task(task: Task) -> None:
    if not task.done.set_running_or_notify_cancel():
        return
    try:
        task.done.set_result(task.run())
    except Exception as cause:  # noqa: BLE001 - it is for the caller, through the future
        task.done.set_exception(cause)
