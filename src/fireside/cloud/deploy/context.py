"""What a command for AWS uses of the outside: the terminal, AWS, the clock, a chat's socket."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from fireside.cloud.sdk import Aws
from fireside.cloud.verify.client import Target
from fireside.console.checks import Check, line
from fireside.console.terminal import Terminal


@dataclass(frozen=True, slots=True)
class DeployContext(Terminal):
    """The terminal, and what else a command uses of the outside; tests replace them."""

    aws: Callable[[str | None], Aws] = Aws
    """Returns AWS's clients for a Region; None for the one that this computer is set to."""
    pause: Callable[[float], object] = time.sleep
    """Sleeps for some seconds."""
    now: Callable[[], float] = time.time
    """Returns the time in seconds since 1970."""
    target: Callable[[str, str | None], Target] = Target
    """Returns the chat behind a socket's URL and an invite's secret."""

    def show(self, check: Check) -> None:
        """Print the result of a check."""
        self.print_progress(line(check))
