"""A function's process, as the gateway holds it: what is left of it when it has ended."""

import asyncio
import os
import signal
import sys

from localgateway.functions import worker_process
from localgateway.functions.worker_process import Worker
from localgateway.machine.api import Function

LEAVES_A_CHILD = """\
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"],
                         stdin=subprocess.DEVNULL, start_new_session=True)
pathlib.Path("child").write_text(str(child.pid))
print('{"ready": true}', flush=True)
sys.stdin.read()
"""
"""A process whose child outlives it and holds its output."""


async def start_and_end(tmp_path):
    command = (sys.executable, "-c", LEAVES_A_CHILD)
    variables = {"LAMBDA_TASK_ROOT": str(tmp_path)}
    worker = await Worker.start(Function("app", "app.handler"), command, variables)
    await worker.end()
    await asyncio.sleep(0)
    return worker


def test_no_pipe_outlives_the_loop_though_a_child_holds_its_other_end(tmp_path, monkeypatch):
    monkeypatch.setattr(worker_process, "_END_SECONDS", 0.5)

    worker = asyncio.run(start_and_end(tmp_path))

    os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)
    assert worker._process._transport.is_closing()
