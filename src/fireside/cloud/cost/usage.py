"""How often each thing happens, and what AWS counts of it: messages, minutes, units, GB-seconds.

Nothing here knows a price. How often comes from habits, or from a rehearsal that counted.
Durations are estimates until somebody has deployed: docs/explanation/bill.md says of what.
"""

import math
from dataclasses import dataclass, replace

from fireside.adapters.dynamodb import rows, units
from fireside.domain.message import Message
from fireside.ports import Connection

LIFETIME_HOURS = 2
"""After which API Gateway cuts every connection, and clients come back."""

PING_SECONDS = 510
"""How often clients ask where their rooms end; the gateway drops who is idle for 600."""

INLINE_MEMBERS, SHARD_MEMBERS = 500, 5_000
"""Members whom the sender's function posts to; how many each further invocation takes."""

MEMORY_GB = 0.5

MILLISECONDS = {
    "authorizer": 3.0,
    "$connect": 20.0,
    "$disconnect": 20.0,
    "hello": 25.0,
    "getHistory": 15.0,
    "ping": 12.0,
    "sendMessage": 30.0,
}
"""Billed for a warm call with 512 MB. Estimated: 4 ms a read, 6 to 12 ms a write, our own CPU."""

POST_MILLISECONDS = 10.0
MILLISECONDS_PER_MEMBER = 0.11
COLD_SHARE, COLD_MILLISECONDS = 0.02, 400.0

LOG_BYTES = 400  # a call
PAGE_REQUESTS, PAGE_BYTES = 4, 200_000  # a visit
PAGE_MESSAGES = 50
FRAME_BYTES, COMMAND_BYTES = 320, 120  # around a message's text, to and from people
MONTHS_KEPT = 12

METRICS, ALARMS = 8, 10  # docs/reference/functions.md; infra/

_GB = 1_000_000_000
_KB_READ = 4_096


@dataclass(frozen=True, slots=True)
class Habits:
    """What people do. The defaults are an office."""

    users: int
    messages_per_day: float
    """Of all of them together."""
    hours: float = 8
    """That each is connected, on a day."""
    days: float = 22
    """In a month."""
    online: float | None = None
    """Connected at once when something is said; by default `users` spread over 24 hours."""
    online_per_room: float | None = None
    """Of those, in the room where it is said; by default all: there is one room."""
    visits: float = 1
    """Times a day that each opens the page."""
    history_loads: float = 1
    """Pages of history that each reads per visit."""
    message_bytes: int = 100
    """Of one message's text, in UTF-8."""

    @property
    def together(self) -> float:
        """Say how many are connected at once."""
        return self.online or max(1.0, self.users * self.hours / 24)

    @property
    def room(self) -> float:
        """Say how many of them are in the room where something is said."""
        return min(self.online_per_room or self.together, self.users)


@dataclass(frozen=True, slots=True)
class Usage:
    """What AWS counts in a month, or in a rehearsal."""

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
class Session:
    """How often each thing happened, whoever says so: habits over a month, or a rehearsal."""

    sends: float = 0
    members: float = 1
    """In the room when something is said, the author included."""
    connections: float = 0
    minutes: float = 0
    pings: float = 0
    history_loads: float = 0
    page_messages: float = PAGE_MESSAGES
    message_bytes: int = 100


def session(habits: Habits) -> Session:
    """Reckon how often each thing happens in a month."""
    user_days = habits.users * habits.days
    visits = user_days * habits.visits
    minutes = user_days * habits.hours * 60
    lives = math.ceil(habits.hours / habits.visits / LIFETIME_HOURS)
    return Session(
        sends=habits.messages_per_day * habits.days,
        members=habits.room,
        connections=visits * lives,
        minutes=minutes,
        pings=minutes * 60 / PING_SECONDS,
        history_loads=visits * habits.history_loads,
        message_bytes=habits.message_bytes,
    )


def counted(one: Session) -> Usage:
    """Tell what API Gateway, Lambda and DynamoDB count of it."""
    shards = math.ceil(max(0.0, one.members - INLINE_MEMBERS) / SHARD_MEMBERS)
    pushes = max(0.0, one.members - 1)
    asked = one.sends + one.pings + one.connections + one.history_loads
    message, member = _rows(one.message_bytes)
    page = math.ceil(one.page_messages * message / _KB_READ) if one.page_messages else 1
    reads = (
        one.sends * (1 + math.ceil(one.members * member / _KB_READ))  # the tail, the members
        + one.connections * 3  # hello, its room's head, going
        + one.pings * 2  # is it known, the head
        + one.history_loads * (2 + page)
    )
    return Usage(
        messages=2 * asked + one.sends * pushes,
        connection_minutes=one.minutes,
        requests=asked + 3 * one.connections + one.sends * shards,
        gb_seconds=_gb_seconds(one, shards),
        read_units=reads,
        write_units=one.sends * _write_units(one.message_bytes) + one.connections * 6,
    )


def usage(habits: Habits) -> Usage:
    """Reckon everything that AWS counts in a month of our design."""
    one = session(habits)
    used = counted(one)
    visits = habits.users * habits.days * habits.visits
    pushed = one.sends * one.members * (FRAME_BYTES + one.message_bytes)
    pages = one.history_loads * PAGE_MESSAGES * (FRAME_BYTES + one.message_bytes)
    said = one.sends * (COMMAND_BYTES + one.message_bytes) + 2 * one.pings * COMMAND_BYTES
    kept = MONTHS_KEPT * one.sends * _rows(one.message_bytes)[0] / _GB
    return replace(
        used,
        stored_gb=kept,
        backup_gb=kept,
        metrics=METRICS,
        alarms=ALARMS,
        site_requests=visits * PAGE_REQUESTS + one.connections,
        site_out_gb=(pushed + pages + visits * PAGE_BYTES) / _GB,
        site_in_gb=said / _GB,
        page_stored_gb=PAGE_BYTES * 5 / _GB,
        log_gb=used.requests * LOG_BYTES / _GB,
    )


def _gb_seconds(one: Session, shards: int) -> float:
    posting = POST_MILLISECONDS + MILLISECONDS_PER_MEMBER * min(one.members, INLINE_MEMBERS)
    sharded = shards * (POST_MILLISECONDS + MILLISECONDS_PER_MEMBER * SHARD_MEMBERS)
    per_connection = sum(
        MILLISECONDS[route] for route in ("authorizer", "$connect", "hello", "$disconnect")
    )
    warm = (
        one.sends * (MILLISECONDS["sendMessage"] + posting + sharded)
        + one.connections * per_connection
        + one.pings * MILLISECONDS["ping"]
        + one.history_loads * MILLISECONDS["getHistory"]
    )
    calls = one.sends * (1 + shards) + 4 * one.connections + one.pings + one.history_loads
    return (warm + calls * COLD_SHARE * COLD_MILLISECONDS) / 1_000 * MEMORY_GB


def _rows(message_bytes: int) -> tuple[int, int]:
    """Measure a message's row and a member's, in bytes, as the adapter writes them."""
    message, member = _samples(message_bytes)
    return units.size(rows.of_message(message)), units.size(rows.of_member(member, "general"))


def _write_units(message_bytes: int) -> int:
    message, _ = _samples(message_bytes)
    both = [{"Put": {"Item": row}} for row in (rows.of_message(message), rows.of_nonce(message, 0))]
    return units.written("TransactWriteItems", {"TransactItems": both})


def _samples(message_bytes: int) -> tuple[Message, Connection]:
    message = Message(
        "general", 10_000, "0" * 26, 1_780_000_000_000, "grace", "Grace", "x" * message_bytes,
        "0" * 22, None,
    )  # fmt: skip
    member = Connection("JC1dgf9yoAMCK-g=", "grace", "Grace", ("general",), 1_780_000_000_000)
    return message, member


# --- The usual design, to compare with ---

NAIVE_MEMORY_GB = 0.125
_NAIVE_SECONDS, _NAIVE_SECONDS_PER_POST = 0.3, 0.0082
_NAIVE_ROW_BYTES = 100


def naive_usage(habits: Habits) -> Usage:
    """Reckon the design of many tutorials: a Scan for each message, one SDK call per connection.

    Everybody online gets everything; nobody is acknowledged or pings. Node, x86, 128 MB.
    """
    ours = session(habits)
    online = habits.together
    scanned = math.ceil(online * _NAIVE_ROW_BYTES / _KB_READ) / 2
    seconds = ours.sends * (_NAIVE_SECONDS + _NAIVE_SECONDS_PER_POST * online)
    both_ways = 2 * ours.connections * 0.05
    return replace(
        usage(habits),
        backup_gb=0,
        metrics=0,
        alarms=0,
        messages=ours.sends * (1 + online) + 2 * ours.history_loads,
        requests=ours.sends + 2 * ours.connections + ours.history_loads,
        gb_seconds=(seconds + both_ways) * NAIVE_MEMORY_GB,
        read_units=ours.sends * scanned + ours.history_loads * 2,
        write_units=ours.sends * 2 + ours.connections * 2,  # the second is an index's
    )


def scaled(habits: Habits, users: int) -> Habits:
    """Have so many people do what those did: rooms that were given stay as large as they were."""
    share = users / habits.users
    return replace(
        habits,
        users=users,
        messages_per_day=habits.messages_per_day * share,
        online=habits.together * share,
    )
