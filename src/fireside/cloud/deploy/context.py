"""What the commands for AWS need of this computer: somebody to talk to, and the time."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from fireside.cloud.sdk import Aws
from fireside.cloud.verify.client import Target
from fireside.console.checks import Check, line
from fireside.console.terminal import Terminal


@dataclass(frozen=True, slots=True)
class World(Terminal):
    """Everything outside that a command touches; tests bring their own."""

    aws: Callable[[str | None], Aws] = Aws
    pause: Callable[[float], object] = time.sleep
    now: Callable[[], float] = time.time
    target: Callable[[str, str | None], Target] = Target

    def show(self, check: Check) -> None:
        """Print the result of a check."""
        self.say(line(check))
