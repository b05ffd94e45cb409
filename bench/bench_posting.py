"""CPU and wall time of telling N connections over @connections, beside the SDKs.

The posts go over TLS to a server in another process, which answers after 5 ms. The median of
several broadcasts counts, with all connections open; what the first one takes, which opens them,
stands beside it. Beside ours stand boto3 with 50 threads, and the Node SDK with Promise.all, in the
same run; each in a process of its own, so that none pays for what another has loaded, as on Lambda.
"""

import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from fireside.adapters.http.pool import Pool
from fireside.adapters.http.sigv4 import Credentials
from fireside.adapters.outbound.http import ConnectionsApi
from load import CERTIFICATE, LOAD_CORE, ROOT, aws_endpoint, heading, median, pin, table

NODE = ROOT / "bench" / "node"
DATA = b'{"type":"message","room":"general","message":"%b"}' % (b"x" * 200)
ANSWER_MS, THREADS, ROUNDS = 5, 50, 7
PATIENCE_SECONDS = 60
"""As long as the SDKs wait: a second, as in the chat, is over when other work has the core on which
the stand-in for AWS makes a hundred TLS handshakes."""
MOST_MICROSECONDS, LEAST_RATIO = 25, 12
"""What a post of ours may cost of CPU, and how many of them one of the Node SDK's pays for."""
TOKEN = "t" * 880  # as long as a function's own


def built_in(port: int) -> Callable[[list[str]], None]:
    pool = Pool("localhost", port, tls=ssl.create_default_context(cafile=CERTIFICATE))
    credentials = Credentials("KEY", "secret", TOKEN)
    endpoint = f"https://localhost:{port}/ws"
    api = ConnectionsApi(
        endpoint,
        "eu-central-1",
        credentials,
        pool,
        post_seconds=PATIENCE_SECONDS,
        budget_seconds=PATIENCE_SECONDS,
    )

    def tell(ids: list[str]) -> None:
        assert api.post(ids, DATA) == (set(), [])

    return tell


def boto3_with_threads(port: int) -> Callable[[list[str]], None]:
    import boto3
    from botocore.config import Config

    client = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"https://localhost:{port}/ws",
        region_name="eu-central-1",
        aws_access_key_id="KEY",
        aws_secret_access_key="secret",
        aws_session_token=TOKEN,
        verify=CERTIFICATE,
        config=Config(max_pool_connections=THREADS),
    )
    threads = ThreadPoolExecutor(THREADS)

    def tell(ids: list[str]) -> None:
        list(threads.map(lambda one: client.post_to_connection(ConnectionId=one, Data=DATA), ids))

    return tell


OURS = "ours"
PYTHON = {
    OURS: built_in,
    "boto3, 50 threads": boto3_with_threads,
}
NODE_SDK = "Node SDK, Promise.all"


Broadcast = tuple[float, float]
"""Wall time in ms, and CPU time in microseconds a post."""


def broadcasts(name: str, port: int, count: int) -> list[Broadcast]:
    """Return what some took, the first of them included."""
    tell = PYTHON[name](port)
    ids = [f"JC1dgf{number:05}MCK-g=" for number in range(count)]
    seen = []
    for _ in range(1 + ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        tell(ids)
        cpu_seconds = time.process_time() - cpu
        seen.append(((time.perf_counter() - wall) * 1e3, cpu_seconds * 1e6 / count))
    return seen


def measure(name: str, port: int, count: int) -> tuple[Broadcast, Broadcast]:
    """Let one client tell `count` connections, in a process of its own.

    Returns the first broadcast, and the medians of the others.
    """
    command = [sys.executable, __file__, name, str(port), str(count)]
    if name == NODE_SDK:
        script = str(NODE / "posting.mjs")
        command = ["node", script, str(port), str(count), str(ROUNDS), TOKEN, DATA.decode()]
    environ = {**os.environ, "NODE_EXTRA_CA_CERTS": CERTIFICATE, "NODE_NO_WARNINGS": "1"}
    done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True)
    first, *others = json.loads(done.stdout)
    walls, cpus = zip(*others, strict=True)
    return first, (median(list(walls)), median(list(cpus)))


def main() -> None:
    pin(os.getpid(), LOAD_CORE)
    heading("Telling N connections (`python bench/bench_posting.py`)")
    rows, verdicts = [], []
    for count in (100, 1_000, 5_000):
        cpu = {}
        for name in [*PYTHON, NODE_SDK]:
            with aws_endpoint(ANSWER_MS) as port:
                first, (wall, cpu[name]) = measure(name, port, count)
            rows.append([name, count, wall, cpu[name], first[1]])
        ratio = cpu[NODE_SDK] / cpu[OURS]
        said = f"{cpu[OURS]:.0f} us of CPU a post, 1/{ratio:.0f} of the Node SDK"
        verdicts.append(f"N={count}: {said}")
    table(["client", "N", "wall ms", "CPU us a post", "in the first broadcast"], rows)
    print("\n".join(verdicts))
    print(f"The bars: at most {MOST_MICROSECONDS} us, and 1/{LEAST_RATIO} of the Node SDK at 1,000")


if __name__ == "__main__":
    match sys.argv[1:]:
        case [name, port, count]:
            print(json.dumps(broadcasts(name, int(port), int(count))))
        case _:
            main()
