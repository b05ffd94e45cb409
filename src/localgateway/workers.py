"""Run functions in processes of their own, as Lambda does: one invocation at a time in each.

Calls at the same time get further processes, up to a limit; idle ones are used again, the
newest first, and end after a while. Whatever a handler does to its process, only its own
invocation hears of it: a dead process is an error, and the next call gets a new one.
"""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import time
import uuid
from collections import deque
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from localgateway.api import Api, ApiError, Function
from localgateway.context import Credentials, environment
from localgateway.core import Invoke, Outcome, Raised, Returned
from localgateway.events import Event
from localgateway.runner import Completed, Release
from localgateway.worker import MARK

log = logging.getLogger(__name__)

CONCURRENCY = 10
"""Processes that one function may have."""

IDLE_SECONDS = 60.0
"""Without work, after which all processes of a function but one end; ours, Lambda's are longer."""

INIT_SECONDS = 10.0
"""For a module to be imported (Lambda's limit for the init phase)."""

_END_SECONDS = 1.0
_LOOK_SECONDS = 0.005
_LONGEST_ANSWER = 32 * 1024 * 1024
_LONGEST_LINE = 64 * 1024
_GROUPS = sys.platform != "win32"


class WorkerLost(Exception):  # noqa: N818 - it says what happened
    """The process ended or answered nonsense; it can't be used again."""


class Worker:
    """One process, seen from here."""

    def __init__(self, function: Function, process: asyncio.subprocess.Process) -> None:
        self.function = function
        self.retirement: asyncio.TimerHandle | None = None
        self._process = process
        self._request_id = ""
        self._log = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, function: Function, variables: Mapping[str, str]) -> "Worker":
        """Start a process and wait until it has imported the handler.

        Raises:
            WorkerLost: It could not; the text says why.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "localgateway.worker",
            env=variables,
            cwd=variables["LAMBDA_TASK_ROOT"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            limit=_LONGEST_ANSWER,
            start_new_session=_GROUPS,  # Ctrl-C is for the gateway; and so we can end its children
        )
        worker = cls(function, process)
        try:
            await worker._begun()
        except WorkerLost:
            await worker.end()
            raise
        except BaseException:
            await worker.end(kill=True)
            raise
        return worker

    async def invoke(self, event: Event, request_id: str, address: str) -> Outcome:
        """Have the handler called, for as long as the function may take.

        Raises:
            WorkerLost: The process ended, ran out of time or answered nonsense.
        """
        seconds = self.function.timeout_seconds
        request = {
            "id": request_id,
            "event": event,
            "deadline": int((time.time() + seconds) * 1000),
            "address": address,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        try:
            answer = await asyncio.wait_for(self._answer(), seconds)
        except TimeoutError as cause:
            raise WorkerLost(f"Task timed out after {seconds:.2f} seconds") from cause
        if "raised" in answer:
            return Raised(str(answer["raised"]))
        return Returned(answer.get("value"))

    async def end(self, *, kill: bool = False) -> None:
        """Let the process end, or make it; return when it has, and its log is read."""
        if self.retirement is not None:
            self.retirement.cancel()
        assert self._process.stdin is not None
        self._process.stdin.close()
        if not kill:
            await self._ended()
        self._kill()
        await self._ended()
        await asyncio.wait({self._log}, timeout=_END_SECONDS)
        self._log.cancel()
        await asyncio.gather(self._log, return_exceptions=True)

    async def _begun(self) -> None:
        try:
            answer = await asyncio.wait_for(self._answer(), INIT_SECONDS)
        except TimeoutError as cause:
            raise WorkerLost(f"importing it took over {INIT_SECONDS:g} seconds") from cause
        if "ready" not in answer:
            raise WorkerLost(str(answer.get("failed")))

    async def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        try:
            line = await self._process.stdout.readline()
            answer = json.loads(line) if line else None
        except ValueError as cause:
            raise WorkerLost("its process answered nonsense") from cause
        if line and not isinstance(answer, dict):
            raise WorkerLost("its process answered nonsense")
        if answer is None:
            raise WorkerLost(f"its process ended with {_ending(await self._ended())}")
        found: dict[str, Any] = answer
        return found

    async def _ended(self) -> int | None:
        """Wait for the process to end, and give its code.

        asyncio's own `wait` is also for the pipes, and a child of the process may hold those.
        """
        for _ in range(int(_END_SECONDS / _LOOK_SECONDS)):
            if self._process.returncode is not None:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        return self._process.returncode

    def _kill(self) -> None:
        """End the process and what it started."""
        with suppress(ProcessLookupError, PermissionError):
            if _GROUPS:
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    async def _listen(self) -> None:
        """Write what the handler prints to our log, line by line, for as long as it prints."""
        assert self._process.stderr is not None
        left = b""
        while chunk := await self._process.stderr.read(_LONGEST_LINE):
            *lines, left = (left + chunk).split(b"\n")
            if len(left) > _LONGEST_LINE:
                lines, left = [*lines, left], b""
            for line in lines:
                self._note(line)
        if left:
            self._note(left)

    def _note(self, line: bytes) -> None:
        text, mark, request_id = line.decode(errors="replace").partition(MARK)
        if text or not mark:
            facts = {"printed": True, "function": self.function.name, "request": self._request_id}
            log.info(text, extra=facts)
        if mark:
            self._request_id = request_id


class _Pool:
    """The processes of one function, and what waits for one."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.waiting: deque[Invoke] = deque()
        self.idle: list[Worker] = []
        self.size = 0


class WorkerRunner:
    """Calls an API's functions in processes. All of it happens on the server's loop."""

    def __init__(
        self,
        api: Api,
        *,
        release: Release,
        address: Callable[[], str],
        concurrency: int = CONCURRENCY,
        credentials: Credentials | None = None,
    ) -> None:
        """Wire the runner.

        Args:
            api: Says which functions there are.
            release: Told of each invocation that is over.
            address: Gives the gateway's own address, for handlers that post to it.
            concurrency: Processes that one function may have.
            credentials: What handlers sign with; your own by default.
        """
        self._release = release
        self._address = address
        self._concurrency = concurrency
        self._credentials = credentials
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop
        self._use(api)

    @property
    def functions(self) -> Collection[str]:
        """The names that the API gives its functions."""
        return self._pools.keys()

    def start(self) -> None:
        """Note the loop that we are on."""
        self._loop = asyncio.get_running_loop()

    async def warm(self) -> None:
        """Start one process for each function, so that what can't be imported is known now.

        Raises:
            ApiError: A handler can't be had; the text names file, key and remedy.
        """
        await asyncio.gather(*map(self._warm, self._pools.values()))

    def submit(self, invocation: Invoke) -> None:
        """Have a function called; called on the loop."""
        pool = self._pools[invocation.function]
        pool.waiting.append(invocation)
        self._hire(pool)

    async def reload(self, api: Api) -> None:
        """Use new code from the next call on; what runs may finish with the old."""
        before = self._pools
        self._use(api)
        for pool in before.values():
            pool.size = 0
            if pool.function.name in self._pools:
                self._pools[pool.function.name].waiting = pool.waiting
        await asyncio.gather(*(w.end() for pool in before.values() for w in pool.idle))
        for pool in self._pools.values():
            self._hire(pool)

    def stop(self, timeout_seconds: float) -> bool:
        """Finish what was submitted, then end every process; called off the loop."""
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

    def _use(self, api: Api) -> None:
        self._api = api
        self._pools = {name: _Pool(function) for name, function in api.functions.items()}

    def _hire(self, pool: _Pool) -> None:
        """Give what waits to idle processes, and to new ones while there may be more."""
        while pool.waiting and (pool.idle or pool.size < self._concurrency):
            worker = pool.idle.pop() if pool.idle else None
            if worker is None:
                pool.size += 1
            elif worker.retirement is not None:
                worker.retirement.cancel()
            self._spawn(self._work(pool, worker, pool.waiting.popleft()))

    def _spawn(self, work: Any) -> None:  # noqa: ANN401 - a coroutine
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, pool: _Pool, worker: Worker | None, invocation: Invoke) -> None:
        """Carry out one invocation, and give the process back if it lived through it."""
        began, request_id = time.perf_counter(), str(uuid.uuid4())
        try:
            if worker is None:
                worker = await self._start(pool.function)
            outcome: Outcome = await worker.invoke(invocation.event, request_id, self._address())
        except (WorkerLost, OSError) as cause:
            outcome = Raised(str(cause))
            facts = {"request": request_id}
            log.error("%s failed: %s", invocation.function, cause, extra=facts)  # noqa: TRY400 - it is said
            self._over(invocation, outcome, request_id, began)
            await self._dismiss(pool, worker)
        except asyncio.CancelledError:
            await self._dismiss(pool, worker)
            raise
        else:
            self._over(invocation, outcome, request_id, began)
            await self._give_back(pool, worker)
        if not self._stopping:
            self._hire(self._pools.get(invocation.function, pool))

    def _over(self, invocation: Invoke, outcome: Outcome, request_id: str, began: float) -> None:
        _write(invocation, outcome, request_id, (time.perf_counter() - began) * 1000)
        self._release([Completed(invocation, outcome, [])])

    async def _start(self, function: Function) -> Worker:
        api = self._api
        return await Worker.start(
            function,
            environment(function, api.name, api.code_root, os.environ, self._credentials),
        )

    async def _warm(self, pool: _Pool) -> None:
        try:
            worker = await self._start(pool.function)
        except (WorkerLost, OSError) as cause:
            place = f"{self._api.source}: {pool.function.place}.handler"
            raise ApiError(f"{place}: {cause}.") from cause
        pool.size += 1
        pool.idle.append(worker)

    async def _give_back(self, pool: _Pool, worker: Worker) -> None:
        if pool is not self._pools.get(pool.function.name):
            await worker.end()  # it has the code from before a reload
            return
        pool.idle.append(worker)
        worker.retirement = self._loop.call_later(IDLE_SECONDS, self._retire, pool, worker)

    async def _dismiss(self, pool: _Pool, worker: Worker | None) -> None:
        pool.size -= 1
        if worker is not None:
            await worker.end(kill=True)

    def _retire(self, pool: _Pool, worker: Worker) -> None:
        """End a process that had nothing to do; the last one of a function stays warm."""
        if pool.size > 1 and worker in pool.idle:
            pool.idle.remove(worker)
            pool.size -= 1
            self._spawn(worker.end())


def _ending(code: int | None) -> str:
    """Say how a process ended."""
    if code is None:
        return "its answers closed"
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _write(invocation: Invoke, outcome: Outcome, request_id: str, ms: float) -> None:
    """Write the one line that an event gets in the log."""
    context = invocation.event["requestContext"]
    asks = invocation.event.get("type") == "REQUEST"
    facts = {
        "route": context["routeKey"],
        "function": invocation.function,
        "connection": invocation.connection_id,
        "event": context["requestId"],
        "request": request_id,
        "ms": round(ms, 1),
    }
    name = f"authorizer {invocation.function}" if asks else context["routeKey"]
    log.info("%s %s in %.1f ms", name, _said(outcome), ms, extra=facts)


def _said(outcome: Outcome) -> str:
    if isinstance(outcome, Raised):
        return "failed"
    value = outcome.value
    status = value.get("statusCode") if isinstance(value, dict) else None
    if status is not None:
        return f"answered {status}"
    return "decided" if isinstance(value, dict) and "principalId" in value else "answered nonsense"
