"""Record every event in a file of its own, which `replay` can read.

A file holds the bare event, so any tool that takes a Lambda event can read it. Its function
follows from its route, or from being an authorizer's event.
"""

import logging
import os
import re
from collections.abc import Collection
from itertools import count
from pathlib import Path

from localgateway.dev.masking import masked
from localgateway.functions.runner import MakeRunner, OnCompleted, Runner
from localgateway.machine.actions import Invoke
from localgateway.machine.events import Event
from localgateway.platform.printable import printable_json

log = logging.getLogger(__name__)

_NUMBERED = re.compile(r"(\d{4,})-.*\.json")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Recorder:
    """Writes events into a folder, numbered in the order in which they came.

    Secrets are masked. They may hold what people wrote, so only you may read them.
    """

    def __init__(self, folder: Path) -> None:
        """Open the folder, and go on after the highest number in it.

        Raises:
            OSError: It can't be made or read.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = (_NUMBERED.fullmatch(path.name) for path in folder.iterdir())
        self._numbers = count(1 + max((int(match[1]) for match in found if match), default=0))
        self._folder = folder

    def record(self, event: Event) -> Path:
        """Write one event, and return its file.

        Raises:
            OSError: It can't be written.
        """
        context = event["requestContext"]
        what = "authorizer" if event.get("type") == "REQUEST" else context["routeKey"]
        name = _UNSAFE.sub("-", f"{what}-{context['requestId']}").strip("-")
        path = self._folder / f"{next(self._numbers):04}-{name}.json"
        text = printable_json(masked(event)) + "\n"
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="utf-8", errors="backslashreplace") as opened:
            opened.write(text)
        return path


class RecordingRunner:
    """A runner that records every event before it is handled."""

    def __init__(
        self, make_runner: MakeRunner, recorder: Recorder, on_completed: OnCompleted
    ) -> None:
        self._runner = make_runner(on_completed=on_completed)
        self._recorder = recorder

    @property
    def functions(self) -> Collection[str]:
        """The names of the functions that the runner itself can call."""
        return self._runner.functions

    def start(self) -> None:
        """Start the runner."""
        self._runner.start()

    def submit(self, invocation: Invoke) -> None:
        """Record the event, then pass the invocation on: a full disk must not stop the API."""
        try:
            self._recorder.record(invocation.event)
        except OSError as cause:
            log.warning("an event was not recorded: %s", cause.strerror)
        self._runner.submit(invocation)

    def stop(self, timeout_seconds: float) -> bool:
        """Stop the runner."""
        return self._runner.stop(timeout_seconds)


def record(make_runner: MakeRunner, recorder: Recorder) -> MakeRunner:
    """Return a runner's maker whose runners record their events."""

    def make(*, on_completed: OnCompleted) -> Runner:
        return RecordingRunner(make_runner, recorder, on_completed)

    return make
