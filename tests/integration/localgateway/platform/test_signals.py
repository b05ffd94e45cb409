"""A signal ends a server, however busy its loop is."""

import signal
import subprocess
import sys

import pytest

SECONDS = 60
PROGRAM = """
import asyncio, os, signal, sys, threading
from localgateway.platform.signals import on_signals

def from_another_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

def wake_often(loop):
    for _ in range(300):
        loop.call_soon_threadsafe(int)

async def main(number, wake_ups):
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    on_signals(stop.set)
    if wake_ups == "many":
        from_another_thread(lambda: wake_often(loop))  # nothing reads the loop's pipe meanwhile
        os.kill(os.getpid(), number)
    elif wake_ups == "ignored":
        os.kill(os.getpid(), number)
        await asyncio.sleep(0.1)
        print("stopped" if stop.is_set() else "goes on")
        stop.set()
    else:
        loop.call_later(0.1, from_another_thread, lambda: os.kill(os.getpid(), number))
    await stop.wait()
    if wake_ups == "twice":
        os.kill(os.getpid(), number)
    print("stopped")

asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
"""
ENDING = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]


def run(number, wake_ups, *before):
    command = [*before, sys.executable, "-c", PROGRAM, str(int(number)), wake_ups]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_is_not_lost_when_the_loops_pipe_is_full(number):
    done = run(number, "many")

    assert (done.returncode, done.stdout, done.stderr) == (0, "stopped\n", "")


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_wakes_a_loop_that_sleeps(number):
    assert run(number, "none").stdout == "stopped\n"


@pytest.mark.parametrize("number", ENDING)
def test_a_second_signal_ends_the_process_at_once(number):
    done = run(number, "twice")

    assert (done.returncode, done.stdout) == (-number, "")


def test_a_hangup_is_ignored_under_nohup():
    ignoring = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
    nohup = [sys.executable, "-c", f"{ignoring} os.execv(sys.argv[1], sys.argv[1:])"]

    assert run(signal.SIGHUP, "ignored", *nohup).stdout == "goes on\nstopped\n"
