"""The composition root on Lambda. Each function has only the clients its permissions allow.

A function is built once, while its container starts, from the environment variables that
`infra/` sets: docs/reference/functions.md explains each of them.
"""

import functools
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fireside import environment
from fireside.adapters import aws_clients
from fireside.adapters.dynamodb.client import RetryPolicy, Tables
from fireside.adapters.dynamodb.people import DynamoPeople
from fireside.adapters.dynamodb.store import DynamoRegistry, DynamoSpending, DynamoStore
from fireside.adapters.outbound import payload
from fireside.adapters.outbound.ending import Ender
from fireside.adapters.outbound.event_counts import CountingTables, EventCounts
from fireside.adapters.outbound.fanout import FanOut, deadlines_from
from fireside.adapters.people_of_event import PeopleOfEvent
from fireside.chat import HANDSHAKE_GRACE_MS, Chat
from fireside.console.logs import setup_logging
from fireside.domain.errors import ChatError
from fireside.functions import metrics
from fireside.handlers.allowance import Allowances, allowance_from, with_allowances
from fireside.handlers.authorizer import Handler, log_refusal, make_authorizer
from fireside.handlers.router import Response, make_handler
from fireside.handlers.rules import names_from, owners_from, rules_from
from fireside.ports import Clock, Entropy, RandomBytes
from fireside.system import entropy, epoch_ms, new_epoch, random_bytes

log = logging.getLogger(__name__)

PING_SECONDS = 510
"""Seconds between pings of a client. API Gateway closes a connection that is idle for 600 seconds,
and bills a ping like a message."""

SHARE_OF_TIME = 0.8
"""Part of its time in which `fanout` posts; in the rest it forgets connections that are gone."""


def chat(event: dict[str, Any], context: object) -> Response:
    """Answer every route."""
    return _handler("chat")(event, context)


def authorizer(event: dict[str, Any], context: object) -> Response:
    """Decide who may connect. It has no access to data."""
    return _handler("authorizer")(event, context)


def fanout(event: dict[str, Any], context: object) -> Response:
    """Post to the connections that `chat` left to it."""
    return _handler("fanout")(event, context)


def brake(event: dict[str, Any], context: object) -> dict[str, str]:
    """Stop the stage: an hour had more messages than the budget allows."""
    from fireside.functions import kill_switch  # noqa: PLC0415 - imports the SDK, which is slow

    return kill_switch.handler(event, context)


class MissingVariable(KeyError):  # noqa: N818 - it says what is so
    """An environment variable that the function needs is missing."""

    def __str__(self) -> str:
        return (
            f"The environment variable {self.args[0]} is not set: set it on the function, "
            "as infra/ does (docs/reference/functions.md)"
        )


class Environment(Mapping[str, str]):
    """Environment variables, in which an empty one counts as missing."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def __getitem__(self, name: str) -> str:
        value = self._variables.get(name, "")
        if not value:
            raise MissingVariable(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return (name for name, value in self._variables.items() if value)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What a function takes from the system; a test passes its own."""

    clock: Clock = epoch_ms
    entropy: Entropy = entropy
    random_bytes: RandomBytes = random_bytes
    new_epoch: Callable[[], str] = new_epoch
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    write_line: Callable[[str], object] = print
    """Writes a line of metrics to the log."""


SYSTEM = System()


def build_chat(variables: Mapping[str, str], system: System = SYSTEM) -> Handler:
    """Return the handler of `chat`."""
    environ, counts = Environment(variables), EventCounts()
    tables = aws_clients.tables(environ)
    people = PeopleOfEvent(_people(environ, tables, system))
    ender = aws_clients.ender(environ, environ[environment.ENDPOINT])
    rules, owners = rules_from(environ), owners_from(environ)
    chat = Chat(
        _store(environ, CountingTables(tables, counts), system),
        people,
        _registry(environ, tables, system),
        _outbound(environ, ender, counts, system),
        clock=system.clock,
        entropy=system.entropy,
        random_bytes=system.random_bytes,
        owner_hashes=lambda: owners,
        names=names_from(environ),
        ping_seconds=PING_SECONDS,
    )
    handler = make_handler(chat, lambda: rules)
    handler = _with_metrics(handler, counts, _name(environ, "chat"), system)
    allowances = _allowances(environ, tables, system)
    if allowances is not None:
        handler = with_allowances(
            handler, allowances, chat.door.payer, lambda: counts.pushed, ender.end
        )
    return _beginning(people.begin, handler)


def build_authorizer(variables: Mapping[str, str], _system: System = SYSTEM) -> Handler:
    """Return the handler of `authorizer`."""
    rules = rules_from(Environment(variables))
    logged: set[str] = set()

    def log_once(refusal: ChatError, event: dict[str, Any]) -> None:
        """Log a reason at its first occurrence: that is enough to find a wrong setting."""
        if refusal.text not in logged:
            logged.add(refusal.text)
            log_refusal(refusal, event)

    return make_authorizer(lambda: rules, log_once)


def build_fanout(variables: Mapping[str, str], system: System = SYSTEM) -> Handler:
    """Return the handler of `fanout`."""
    environ = Environment(variables)
    poster = aws_clients.outbound(environ, environ[environment.ENDPOINT])
    registry = _registry(environ, aws_clients.tables(environ), system)
    name = _name(environ, "fanout")

    def handle(event: dict[str, Any], context: Any) -> Response:  # noqa: ANN401 - Lambda's own
        received = payload.read(event)
        seconds = SHARE_OF_TIME * context.get_remaining_time_in_millis() / 1_000
        posted = poster.post(received.ids, received.data, budget_seconds=seconds)
        took_ms = system.clock() - received.sent_at_ms
        values: dict[metrics.Metric, int] = {
            "FanOutMs": took_ms,
            "Gone": len(posted.gone),
            "Unsent": len(posted.retryable),
        }
        system.write_line(metrics.line(name, values, system.clock()))
        try:
            registry.forget(posted.gone, system.clock() - HANDSHAKE_GRACE_MS)
        except ChatError:
            log.warning("%d connections are gone and still stored", len(posted.gone))
        return {}

    return handle


def _store(environ: Mapping[str, str], tables: Tables, system: System) -> DynamoStore:
    return DynamoStore(
        tables, environ[environment.MESSAGES_TABLE], new_epoch=system.new_epoch, retry=system.retry
    )


def _people(environ: Mapping[str, str], tables: Tables, system: System) -> DynamoPeople:
    return DynamoPeople(
        tables, environ[environment.PEOPLE_TABLE], clock=system.clock, retry=system.retry
    )


def _outbound(
    environ: Mapping[str, str], ender: Ender, counts: EventCounts, system: System
) -> FanOut:
    return FanOut(
        aws_clients.outbound(environ, environ[environment.ENDPOINT]),
        aws_clients.functions(environ),
        environ[environment.FANOUT_FUNCTION],
        ender=ender,
        counts=counts,
        clock=system.clock,
        deadlines=deadlines_from(environ),
    )


def _registry(environ: Mapping[str, str], tables: Tables, system: System) -> DynamoRegistry:
    return DynamoRegistry(
        tables, environ[environment.CONNECTIONS_TABLE], clock=system.clock, retry=system.retry
    )


def _allowances(environ: Mapping[str, str], tables: Tables, system: System) -> Allowances | None:
    """Return what each person has left, if a variable says how much that is."""
    per_hour = allowance_from(environ)
    if per_hour is None:
        return None
    once = replace(system.retry, budget_ms=0)  # a sender waits, and the next event counts it too
    spending = DynamoSpending(tables, environ[environment.CONNECTIONS_TABLE], retry=once)
    return Allowances(spending, per_hour, system.clock)


def _beginning(begin: Callable[[], None], handle: Handler) -> Handler:
    """Return a handler that calls `begin` before each event."""

    def run(event: dict[str, Any], context: object) -> Response:
        begin()
        return handle(event, context)

    return run


def _with_metrics(handle: Handler, counts: EventCounts, name: str, system: System) -> Handler:
    """Return a handler that also writes metrics for each event that stored a message."""

    def run(event: dict[str, Any], context: object) -> Response:
        counts.begin()
        response = handle(event, context)
        since_written = counts.since_written()
        if since_written is not None:
            values: dict[metrics.Metric, int] = {
                "Acks": int(_is_ack(response)),
                "Conflicts": counts.conflicts,
                "FanOutMs": round(since_written * 1_000),
                "Gone": counts.gone,
                "Delegated": counts.delegated,
            }
            system.write_line(metrics.line(name, values, system.clock()))
        return response

    return run


def _is_ack(response: Response) -> bool:
    return bool(json.loads(response.get("body", "{}")).get("type") == "ack")


def _name(environ: Mapping[str, str], default: str) -> str:
    return environ.get("AWS_LAMBDA_FUNCTION_NAME", default)


_BUILDERS: Mapping[str, Callable[[Mapping[str, str]], Handler]] = {
    "chat": build_chat,
    "authorizer": build_authorizer,
    "fanout": build_fanout,
}


@functools.cache
def _handler(function: str) -> Handler:
    setup_logging("json", sys.stdout)
    return _BUILDERS[function](os.environ)


def _prepare() -> None:
    """Build the container's function while it starts: until then, Lambda gives it a whole CPU.

    Raises:
        MissingVariable: It can't be built; Lambda logs the sentence.
    """
    module, _, function = os.environ.get("_HANDLER", "").rpartition(".")
    if module == __name__ and function in _BUILDERS:
        _handler(function)


_prepare()
