"""What arrives in one turn of the loop, submitted together at the end of the turn.

Submitted one by one, the first message would wake the handlers' thread and be a batch by itself,
and all others would wait for its commit.
"""

import asyncio

from localgateway.functions.runner import Runner
from localgateway.machine.actions import Invoke


class Submissions:
    """Invocations on their way to the runner."""

    def __init__(self, runner: Runner, loop: asyncio.AbstractEventLoop) -> None:
        self._runner = runner
        self._loop = loop
        self._waiting: list[Invoke] = []

    def add(self, invocation: Invoke) -> None:
        """Submit an invocation when all that arrived in this turn was handled."""
        if not self._waiting:
            self._loop.call_soon(self.submit)
        self._waiting.append(invocation)

    def submit(self) -> None:
        """Submit what waits, in order."""
        waiting, self._waiting = self._waiting, []
        for invocation in waiting:
            self._runner.submit(invocation)
