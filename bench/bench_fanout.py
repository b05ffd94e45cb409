"""How long a sender waits on Lambda: from the commit to the acknowledgement, whoever hangs.

The function is the one for Lambda, over DynamoDB Local. It posts over TLS to a process of ours
that answers after 10 ms, and to a hundredth of the members never; Invoke is answered after 40 ms.
Run alone, the machine's two cores are shared by the function, that process and DynamoDB Local.
"""

import asyncio
import contextlib
import functools
import itertools
import json
import logging
import os
import ssl
import subprocess
import sys
from pathlib import Path

from fireside.adapters import rows
from fireside.adapters.dynamodb_api import DynamoDbApi
from fireside.adapters.sigv4 import Credentials
from fireside.entrypoints import aws, dynamodb_local
from fireside.ports import Connection
from load import LOAD_CORE, ROOT, SERVER_CORE, heading, median, pin, table

CERTIFICATE = str(ROOT / "tests/unit/adapters/localhost.pem")
PACKAGE = Path(__file__).resolve().parents[1] / "tests" / "dynamodb"
REGION, KEY, SECRET = "eu-central-1", "KEY", "secret"
POST_SECONDS, INVOKE_SECONDS = 0.010, 0.040
ROUNDS = int(os.environ.get("ROUNDS", "100"))
NUMBERS = itertools.count()


class Endpoint(asyncio.Protocol):
    """Answers as @connections and Lambda do, but never for a connection that hangs."""

    def connection_made(self, transport) -> None:
        self.transport, self.data = transport, b""

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, end, rest = self.data.partition(b"\r\n\r\n")
        if not end:
            return
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(rest) < size:
            return
        self.data = rest[size:]
        path = head.split(b" ", 2)[1]
        if b"hangs" in path:
            return
        is_post = b"connections" in path
        status, seconds = (b"200", POST_SECONDS) if is_post else (b"202", INVOKE_SECONDS)
        answer = b"HTTP/1.1 %b X\r\ncontent-length: 0\r\n\r\n" % status
        asyncio.get_running_loop().call_later(seconds, self.transport.write, answer)


async def answer_for_ever() -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Endpoint, "127.0.0.1", 0, ssl=tls, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def endpoint():
    """Run the server in a process of its own; give its address."""
    with subprocess.Popen(
        [sys.executable, __file__, "answer"], stdout=subprocess.PIPE, text=True
    ) as process:
        pin(process.pid, SERVER_CORE)
        yield f"https://localhost:{int(process.stdout.readline())}"
        process.terminate()


def room(tables, members: int, hanging: int) -> str:
    """Fill a room; a later one does not know it."""
    name = f"room-{next(NUMBERS)}"
    tables.call("CreateTable", rows.messages_table(f"{name}.messages"))
    tables.call("CreateTable", rows.connections_table(f"{name}.connections"))
    now_ms = aws.WORLD.clock()
    ids = [f"{'hangs' if n < hanging else 'reads'}-{n:05}=" for n in range(members)]
    puts = []
    for n, one in enumerate(ids):
        person = Connection(one, f"user{n}", f"User {n}", ("general",), now_ms)
        puts.append({"PutRequest": {"Item": rows.of_member(person, "general")}})
    for start in range(0, members, 25):
        batch = {f"{name}.connections": puts[start : start + 25]}
        tables.call("BatchWriteItem", {"RequestItems": batch})
    return name


def send(number: int) -> dict:
    context = {
        "routeKey": "sendMessage",
        "eventType": "MESSAGE",
        "connectionId": "sender=",
        "connectedAt": 0,
        "requestId": f"request-{number}",
        "authorizer": {"userId": "ann", "username": "Ann"},
    }
    body = json.dumps({"action": "sendMessage", "message": "Shall we light the fire at seven?"})
    return {"requestContext": context, "body": body}


def measure(tables, dynamodb: str, address: str, members: int, hanging: int) -> list[object]:
    """Send one message after the other; give the row of a table."""
    said: list[dict] = []
    name = room(tables, members, hanging)
    environ = {
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": "t" * 880,  # as long as a function's own
        "AWS_CA_BUNDLE": CERTIFICATE,
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb,
        "AWS_ENDPOINT_URL_LAMBDA": address,
        "FIRESIDE_MESSAGES_TABLE": f"{name}.messages",
        "FIRESIDE_CONNECTIONS_TABLE": f"{name}.connections",
        "FIRESIDE_ENDPOINT": f"{address}/ws",
        "FIRESIDE_FANOUT_FUNCTION": "fanout",
        "FIRESIDE_HOSTS": "chat.example",
    }
    world = aws.World(say=lambda line: said.append(json.loads(line)))
    chat = aws.make_chat(environ, world)
    for number in range(ROUNDS):
        answer = json.loads(chat(send(number), None)["body"])
        assert answer["type"] == "ack", answer
    took = sorted(line["FanOutMs"] for line in said)
    handed_over = [line["HandedOver"] for line in said]
    p99 = took[int(len(took) * 0.99)]
    return [members, median(took), p99, took[-1], said[0]["FanOutMs"], median(handed_over)]


def main(counts: list[int]) -> None:
    pin(os.getpid(), LOAD_CORE)
    logging.disable()  # each receiver that hangs is a warning
    heading("From the commit to the ack on Lambda (`python bench/bench_fanout.py`)")
    with dynamodb_local.running(PACKAGE) as dynamodb, endpoint() as address:
        tables = DynamoDbApi(dynamodb, REGION, Credentials(KEY, SECRET), call_seconds=30)
        run = functools.partial(measure, tables, dynamodb, address)
        for share in (0, 100):
            hanging = f"one in {share}" if share else "nobody"
            print(f"\n{hanging} hangs", flush=True)
            found = [run(count, count // share if share else 0) for count in counts]
            table(["members", "p50 ms", "p99", "max", "first", "handed over"], found)


if __name__ == "__main__":
    if sys.argv[1:] == ["answer"]:
        asyncio.run(answer_for_ever())
    else:
        main([int(count) for count in sys.argv[1:]] or [100, 500, 1_000, 5_000])
