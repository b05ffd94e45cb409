"""How long a sender waits on Lambda: from the commit to the acknowledgement, whoever hangs.

The function is the one for Lambda, over DynamoDB Local. It posts over TLS to another process that
answers after 10 ms, and to a hundredth of the members never; Invoke is answered after 40 ms.
Run alone, the machine's two cores are shared by the function, that process and DynamoDB Local.
"""

import functools
import itertools
import json
import logging
import os
import sys
from pathlib import Path

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.http import DynamoDbApi
from fireside.adapters.http.sigv4 import Credentials
from fireside.cloud.rehearse import dynamodb_local
from fireside.functions import aws
from fireside.ports import Connection
from load import CERTIFICATE, LOAD_CORE, aws_endpoint, heading, median, pin, table

PACKAGE = Path(__file__).resolve().parents[1] / "tests" / "dynamodb"
REGION, KEY, SECRET = "eu-central-1", "KEY", "secret"
POST_MS, INVOKE_MS = 10, 40
ROUNDS = int(os.environ.get("ROUNDS", "100"))
NUMBERS = itertools.count()


def room(tables, members: int, hanging: int) -> str:
    """Fill a room; a later one does not know it."""
    name = f"room-{next(NUMBERS)}"
    tables.call("CreateTable", rows.messages_table(f"{name}.messages"))
    tables.call("CreateTable", rows.connections_table(f"{name}.connections"))
    tables.call("CreateTable", rows.people_table(f"{name}.people"))
    now_ms = aws.SYSTEM.clock()
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
        "FIRESIDE_PEOPLE_TABLE": f"{name}.people",
        "FIRESIDE_ENDPOINT": f"{address}/ws",
        "FIRESIDE_FANOUT_FUNCTION": "fanout",
        "FIRESIDE_HOSTS": "chat.example",
    }
    world = aws.System(write_line=lambda line: said.append(json.loads(line)))
    chat = aws.build_chat(environ, world)
    for number in range(ROUNDS):
        answer = json.loads(chat(send(number), None)["body"])
        assert answer["type"] == "ack", answer
    took = sorted(line["FanOutMs"] for line in said)
    delegated = [line["Delegated"] for line in said]
    p99 = took[int(len(took) * 0.99)]
    return [members, median(took), p99, took[-1], said[0]["FanOutMs"], median(delegated)]


def main(counts: list[int]) -> None:
    pin(os.getpid(), LOAD_CORE)
    logging.disable()  # each receiver that hangs is a warning
    heading("From the commit to the ack on Lambda (`python bench/bench_fanout.py`)")
    with dynamodb_local.running(PACKAGE) as dynamodb:
        tables = DynamoDbApi(dynamodb, REGION, Credentials(KEY, SECRET), call_seconds=30)
        for share in (0, 100):
            print(f"\n{f'one in {share}' if share else 'no connection'} hangs", flush=True)
            with aws_endpoint(POST_MS, INVOKE_MS) as port:
                run = functools.partial(measure, tables, dynamodb, f"https://localhost:{port}")
                found = [run(count, count // share if share else 0) for count in counts]
            table(["members", "p50 ms", "p99", "max", "first", "delegated"], found)


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or [100, 500, 1_000, 5_000])
