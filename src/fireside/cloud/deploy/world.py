"""What the commands for AWS need of this computer: somebody to talk to, and the time."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from fireside.cli.doctor import Check
from fireside.cloud.deploy.sdk import Aws
from fireside.cloud.deploy.terraform import Say
from fireside.cloud.verify.client import Target


def say(text: str) -> None:
    """Talk: on stderr, so that stdout has what was asked for and nothing else."""
    print(text, file=sys.stderr, flush=True)


def tell(text: str) -> None:
    """Give what was asked for."""
    print(text, flush=True)


def ask(question: str) -> str | None:
    """Ask a person; None when nobody is there."""
    if not sys.stdin.isatty():
        return None
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside that a command touches; tests bring their own."""

    say: Say = say
    tell: Say = tell
    ask: Callable[[str], str | None] = ask
    aws: Callable[[str | None], Aws] = Aws
    pause: Callable[[float], object] = time.sleep
    now: Callable[[], float] = time.time
    target: Callable[[str, str | None], Target] = Target

    def show(self, check: Check) -> None:
        """Say what a check found."""
        remedy = f" {check.remedy}" if check.remedy else ""
        self.say(f"{check.verdict:4}  {check.name}: {check.found}.{remedy}")
