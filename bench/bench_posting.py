"""CPU and wall time of telling N connections over @connections, beside the SDKs.

The posts go over TLS to a server of our own in another process, which answers after 5 ms. All
clients are warm: their connections are open, and the median of several broadcasts counts.
Beside ours stand boto3 with 50 threads, and the Node SDK with Promise.all, in the same run; each
in a process of its own, so that none pays for what another has loaded, as on Lambda.
"""

import asyncio
import contextlib
import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from fireside.adapters.connections_api import ConnectionsApi
from fireside.adapters.pool import Pool
from fireside.adapters.sigv4 import Credentials
from load import LOAD_CORE, ROOT, SERVER_CORE, heading, median, pin, table

CERTIFICATE = str(ROOT / "tests/unit/adapters/localhost.pem")
NODE = ROOT / "bench" / "node"
DATA = b'{"type":"message","room":"general","message":"%b"}' % (b"x" * 200)
ANSWER_SECONDS, THREADS, ROUNDS = 0.005, 50, 7
MOST_MICROSECONDS, LEAST_RATIO = 25, 20
"""What a post of ours may cost of CPU, and how many of them one of the Node SDK's pays for."""
TOKEN = "t" * 880  # as long as a function's own


class Endpoint(asyncio.Protocol):
    """Answers each request after a while, with nothing but its end."""

    def connection_made(self, transport) -> None:
        self.transport, self.data = transport, b""

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, end, rest = self.data.partition(b"\r\n\r\n")
        if not end:
            return
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(rest) >= size:
            self.data = rest[size:]
            answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
            asyncio.get_running_loop().call_later(ANSWER_SECONDS, self.transport.write, answer)


async def answer_for_ever() -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Endpoint, "127.0.0.1", 0, ssl=tls, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def endpoint() -> Iterator[int]:
    """Run the server in a process of its own; give its port."""
    with subprocess.Popen(
        [sys.executable, __file__, "answer"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        pin(process.pid, SERVER_CORE)
        yield int(process.stdout.readline())
        process.terminate()


def ours(port: int) -> Callable[[list[str]], None]:
    pool = Pool("localhost", port, tls=ssl.create_default_context(cafile=CERTIFICATE))
    credentials = Credentials("KEY", "secret", TOKEN)
    api = ConnectionsApi(f"https://localhost:{port}/ws", "eu-central-1", credentials, pool)

    def tell(ids: list[str]) -> None:
        assert api.send(ids, DATA) == set()

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


PYTHON = {"ours": ours, "boto3, 50 threads": boto3_with_threads}
NODE_SDK = "Node SDK, Promise.all"


def broadcasts(name: str, port: int, count: int) -> list[tuple[float, float]]:
    """Return the wall time of some, in ms, and the CPU time of each in microseconds a post."""
    tell = PYTHON[name](port)
    ids = [f"JC1dgf{number:05}MCK-g=" for number in range(count)]
    tell(ids)
    seen = []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        tell(ids)
        cpu_seconds = time.process_time() - cpu
        seen.append(((time.perf_counter() - wall) * 1e3, cpu_seconds * 1e6 / count))
    return seen


def measure(name: str, port: int, count: int) -> tuple[float, float]:
    """Let one client tell `count` connections, in a process of its own; return the medians."""
    command = [sys.executable, __file__, name, str(port), str(count)]
    if name == NODE_SDK:
        script = str(NODE / "posting.mjs")
        command = ["node", script, str(port), str(count), str(ROUNDS), TOKEN, DATA.decode()]
    environ = {**os.environ, "NODE_EXTRA_CA_CERTS": CERTIFICATE, "NODE_NO_WARNINGS": "1"}
    done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True)
    walls, cpus = zip(*json.loads(done.stdout), strict=True)
    return median(list(walls)), median(list(cpus))


def main() -> None:
    pin(os.getpid(), LOAD_CORE)
    heading("Telling N connections (`python bench/bench_posting.py`)")
    rows, verdicts = [], []
    for count in (100, 1_000, 5_000):
        cpu = {}
        for name in [*PYTHON, NODE_SDK]:
            with endpoint() as port:
                wall, cpu[name] = measure(name, port, count)
            rows.append([name, count, wall, cpu[name]])
        ratio = cpu[NODE_SDK] / cpu["ours"]
        verdicts.append(
            f"N={count}: {cpu['ours']:.0f} us of CPU a post, 1/{ratio:.0f} of the Node SDK"
        )
    table(["client", "N", "wall ms", "CPU us a post"], rows)
    print("\n".join(verdicts))
    print(f"The bars: at most {MOST_MICROSECONDS} us, and 1/{LEAST_RATIO} of the Node SDK")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["answer"]:
            asyncio.run(answer_for_ever())
        case [name, port, count]:
            print(json.dumps(broadcasts(name, int(port), int(count))))
        case _:
            main()
