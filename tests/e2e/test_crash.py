"""Kill the server at any moment: nothing acknowledged is lost, nothing is doubled."""

import asyncio
import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.sync.client import connect as connect_sync

from tests.e2e.support.clients import (
    LONGEST_SECONDS,
    Writer,
    more_are_acked,
    problems,
    read_all,
)
from tests.e2e.support.server_process import REHEARSED, ROOT, Running, in_both_modes, serving

BROKEN = str(Path(__file__).with_name("support") / "broken_server.py")
WRITERS, ROUNDS = 8, 3


async def write_until_killed(server: Running, writers: list[Writer]) -> None:
    writing = asyncio.gather(*(writer.write(server) for writer in writers))
    await more_are_acked(writers, 10 * WRITERS)
    await asyncio.sleep(random.uniform(0, 0.3))  # at any moment
    server.kill()
    await asyncio.wait_for(writing, LONGEST_SECONDS)


def crash_rounds(data: Path, *mode: str, program: tuple[str, ...] = ("fireside",)) -> list[str]:
    """Write and kill a few times, restart, and say what is wrong afterwards."""
    writers = [Writer(f"writer-{chr(97 + n) * 3}") for n in range(WRITERS)]
    for _ in range(ROUNDS):
        with serving(data, *mode, program=program) as server:
            asyncio.run(write_until_killed(server, writers))
    with serving(data, *mode, program=program) as server:
        return problems(read_all(server), writers)


@in_both_modes
def test_a_killed_server_loses_and_doubles_nothing(tmp_path, mode):
    assert crash_rounds(tmp_path / "data", *mode) == []


async def write_while_handlers_are_killed(server: Running, writers: list[Writer]) -> int:
    """Write, and end the handlers' processes again and again; the server itself lives on."""
    writing = asyncio.gather(*(writer.write(server) for writer in writers))
    killed = 0
    for _ in range(6):
        await more_are_acked(writers, 2)
        await asyncio.sleep(random.uniform(0, 0.3))  # at any moment
        killed += kill_handlers(server.process.pid)
    await more_are_acked(writers, 2)
    await asyncio.to_thread(server.stop)
    await asyncio.wait_for(writing, LONGEST_SECONDS)
    return killed


def kill_handlers(process_id: int) -> int:
    """End the processes that run functions; what keeps the rows is none of them."""
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    handlers = [child for child in children if runs_functions(child)]
    for handler in handlers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(handler), signal.SIGKILL)
    return len(handlers)


def runs_functions(process_id: str) -> bool:
    with contextlib.suppress(OSError):
        command = Path(f"/proc/{process_id}/cmdline").read_text()
        return "localgateway.functions.worker" in command or "confined.py" in command
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc: use Linux")
@pytest.mark.parametrize("mode", [("--isolated",), REHEARSED], ids=["isolated", "rehearsed"])
def test_handlers_killed_at_any_moment_lose_and_double_nothing(tmp_path, mode):
    writers = [Writer(f"writer-{chr(97 + n) * 3}") for n in range(WRITERS)]

    with serving(tmp_path / "data", *mode) as server:
        killed = asyncio.run(write_while_handlers_are_killed(server, writers))
        assert server.process.returncode == 0
    with serving(tmp_path / "data", *mode) as server:
        assert problems(read_all(server), writers) == []
    assert killed >= 6


def test_an_ack_before_the_commit_is_caught(tmp_path):
    found = crash_rounds(tmp_path / "data", program=(BROKEN, "ack-before-commit"))

    assert any("is lost" in problem for problem in found)


def test_a_missing_dedupe_is_caught(tmp_path):
    """A retry after a lost answer is rare in a short run, so every writer sends twice."""
    assert retry_problems(tmp_path / "fine") == []
    assert retry_problems(tmp_path / "broken", program=(BROKEN, "no-dedupe")) != []


def retry_problems(data: Path, *, program: tuple[str, ...] = ("fireside",)) -> list[str]:
    """Send, kill before the answer is read, send again."""
    writer = Writer("writer")
    for _ in range(2):
        with (
            serving(data, program=program) as server,
            connect_sync(f"{server.socket_url}?username=writer") as socket,
        ):
            text = {"action": "sendMessage", "message": "once", "nonce": "n1"}
            socket.send(json.dumps(text))
            socket.recv(timeout=LONGEST_SECONDS)
            server.kill()
    with serving(data, program=program) as server:
        return problems(read_all(server), [writer])


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace counts syncs: install it")
def test_every_acknowledgement_waits_for_the_disk(tmp_path):
    """kill -9 leaves the system's own cache, so it can't show this; counting syncs can."""
    assert syncs_of(50, tmp_path / "fine") >= 50
    assert syncs_of(50, tmp_path / "broken", program=(BROKEN, "no-sync")) < 50


def syncs_of(sends: int, data: Path, *, program: tuple[str, ...] = ("fireside",)) -> int:
    """Count the sync calls during `sends` sends, one at a time."""
    log = data.with_suffix(".strace")
    with serving(data, program=program) as server:
        tracer = subprocess.Popen(
            [
                "strace",
                "-f",
                "-p",
                str(server.process.pid),
                "-e",
                "trace=fsync,fdatasync",
                "-o",
                str(log),
            ],
            stderr=subprocess.PIPE,
        )
        assert tracer.stderr is not None
        tracer.stderr.readline()  # "attached"
        with connect_sync(f"{server.socket_url}?username=writer") as socket:
            for number in range(sends):
                socket.send(json.dumps({"action": "sendMessage", "message": f"m{number}"}))
                while json.loads(socket.recv(timeout=LONGEST_SECONDS))["type"] != "ack":
                    pass
        tracer.terminate()
        tracer.wait(LONGEST_SECONDS)
        tracer.stderr.close()
    return len(re.findall(r"f(?:data)?sync\(", log.read_text()))


def test_the_plain_client_of_the_readme_talks(tmp_path, mode):
    with serving(tmp_path / "data", *mode) as server:
        for name, text in (("Ada", "Hello"), ("Bob", "Hi Ada")):
            said = subprocess.run(
                [
                    sys.executable,
                    str(ROOT / "examples" / "plain_client.py"),
                    f"http://127.0.0.1:{server.port}",
                    name,
                    text,
                ],
                capture_output=True,
                text=True,
                timeout=LONGEST_SECONDS,
                check=True,
            ).stdout

    lines = [line.split("  ", 1)[1] for line in said.splitlines()]
    assert lines == ["Bob: Hi Ada", "Ada: Hello"]
