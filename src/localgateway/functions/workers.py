"""Run functions in processes, as Lambda does: one invocation at a time in each.

Calls at the same time get further processes, up to a limit; idle ones are used again, the
newest first, and end after a while. Whatever a handler does to its process affects its own
invocation only: a process that ended is an error, and the next call gets a new one.
"""

import asyncio
import logging
import math
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from localgateway.functions.context import Credentials, environment
from localgateway.functions.runner import Completed, OnCompleted
from localgateway.functions.turns import Turns
from localgateway.functions.worker_process import Launch, Worker, WorkerLost
from localgateway.machine.actions import Invoke, Outcome, Raised
from localgateway.machine.api import Api, ApiError, Function
from localgateway.machine.limits import CONCURRENCY

log = logging.getLogger(__name__)

_DIRECT = "direct calls"
"""They have their turns as if one person made them."""

IDLE_SECONDS = 60.0
"""Time without work after which a process ends, unless it is the last; Lambda waits longer."""


class Report(NamedTuple):
    """What Lambda's REPORT line says of an invocation."""

    function: str
    ms: float
    """From the event to the answer."""
    init_ms: float | None
    """How long the process took to start, if this was its first invocation."""
    memory_megabytes: int

    @property
    def billed_ms(self) -> int:
        """Whole milliseconds, rounded up; the start is billed too (since August 2025)."""
        return math.ceil(self.ms + (self.init_ms or 0))


@dataclass(slots=True)
class DirectCall:
    """A call by name, as Lambda's Invoke makes it; its outcome need not be awaited."""

    function: str
    event: Any
    answer: "asyncio.Future[Outcome]"


class _Pool:
    """The processes of one function, and the invocations that wait for one."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.waiting: Turns[Invoke | DirectCall] = Turns()
        self.idle: list[Worker] = []
        self.size = 0


class WorkerRunner:
    """Calls an API's functions in processes, all on the server's event loop."""

    def __init__(  # noqa: PLR0913 - what differs between a laptop and a rehearsal
        self,
        api: Api,
        *,
        on_completed: OnCompleted,
        address: Callable[[], str],
        concurrency: int = CONCURRENCY,
        credentials: Credentials | None = None,
        gateway_key: Credentials | None = None,
        launch: Launch | None = None,
        report: Callable[[Report], object] = lambda _: None,
    ) -> None:
        """Wire the runner.

        Args:
            api: The functions, by name.
            on_completed: Takes each invocation that ended.
            address: Returns the gateway's own address, for handlers that post to it.
            concurrency: Processes that one function may have.
            credentials: What handlers sign with; your own by default.
            gateway_key: The key that the gateway knows; boto3 signs with it what goes there, and
                handlers sign with it if they have no other.
            launch: How processes are started; with this Python and your environment by default.
            report: Takes how long each invocation took.
        """
        self._launch = launch or Launch()
        self._report = report
        self._on_completed = on_completed
        self._address = address
        self._concurrency = concurrency
        self._credentials = credentials
        self._gateway_key = gateway_key
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop
        self._make_pools(api)

    @property
    def functions(self) -> Collection[str]:
        """The names that the API gives its functions."""
        return self._pools.keys()

    def start(self) -> None:
        """Remember the running loop."""
        self._loop = asyncio.get_running_loop()

    async def warm(self) -> None:
        """Start one process for each function, so that an import that fails is known now.

        Raises:
            ApiError: A handler can't be loaded; the text names file, key and remedy.
        """
        starting = map(self._warm, self._pools.values())
        # Wait for all of them first: one that still starts would never be ended.
        for failed in await asyncio.gather(*starting, return_exceptions=True):
            if failed is not None:
                raise failed

    def submit(self, invocation: Invoke) -> None:
        """Queue an invocation; called on the loop."""
        pool = self._pools[invocation.function]
        pool.waiting.add(invocation.person or invocation.connection_id, invocation)
        self._dispatch(pool)

    def call(self, function: str, event: Any) -> "asyncio.Future[Outcome]":  # noqa: ANN401 - any JSON
        """Call a function by name, soon; return the future of its outcome. Called on the loop."""
        direct = DirectCall(function, event, self._loop.create_future())
        pool = self._pools[function]
        pool.waiting.add(_DIRECT, direct)
        self._dispatch(pool)
        return direct.answer

    def is_busy(self, function: str) -> bool:
        """Return whether a call would have to wait for another to end."""
        pool = self._pools[function]
        return not pool.idle and pool.size >= self._concurrency

    def waiting(self, function: str) -> int:
        """Return how many calls wait for a process."""
        return len(self._pools[function].waiting)

    async def reload(self, api: Api) -> None:
        """Use new code from the next call on; invocations in flight finish with the old."""
        before = self._pools
        self._make_pools(api)
        for pool in before.values():
            pool.size = 0
            if pool.function.name in self._pools:
                self._pools[pool.function.name].waiting = pool.waiting
        await asyncio.gather(*(w.end() for pool in before.values() for w in pool.idle))
        for pool in self._pools.values():
            self._dispatch(pool)

    def stop(self, timeout_seconds: float) -> bool:
        """Finish what was submitted, then end every process; not called on the loop."""
        ending = asyncio.run_coroutine_threadsafe(self.end(timeout_seconds), self._loop)
        return ending.result()

    async def end(self, timeout_seconds: float = 0) -> bool:
        """Do what `stop` does, on the loop."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_seconds)
        self._stopping = True
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        idle = [worker for pool in self._pools.values() for worker in pool.idle]
        await asyncio.gather(*(worker.end() for worker in idle))
        return not left

    def _make_pools(self, api: Api) -> None:
        self._api = api
        self._pools = {name: _Pool(function) for name, function in api.functions.items()}

    def _dispatch(self, pool: _Pool) -> None:
        """Start what waits in idle processes, then in new ones, up to the limit.

        What waits for a function whose handler is not known yet waits for the `reload` that tells.
        """
        if pool.function.handler is None:
            return
        while pool.waiting and (pool.idle or pool.size < self._concurrency):
            worker = pool.idle.pop() if pool.idle else None
            if worker is None:
                pool.size += 1
            elif worker.idle_timer is not None:
                worker.idle_timer.cancel()
            self._spawn(self._work(pool, worker, pool.waiting.next()))

    def _spawn(self, work: Any) -> None:  # noqa: ANN401 - a coroutine
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(
        self, pool: _Pool, worker: Worker | None, invocation: Invoke | DirectCall
    ) -> None:
        """Run one invocation, then keep its process if it still runs."""
        began, request_id = time.perf_counter(), str(uuid.uuid4())
        try:
            if worker is None:
                worker = await self._start(pool.function)
            outcome = await self._invoke(worker, invocation.event, request_id)
        except (WorkerLost, OSError) as cause:
            outcome = Raised(str(cause))
            facts = {"request": request_id}
            log.error("%s failed: %s", invocation.function, cause, extra=facts)  # noqa: TRY400 - the line says it all
            self._complete(invocation, outcome, request_id, began)
            await self._discard(pool, worker)
        except asyncio.CancelledError:
            if isinstance(invocation, DirectCall):
                invocation.answer.cancel()
            await self._discard(pool, worker)
            raise
        else:
            self._complete(invocation, outcome, request_id, began)
            await self._keep_idle(pool, worker)
        if not self._stopping:
            self._dispatch(self._pools.get(invocation.function, pool))

    async def _invoke(self, worker: Worker, event: Any, request_id: str) -> Outcome:  # noqa: ANN401 - any JSON
        """Call the handler in a process, and report how long it took, however it ended."""
        began = time.perf_counter()
        init_ms, worker.init_ms = worker.init_ms, None
        try:
            return await worker.invoke(event, request_id, self._address())
        finally:
            ms = (time.perf_counter() - began) * 1_000
            function = worker.function
            self._report(Report(function.name, ms, init_ms, function.memory_megabytes))

    def _complete(
        self, invocation: Invoke | DirectCall, outcome: Outcome, request_id: str, began: float
    ) -> None:
        ms = (time.perf_counter() - began) * 1000
        if isinstance(invocation, DirectCall):
            facts = {"function": invocation.function, "request": request_id, "ms": round(ms, 1)}
            ending = "failed" if isinstance(outcome, Raised) else "returned"
            log.info("%s %s in %.1f ms", invocation.function, ending, ms, extra=facts)
            if not invocation.answer.done():
                invocation.answer.set_result(outcome)
            return
        _log_invocation(invocation, outcome, request_id, ms)
        self._on_completed([Completed(invocation, outcome, [])])

    async def _start(self, function: Function) -> Worker:
        api = self._api
        inherited = self._launch.inherited
        variables = environment(
            function,
            api.name,
            api.code_root,
            inherited,
            self._credentials,
            gateway_key=self._gateway_key,
        )
        return await Worker.start(function, self._launch.command, variables)

    async def _warm(self, pool: _Pool) -> None:
        """Start a process, which counts from now on: calls may come before it is ready."""
        if pool.size >= self._concurrency:
            return
        pool.size += 1
        try:
            worker = await self._start(pool.function)
        except (WorkerLost, OSError) as cause:
            pool.size -= 1
            self._dispatch(pool)
            place = f"{self._api.source}: {pool.function.place}.handler"
            raise ApiError(f"{place}: {cause}.") from cause
        await self._keep_idle(pool, worker)
        self._dispatch(pool)

    async def _keep_idle(self, pool: _Pool, worker: Worker) -> None:
        if pool is not self._pools.get(pool.function.name):
            await worker.end()  # it has the code from before a reload
            return
        pool.idle.append(worker)
        loop = asyncio.get_running_loop()  # `warm` may come before `start`
        worker.idle_timer = loop.call_later(IDLE_SECONDS, self._end_idle, pool, worker)

    async def _discard(self, pool: _Pool, worker: Worker | None) -> None:
        pool.size -= 1
        if worker is not None:
            await worker.end(kill=True)

    def _end_idle(self, pool: _Pool, worker: Worker) -> None:
        """End a process that was idle; the last one of a function stays warm."""
        if pool.size > 1 and worker in pool.idle:
            pool.idle.remove(worker)
            pool.size -= 1
            self._spawn(worker.end())


def _log_invocation(invocation: Invoke, outcome: Outcome, request_id: str, ms: float) -> None:
    """Log the one line of an event; that of an authorizer only for those who look closely.

    A stranger can have any number of these, and what came of one stands in a line of its own.
    """
    context = invocation.event["requestContext"]
    is_authorizer = invocation.event.get("type") == "REQUEST"
    facts = {
        "route": context["routeKey"],
        "function": invocation.function,
        "connection": invocation.connection_id,
        "event": context["requestId"],
        "request": request_id,
        "ms": round(ms, 1),
    }
    name = f"authorizer {invocation.function}" if is_authorizer else context["routeKey"]
    level = logging.DEBUG if is_authorizer else logging.INFO
    log.log(level, "%s %s in %.1f ms", name, _describe(outcome), ms, extra=facts)


def _describe(outcome: Outcome) -> str:
    if isinstance(outcome, Raised):
        return "failed"
    value = outcome.value
    status = value.get("statusCode") if isinstance(value, dict) else None
    if status is not None:
        return f"answered {status}"
    return (
        "decided"
        if isinstance(value, dict) and "principalId" in value
        else "returned no statusCode"
    )
