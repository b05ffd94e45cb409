"""What a message costs on DynamoDB, and how long an acknowledgement takes when a room is busy.

DynamoDB Local answers too fast and never has two transactions in each other's way. So a second
and a third table are of a busy room in virtual time: the same store and the same retry policy, but
each call takes as long as AWS's. A transaction holds its rows for the second half of its time,
and refuses others on them; then it takes effect.
"""

import functools
import itertools
import os
import platform
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.client import ConditionFailed, Conflict, RetryPolicy
from fireside.adapters.dynamodb.http import DynamoDbApi
from fireside.adapters.dynamodb.store import DynamoRegistry, DynamoStore
from fireside.adapters.dynamodb.units import MeteredTables
from fireside.adapters.http.sigv4 import Credentials
from fireside.cloud.rehearse import dynamodb_local
from fireside.domain.errors import Busy
from fireside.domain.message import Draft
from fireside.ports import Connection
from load import table
from virtual import VirtualTime

PACKAGE = Path(__file__).resolve().parents[1] / "tests" / "dynamodb"
RATES = (1, 5, 20, 50)
SENDS = 400  # per rate, but no longer than
SECONDS = 40
BUSY = (*RATES, 60, 70, 100)
IMAGINED = 3_000  # sends per rate
CROWD = 10_000
AWS_SECONDS = {"Query": 0.004, "TransactWriteItems": 0.012}
NUMBERS = itertools.count()


class LikeAws:
    """Tables in memory, as slow as AWS's, where overlapping transactions on one row conflict."""

    def __init__(self, time, chance):
        self.time, self.chance = time, chance
        self.rows, self.tails, self.writing = {}, {}, set()

    def call(self, operation, request):
        half = AWS_SECONDS[operation] * self.chance.uniform(0.35, 0.65)
        self.time.sleep(half)
        answer = self._read(request) if operation == "Query" else self._write(request, half)
        if operation == "Query":
            self.time.sleep(half)
        return answer

    def _read(self, request):
        room = request["ExpressionAttributeValues"][":pk"]["S"]
        return {"Items": [self.tails[room]] if room in self.tails else []}

    def _write(self, request, half):
        items = {_key(one["Put"]["Item"]): one["Put"]["Item"] for one in request["TransactItems"]}
        if items.keys() & self.writing:
            raise Conflict("TransactionConflict")
        if items.keys() & self.rows.keys():
            raise ConditionFailed([None, None])
        self.writing |= items.keys()
        self.time.sleep(half)
        self.writing -= items.keys()
        self.rows |= items
        message = next(iter(items.values()))
        self.tails[message["pk"]["S"]] = message
        return {}


def _key(row):
    return row["pk"]["S"], row["seq"]["N"]


def draft(nonce, room="general"):
    text = "A sentence as people say it, of about eighty characters, more or less, or so."
    now_ms = time.time_ns() // 1_000_000
    return Draft(room, f"author{nonce % 50}", "Author", text, f"{nonce:036}", None, now_ms, nonce)


def sending(tables, rate):
    """Send at random moments, so many a second; each sender waits for its own answer alone."""
    meter = MeteredTables(tables)
    name = f"messages-{next(NUMBERS)}"
    tables.call("CreateTable", rows.messages_table(name))
    took, busy = [], []

    def send(nonce, due):
        store = DynamoStore(meter, name, new_epoch=str, retry=RetryPolicy())
        try:
            store.append(draft(nonce))
        except Busy:
            busy.append(nonce)
        took.append(1_000 * (time.perf_counter() - due))

    count = min(SENDS, rate * SECONDS)
    with ThreadPoolExecutor(64) as pool:
        due = time.perf_counter()
        for nonce in range(count):
            due += random.expovariate(rate)
            time.sleep(max(0.0, due - time.perf_counter()))
            pool.submit(send, nonce, due)
    return [rate, count, *_summary(took, meter, count), len(busy)]


def imagined(rate, **policy):
    """Send at random moments in virtual time, which passes the same way on every machine."""
    clock, chance = VirtualTime(), random.Random(rate)
    meter = MeteredTables(LikeAws(clock, chance))
    waits = RetryPolicy(monotonic=clock.seconds, sleep=clock.sleep, jitter=chance.random, **policy)
    took, busy = [], []

    def send(nonce):
        began = clock.now
        try:
            DynamoStore(meter, "messages", new_epoch=str, retry=waits).append(draft(nonce))
        except Busy:
            busy.append(nonce)
        took.append(1_000 * (clock.now - began))

    due = 0.0
    for nonce in range(IMAGINED):
        due += chance.expovariate(rate)
        clock.start_at(due, functools.partial(send, nonce))
    clock.run()
    return [rate, IMAGINED, *_summary(took, meter, IMAGINED), len(busy)]


def _summary(took, meter, count):
    took.sort()
    quantiles = [took[int(len(took) * q)] for q in (0.5, 0.99)]
    each = [units / count for units in (meter.calls, meter.read_units, meter.write_units)]
    return [*quantiles, took[-1], *each]


def crowd(tables):
    """A room with very many members, and very many rooms."""
    name = "connections-crowd"
    tables.call("CreateTable", rows.connections_table(name))
    people = [Connection(f"{n:015}=", f"u{n}", f"U{n}", ("general",), 0) for n in range(CROWD)]
    fill(tables, name, [rows.of_member(person, "general") for person in people])
    meter = MeteredTables(tables)
    registry = DynamoRegistry(meter, name, clock=lambda: 0, retry=RetryPolicy())
    start = time.perf_counter()
    assert len(registry.in_room("general").ids) == CROWD
    members = ["members of one room", CROWD, 1_000 * (time.perf_counter() - start)]
    members += [meter.calls, meter.read_units, meter.write_units]

    name = "messages-crowd"
    tables.call("CreateTable", rows.messages_table(name))
    store = DynamoStore(tables, name, new_epoch=str, retry=RetryPolicy())
    [first] = [store.append(draft(1)).message]
    fill(tables, name, [rows.of_message(_in_room(first, n)) for n in range(CROWD)])
    meter = MeteredTables(tables)
    store = DynamoStore(meter, name, new_epoch=str, retry=RetryPolicy())
    start = time.perf_counter()
    store.append(draft(2, room="room-77"))
    rooms = ["one message among rooms", CROWD, 1_000 * (time.perf_counter() - start)]
    return [members, [*rooms, meter.calls, meter.read_units, meter.write_units]]


def _in_room(message, number):
    return type(message)(*(f"room-{number}", *_fields(message)[1:]))


def _fields(message):
    return [getattr(message, name) for name in message.__slots__]


def fill(tables, name, items):
    for start in range(0, len(items), 25):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        tables.call("BatchWriteItem", {"RequestItems": {name: puts}})


def main():
    columns = ["sends/s", "sent", "p50", "p99", "max", "calls", "read units", "write units", "busy"]
    print("\nOne room on DynamoDB, ms to the acknowledgement (`python bench/bench_dynamodb.py`)")
    print(
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {os.cpu_count()} cores"
    )
    with dynamodb_local.running(PACKAGE) as address:
        tables = DynamoDbApi(address, "eu-central-1", Credentials("k", "s"), call_seconds=10)
        tables.call("CreateTable", rows.messages_table("warm"))
        store = DynamoStore(tables, "warm", new_epoch=str, retry=RetryPolicy())
        for nonce in range(300):
            store.append(draft(nonce))
        print("\nDynamoDB Local as it is")
        table(columns, [sending(tables, rate) for rate in RATES])
        print("\nIn virtual time, with AWS's order of latencies: a Query 4 ms, a transaction 12 ms")
        table(columns, [imagined(rate) for rate in BUSY])
        print("\nThe same, if each conflict doubled the pause, as what is throttled does")
        table(columns, [imagined(rate, quick_conflicts=0) for rate in BUSY])
        print("\nCrowds")
        table(["what", "rows", "ms", "calls", "read units", "write units"], crowd(tables))


if __name__ == "__main__":
    main()
