"""What a container pays before its first event: a fresh process until a function is ready.

Each round starts one process per line, so that whatever else the machine does hits all lines
alike. Python's own start is in all of them; what counts is how much is added to it.
"""

import os
import subprocess
import sys
import time

from load import ROOT, median, table

ROUNDS = 9
MOST_MS = 60
"""What a function may add to bare Python."""

READY = """
for line in open("/proc/self/status"):
    if line.startswith("VmHWM"):
        print(line.split()[1])
"""
CLIENTS = """
import os
from fireside.adapters import aws_clients as aws
aws.tables(os.environ), aws.outbound(os.environ, os.environ["FIRESIDE_ENDPOINT"])
"""
FUNCTION = "import fireside.functions.aws"
ENVIRON = {
    "AWS_ACCESS_KEY_ID": "KEY",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_REGION": "eu-central-1",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "t" * 880,
    "FIRESIDE_CONNECTIONS_TABLE": "connections",
    "FIRESIDE_ENDPOINT": "https://abc.execute-api.eu-central-1.amazonaws.com/ws",
    "FIRESIDE_FANOUT_FUNCTION": "fanout",
    "FIRESIDE_HOSTS": "abc.execute-api.eu-central-1.amazonaws.com",
    "FIRESIDE_INVITE_SHA256": "open",
    "FIRESIDE_MESSAGES_TABLE": "messages",
    "FIRESIDE_PEOPLE_TABLE": "people",
}


def function(name: str, **more: str) -> tuple[str, dict[str, str]]:
    return FUNCTION, {"_HANDLER": f"fireside.functions.aws.{name}", **more}


BARE = "bare Python"
LINES = {
    BARE: ("", {}),
    "our clients": (CLIENTS, {}),
    "chat": function("chat"),
    "fanout": function("fanout"),
    "authorizer": function("authorizer"),
    "clients with boto3": (CLIENTS, {"FIRESIDE_AWS_CLIENT": "boto3"}),
    "chat with boto3": function("chat", FIRESIDE_AWS_CLIENT="boto3"),
}


def start(code: str, environ: dict[str, str]) -> tuple[float, float, float]:
    """Run a process to its end; give its wall and CPU time in ms, and its memory in MB."""
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", code + READY],
        stdout=subprocess.PIPE,
        env={"PATH": os.environ["PATH"]} | ENVIRON | environ,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, code
    return 1e3 * wall, 1e3 * (used.ru_utime + used.ru_stime), int(said.split()[-1]) / 1024


def main() -> None:
    print("\nFrom nothing to ready (`python bench/bench_cold_start.py`)")
    print(f"{time.strftime('%Y-%m-%d')}, Python {sys.version.split()[0]}, median of {ROUNDS}")
    for line in LINES.values():
        start(*line)  # leaves its byte code
    seen = {name: [] for name in LINES}
    for _ in range(ROUNDS):
        for name, line in LINES.items():
            seen[name].append(start(*line))
    medians = {
        name: [median(list(column)) for column in zip(*runs, strict=True)]
        for name, runs in seen.items()
    }
    bare = medians[BARE][0]
    rows = [[name, wall, wall - bare, cpu, memory] for name, (wall, cpu, memory) in medians.items()]
    table(["what", "wall ms", "over bare", "CPU ms", "RSS MB"], rows)
    for name in ("chat", "fanout", "authorizer"):
        added = medians[name][0] - bare
        verdict = "within" if added <= MOST_MS else "over"
        print(f"{name} adds {added:.0f} ms to bare Python: {verdict} the {MOST_MS} ms it may")


if __name__ == "__main__":
    main()
