"""Processes as on Lambda, as slow to reach and to start as the weather says."""

import asyncio
from typing import Any

from fireside.cloud.rehearse.latency import Weather
from localgateway.functions.worker_process import Worker
from localgateway.functions.workers import WorkerRunner
from localgateway.machine.api import Function
from localgateway.machine.core import Invoke

SETTLE_SECONDS = 2.0
"""For what is under way when a rehearsal ends: who left is still to be forgotten."""


class RehearsedRunner(WorkerRunner):
    """Runs the functions of a rehearsal."""

    def __init__(self, *arguments: Any, weather: Weather, **options: Any) -> None:  # noqa: ANN401 - as above it
        super().__init__(*arguments, **options)
        self._weather = weather
        self._on_the_way = 0

    def submit(self, invocation: Invoke) -> None:
        """Have a function called, as soon as the event has reached it."""
        self._on_the_way += 1
        self._loop.call_later(self._weather.seconds("invoke"), self._arrived, invocation)

    async def settle(self) -> None:
        """Wait until nothing is under way, but not for ever."""
        end = self._loop.time() + SETTLE_SECONDS
        while (self._on_the_way or self._tasks) and self._loop.time() < end:  # noqa: ASYNC110 - once, at the end
            await asyncio.sleep(0.01)

    def _arrived(self, invocation: Invoke) -> None:
        self._on_the_way -= 1
        if not self._stopping:
            super().submit(invocation)

    async def _start(self, function: Function) -> Worker:
        await self._weather.wait("cold start")
        return await super()._start(function)
