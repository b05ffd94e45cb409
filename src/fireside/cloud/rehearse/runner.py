"""Function processes as on Lambda, with simulated latency of invocations and cold starts."""

import asyncio
from typing import Any

from fireside.cloud.rehearse.latency import LatencySimulator
from localgateway.functions.worker_process import Worker
from localgateway.functions.workers import WorkerRunner
from localgateway.machine.actions import Invoke
from localgateway.machine.api import Function

SETTLE_SECONDS = 2.0
"""For invocations under way when a rehearsal ends, such as those of `$disconnect`."""


class RehearsedRunner(WorkerRunner):
    """Runs the functions of a rehearsal."""

    def __init__(self, *arguments: Any, latency: LatencySimulator, **options: Any) -> None:  # noqa: ANN401 - as above it
        super().__init__(*arguments, **options)
        self._latency = latency
        self._in_transit = 0

    def submit(self, invocation: Invoke) -> None:
        """Invoke a function after the latency of an event."""
        self._in_transit += 1
        self._loop.call_later(self._latency.seconds("invoke"), self._arrived, invocation)

    async def settle(self) -> None:
        """Wait until no invocation is under way, but not longer than SETTLE_SECONDS."""
        end = self._loop.time() + SETTLE_SECONDS
        while (self._in_transit or self._tasks) and self._loop.time() < end:  # noqa: ASYNC110 - once, at the end
            await asyncio.sleep(0.01)

    def _arrived(self, invocation: Invoke) -> None:
        self._in_transit -= 1
        if not self._stopping:
            super().submit(invocation)

    async def _start(self, function: Function) -> Worker:
        await self._latency.wait("cold start")
        return await super()._start(function)
