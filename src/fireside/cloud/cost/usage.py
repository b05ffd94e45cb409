"""Usage: how often each thing happens, and the quantities that AWS bills for it.

Nothing here knows a price. The counts come from a workload (what people do in a month) or from a
rehearsal. Durations are estimates until a real deployment measures them: docs/explanation/bill.md.
"""

import math
from dataclasses import dataclass, replace

from fireside.adapters.dynamodb import rows, units
from fireside.adapters.outbound.fanout import INLINE, SHARD
from fireside.chat import LIFETIME_SECONDS
from fireside.domain.commands.messages import DEFAULT_PAGE
from fireside.domain.lookalikes import name_keys
from fireside.domain.message import Message
from fireside.domain.names import LOBBY
from fireside.functions.aws import PING_SECONDS
from fireside.handlers.allowance import CONNECTION, REPORT_EACH
from fireside.ports import Connection

LIFETIME_HOURS = LIFETIME_SECONDS / 3_600
"""After which API Gateway closes a connection, and the client reconnects."""

MEMORY_MEGABYTES = 512
"""Of each function, as infra/variables.tf has it by default."""

MEMORY_GB = MEMORY_MEGABYTES / 1_024

MILLISECONDS = {
    "authorizer": 3.0,
    "$connect": 28.0,
    "$disconnect": 20.0,
    "hello": 29.0,
    "getHistory": 19.0,
    "ping": 16.0,
    "sendMessage": 34.0,
    "claim": 30.0,
}
"""Billed for a warm call with 512 MB. Estimated: 4 ms a read, 6 to 12 ms a write, and the CPU."""

POST_MILLISECONDS = 10.0
MILLISECONDS_PER_MEMBER = 0.11
COLD_SHARE, COLD_MILLISECONDS = 0.02, 400.0
"""One call in fifty is a cold start, and takes this much longer. Estimated."""

LOG_BYTES = 400  # a call
PAGE_REQUESTS, PAGE_BYTES = 4, 200_000  # a visit
FRAME_BYTES, COMMAND_BYTES = 320, 120  # around a message's text: to a client, from a client
MONTHS_KEPT = 12

METRICS, ALARMS = 8, 10  # docs/reference/functions.md; infra/

PERSON_READS = 1
"""Read units for a person: each command and each `$connect` reads who it is."""

_SAMPLE_NAME = "Grace"
_GB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Workload:
    """What people do in a month. The defaults are those of an office."""

    users: int
    messages_per_day: float
    """Messages that all users together send per day."""
    hours: float = 8
    """Hours per day that each user is connected."""
    days: float = 22
    """Days per month."""
    online: float | None = None
    """Users connected when a message is sent; default: `users` spread over 24 hours."""
    online_per_room: float | None = None
    """Those of them in the room of the message; default: all, as there is one room."""
    visits: float = 1
    """Page loads per user and day."""
    history_loads: float = 1
    """Pages of history that a user reads per visit."""
    message_bytes: int = 100
    """Bytes of one message's text, in UTF-8."""

    @property
    def connected(self) -> float:
        """Return how many users are connected at once."""
        return self.online or max(1.0, self.users * self.hours / 24)

    @property
    def in_room(self) -> float:
        """Return how many of them are in the room of a message, its sender included."""
        return min(self.online_per_room or self.connected, self.users)


@dataclass(frozen=True, slots=True)
class Usage:
    """The quantities that AWS bills, of a month or of a rehearsal."""

    messages: float = 0
    connection_minutes: float = 0
    requests: float = 0
    gb_seconds: float = 0
    read_units: float = 0
    write_units: float = 0
    stored_gb: float = 0
    site_requests: float = 0
    site_out_gb: float = 0
    site_in_gb: float = 0
    page_stored_gb: float = 0
    log_gb: float = 0
    backup_gb: float = 0
    metrics: float = 0
    alarms: float = 0


@dataclass(frozen=True, slots=True)
class ActivityCounts:
    """How often each thing happened: in a month of a workload, or in a rehearsal."""

    sends: float = 0
    members: float = 1
    """Members of the room of each message, the sender included."""
    connections: float = 0
    minutes: float = 0
    pings: float = 0
    history_loads: float = 0
    page_messages: float = DEFAULT_PAGE
    message_bytes: int = 100
    claims: float = 0
    """Names that are claimed."""
    device_days: float = 0
    """Days on which a device was there, summed over the devices of all persons."""
    unclaimed_keys: int = 0
    """Keys of each name, where the names are nobody's: each is read too. 0 for persons."""

    @property
    def commands(self) -> float:
        """Return how many commands were sent in all."""
        return self.sends + self.pings + self.connections + self.history_loads + self.claims

    @property
    def who_reads(self) -> float:
        """Return the read units for who sends a command, or connects."""
        return PERSON_READS + self.unclaimed_keys


def monthly_counts(workload: Workload) -> ActivityCounts:
    """Estimate how often each thing happens in a month."""
    user_days = workload.users * workload.days
    visits = user_days * workload.visits
    minutes = user_days * workload.hours * 60
    connections = math.ceil(workload.hours / workload.visits / LIFETIME_HOURS)  # a visit
    return ActivityCounts(
        sends=workload.messages_per_day * workload.days,
        members=workload.in_room,
        connections=visits * connections,
        minutes=minutes,
        pings=minutes * 60 / PING_SECONDS,
        history_loads=visits * workload.history_loads,
        claims=workload.users,
        device_days=user_days,
        message_bytes=workload.message_bytes,
    )


def billed_usage(counts: ActivityCounts) -> Usage:
    """Return what API Gateway, Lambda and DynamoDB bill for these counts."""
    shards = math.ceil(max(0.0, counts.members - INLINE) / SHARD)
    pushes = max(0.0, counts.members - 1)
    message, member = _rows(counts.message_bytes)
    page = (
        math.ceil(counts.page_messages * message / units.READ_UNIT_BYTES)
        if counts.page_messages
        else 1
    )
    reads = (
        counts.sends
        * (1 + math.ceil(counts.members * member / units.READ_UNIT_BYTES))  # the head, the members
        + counts.connections * 3  # hello, the head of its room, $disconnect
        + counts.pings * 2  # the connection, the head
        + counts.history_loads * (2 + page)
        + (counts.commands + counts.connections) * counts.who_reads
        + counts.claims * (1 + 2 * len(name_keys(_SAMPLE_NAME)))
        + counts.device_days
    )
    messages = 2 * counts.commands + counts.sends * pushes
    rows_written = (
        counts.sends * _write_units(counts.message_bytes)
        + counts.connections * 6
        + counts.claims * 2 * (1 + len(name_keys(_SAMPLE_NAME)))
        + counts.device_days
    )
    counted = messages + counts.connections * CONNECTION  # against the allowances of their people
    return Usage(
        messages=messages,
        connection_minutes=counts.minutes,
        requests=counts.commands + 3 * counts.connections + counts.sends * shards,
        gb_seconds=_gb_seconds(counts, shards),
        read_units=reads,
        write_units=rows_written + counted / REPORT_EACH,
    )


def monthly_usage(workload: Workload) -> Usage:
    """Estimate everything that AWS bills for a month of Fireside."""
    counts = monthly_counts(workload)
    used = billed_usage(counts)
    visits = workload.users * workload.days * workload.visits
    pushed = counts.sends * counts.members * (FRAME_BYTES + counts.message_bytes)
    pages = counts.history_loads * DEFAULT_PAGE * (FRAME_BYTES + counts.message_bytes)
    received = (
        counts.sends * (COMMAND_BYTES + counts.message_bytes) + 2 * counts.pings * COMMAND_BYTES
    )
    kept = MONTHS_KEPT * counts.sends * _rows(counts.message_bytes)[0] / _GB
    return replace(
        used,
        stored_gb=kept,
        backup_gb=kept,
        metrics=METRICS,
        alarms=ALARMS,
        site_requests=visits * PAGE_REQUESTS + counts.connections,
        site_out_gb=(pushed + pages + visits * PAGE_BYTES) / _GB,
        site_in_gb=received / _GB,
        page_stored_gb=PAGE_BYTES * 5 / _GB,
        log_gb=used.requests * LOG_BYTES / _GB,
    )


def _gb_seconds(counts: ActivityCounts, shards: int) -> float:
    posting = POST_MILLISECONDS + MILLISECONDS_PER_MEMBER * min(counts.members, INLINE)
    sharded = shards * (POST_MILLISECONDS + MILLISECONDS_PER_MEMBER * SHARD)
    per_connection = sum(
        MILLISECONDS[route] for route in ("authorizer", "$connect", "hello", "$disconnect")
    )
    warm = (
        counts.sends * (MILLISECONDS["sendMessage"] + posting + sharded)
        + counts.connections * per_connection
        + counts.pings * MILLISECONDS["ping"]
        + counts.history_loads * MILLISECONDS["getHistory"]
        + counts.claims * MILLISECONDS["claim"]
    )
    calls = (
        counts.sends * (1 + shards)
        + 4 * counts.connections
        + counts.pings
        + counts.history_loads
        + counts.claims
    )
    return (warm + calls * COLD_SHARE * COLD_MILLISECONDS) / 1_000 * MEMORY_GB


def _rows(message_bytes: int) -> tuple[int, int]:
    """Return the bytes of a message's row and of a member's row, as the adapter writes them."""
    message, member = _samples(message_bytes)
    return units.size(rows.of_message(message)), units.size(rows.of_member(member, LOBBY))


def _write_units(message_bytes: int) -> int:
    message, _ = _samples(message_bytes)
    both = [{"Put": {"Item": row}} for row in (rows.of_message(message), rows.of_nonce(message, 0))]
    return units.written("TransactWriteItems", {"TransactItems": both})


def _samples(message_bytes: int) -> tuple[Message, Connection]:
    message = Message(
        LOBBY, 10_000, "0" * 26, 1_780_000_000_000, "grace", _SAMPLE_NAME, "x" * message_bytes,
        "0" * 22, None,
    )  # fmt: skip
    member = Connection(
        "JC1dgf9yoAMCK-g=", "grace", _SAMPLE_NAME, (LOBBY,), 1_780_000_000_000, device="0" * 22
    )
    return message, member


# --- The usual design, for comparison ---

NAIVE_MEMORY_GB = 0.125
_NAIVE_SECONDS, _NAIVE_SECONDS_PER_POST = 0.3, 0.0082
_NAIVE_ROW_BYTES = 100


def naive_usage(workload: Workload) -> Usage:
    """Estimate the usual design: for each message a Scan, and a call per connection.

    Every connection gets every message; there are no acks and no pings. Node, x86, 128 MB.
    """
    counts = monthly_counts(workload)
    online = workload.connected
    scanned = math.ceil(online * _NAIVE_ROW_BYTES / units.READ_UNIT_BYTES) / 2
    seconds = counts.sends * (_NAIVE_SECONDS + _NAIVE_SECONDS_PER_POST * online)
    connecting = 2 * counts.connections * 0.05
    return replace(
        monthly_usage(workload),
        backup_gb=0,
        metrics=0,
        alarms=0,
        messages=counts.sends * (1 + online) + 2 * counts.history_loads,
        requests=counts.sends + 2 * counts.connections + counts.history_loads,
        gb_seconds=(seconds + connecting) * NAIVE_MEMORY_GB,
        read_units=counts.sends * scanned + counts.history_loads * 2,
        write_units=counts.sends * 2 + counts.connections * 2,  # one of two is for an index
    )


def scale(workload: Workload, users: int) -> Workload:
    """Return the same workload of `users` people; a given room size stays as it is."""
    share = users / workload.users
    return replace(
        workload,
        users=users,
        messages_per_day=workload.messages_per_day * share,
        online=workload.connected * share,
    )
