"""The gateway's side of one process that runs a function; worker.py is the other side."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from localgateway.functions.worker import MARK
from localgateway.machine.actions import Outcome, Raised, Returned
from localgateway.machine.api import Function

log = logging.getLogger(__name__)

INIT_SECONDS = 10.0
"""Time for a module to be imported (Lambda's limit for the init phase)."""

_END_SECONDS = 1.0
_POLL_SECONDS = 0.005
_LONGEST_RESPONSE = 32 * 1024 * 1024
_LONGEST_LINE = 64 * 1024
_GROUPS = sys.platform != "win32"


@dataclass(frozen=True, slots=True)
class Launch:
    """How a process is started: the command that runs worker.py, and the variables it inherits."""

    command: Sequence[str] = (sys.executable, "-P", "-m", "localgateway.functions.worker")
    inherited: Mapping[str, str] = field(default_factory=lambda: os.environ)


class WorkerLost(Exception):  # noqa: N818 - it says what happened
    """The process ended or sent something that is no response; it can't be used again."""


class Worker:
    """One process and its log."""

    def __init__(self, function: Function, process: asyncio.subprocess.Process) -> None:
        self.function = function
        self.idle_timer: asyncio.TimerHandle | None = None
        self.init_ms: float | None = None
        """How long it took to start, until its first invocation was reported."""
        self._process = process
        self._request_id = ""
        self._log = asyncio.create_task(self._read_log())

    @classmethod
    async def start(
        cls, function: Function, command: Sequence[str], variables: Mapping[str, str]
    ) -> "Worker":
        """Start a process and wait until it has imported the handler.

        Raises:
            WorkerLost: It could not; the text says why.
        """
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *command,
            env=variables,
            cwd=variables["LAMBDA_TASK_ROOT"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            limit=_LONGEST_RESPONSE,
            start_new_session=_GROUPS,  # Ctrl-C is for the gateway; `_kill` ends the group
        )
        worker = cls(function, process)
        try:
            await worker._wait_until_ready()
            worker.init_ms = (time.perf_counter() - began) * 1_000
        except WorkerLost:
            await worker.end()
            raise
        except BaseException:
            await worker.end(kill=True)
            raise
        return worker

    async def invoke(self, event: Any, request_id: str, address: str) -> Outcome:  # noqa: ANN401 - any JSON
        """Call the handler and return the outcome.

        Raises:
            WorkerLost: The process ended, ran out of time or sent something that is no response.
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
        """Wait for the process to end, or kill it; return when its log was read too."""
        if self.idle_timer is not None:
            self.idle_timer.cancel()
        assert self._process.stdin is not None
        self._process.stdin.close()
        if not kill:
            await self._ended()
        self._kill()
        await self._ended()
        await asyncio.wait({self._log}, timeout=_END_SECONDS)
        self._log.cancel()
        await asyncio.gather(self._log, return_exceptions=True)
        # A child of the process may hold the other ends: the pipes must not outlive the loop.
        self._process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 - no public way
        await asyncio.sleep(0)

    async def _wait_until_ready(self) -> None:
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
            raise WorkerLost("its process wrote what is not an answer") from cause
        if line and not isinstance(answer, dict):
            raise WorkerLost("its process wrote what is not an answer")
        if answer is None:
            raise WorkerLost(f"its process ended with {_ending(await self._ended())}")
        found: dict[str, Any] = answer
        return found

    async def _ended(self) -> int | None:
        """Wait for the process to end, and return its exit code.

        asyncio's own `wait` also waits for the pipes, and a child of the process may hold those.
        """
        for _ in range(int(_END_SECONDS / _POLL_SECONDS)):
            if self._process.returncode is not None:
                break
            await asyncio.sleep(_POLL_SECONDS)
        return self._process.returncode

    def _kill(self) -> None:
        """Kill the process and what it started."""
        with suppress(ProcessLookupError, PermissionError):
            if _GROUPS:
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    async def _read_log(self) -> None:
        """Write what the handler prints to the gateway's log, line by line."""
        assert self._process.stderr is not None
        left = b""
        while chunk := await self._process.stderr.read(_LONGEST_LINE):
            *lines, left = (left + chunk).split(b"\n")
            if len(left) > _LONGEST_LINE:
                lines, left = [*lines, left], b""
            for line in lines:
                self._log_line(line)
        if left:
            self._log_line(left)

    def _log_line(self, line: bytes) -> None:
        text, mark, request_id = line.decode(errors="replace").partition(MARK)
        if text or not mark:
            facts = {"printed": True, "function": self.function.name, "request": self._request_id}
            log.info(text, extra=facts)
        if mark:
            self._request_id = request_id


def _ending(code: int | None) -> str:
    """Return how a process ended, as text."""
    if code is None:
        return "its answers closed"
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
