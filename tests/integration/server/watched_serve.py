"""`fireside serve` with everything written down: the log at its finest, and a tape of all events.

Takes the folder of the tape, then the arguments of `fireside`.
"""

import logging
import sys
from pathlib import Path

from fireside.cli import main, serve
from fireside.console.logs import setup_logging
from localgateway.dev.recording import Recorder
from localgateway.functions.runner import BatchRunner
from localgateway.functions.workers import WorkerRunner


def watched(recorder, submit):
    def record_and_submit(self, invocation):
        recorder.record(invocation.event)
        submit(self, invocation)

    return record_and_submit


def setup_finest(*arguments, **options):
    setup_logging(*arguments, **options)
    logging.getLogger().setLevel(logging.DEBUG)


if __name__ == "__main__":
    tape = Recorder(Path(sys.argv[1]))
    for runner in (BatchRunner, WorkerRunner):
        runner.submit = watched(tape, runner.submit)
    serve.setup_logging = setup_finest
    sys.exit(main.main(sys.argv[2:]))
