"""The composition root on Lambda: three functions, each made of no more than it may use.

Each is made once, while its container starts, from the environment that `infra/` sets:
docs/reference/functions.md says what each variable means.
"""

import functools
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fireside.adapters import aws_clients
from fireside.adapters.dynamodb.client import RetryPolicy, Tables
from fireside.adapters.dynamodb.store import DynamoRegistry, DynamoStore
from fireside.adapters.outbound import payload
from fireside.adapters.outbound.event_counts import TalliedTables, Tally
from fireside.adapters.outbound.fanout import FanOut
from fireside.chat import HANDSHAKE_GRACE_MS, Chat
from fireside.console.logs import setup_logging
from fireside.domain.errors import ChatError
from fireside.functions import metrics
from fireside.handlers.authorizer import Handler, make_authorizer
from fireside.handlers.router import Response, make_handler
from fireside.handlers.rules import rules_from
from fireside.ports import Clock, Entropy
from fireside.system import entropy, epoch_ms, new_epoch

log = logging.getLogger(__name__)

MESSAGES, CONNECTIONS = "FIRESIDE_MESSAGES_TABLE", "FIRESIDE_CONNECTIONS_TABLE"
ENDPOINT, FANOUT = "FIRESIDE_ENDPOINT", "FIRESIDE_FANOUT_FUNCTION"

PING_SECONDS = 510
"""A connection that says nothing for 10 minutes is cut; and a ping costs as much as a message."""

SHARE_OF_TIME = 0.8
"""What `fanout` posts in; in the rest of its time it forgets who is gone."""


def chat(event: dict[str, Any], context: object) -> Response:
    """Answer every route."""
    return _made("chat")(event, context)


def authorizer(event: dict[str, Any], context: object) -> Response:
    """Decide who may connect. It has no way to any data."""
    return _made("authorizer")(event, context)


def fanout(event: dict[str, Any], context: object) -> Response:
    """Post to those whom `chat` had no time for."""
    return _made("fanout")(event, context)


def brake(event: dict[str, Any], context: object) -> dict[str, str]:
    """Stop the stage, as an hour had more messages than may be paid for."""
    from fireside.functions import kill_switch as brakes  # noqa: PLC0415 - it takes the SDK

    return brakes.handler(event, context)


class MissingVariable(KeyError):  # noqa: N818 - it says what is so
    """A function can't be made without this variable."""

    def __str__(self) -> str:
        return (
            f"The environment variable {self.args[0]} is not set: set it on the function, "
            "as infra/ does (docs/reference/functions.md)"
        )


class Environment(Mapping[str, str]):
    """Environment variables. One that is empty is missing."""

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


@dataclass(frozen=True, slots=True)
class World:
    """What else a function needs, so that a test can decide it."""

    clock: Clock = epoch_ms
    entropy: Entropy = entropy
    new_epoch: Callable[[], str] = new_epoch
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    say: Callable[[str], object] = print
    """Takes a line of metrics."""


WORLD = World()


def make_chat(variables: Mapping[str, str], world: World = WORLD) -> Handler:
    """Put the chat together."""
    environ, tally = Environment(variables), Tally()
    tables = TalliedTables(aws_clients.tables(environ), tally)
    store = DynamoStore(tables, environ[MESSAGES], new_epoch=world.new_epoch, retry=world.retry)
    outbound = FanOut(
        aws_clients.outbound(environ, environ[ENDPOINT]),
        aws_clients.functions(environ),
        environ[FANOUT],
        tally=tally,
        clock=world.clock,
    )
    chat = Chat(
        store,
        _registry(environ, tables, world),
        outbound,
        clock=world.clock,
        entropy=world.entropy,
        ping_seconds=PING_SECONDS,
    )
    rules = rules_from(environ)
    return _told(make_handler(chat, lambda: rules), tally, _name(environ, "chat"), world)


def make_door(variables: Mapping[str, str], _world: World = WORLD) -> Handler:
    """Put the authorizer together."""
    rules = rules_from(Environment(variables))
    return make_authorizer(lambda: rules)


def make_fanout(variables: Mapping[str, str], world: World = WORLD) -> Handler:
    """Put together what posts the rest."""
    environ = Environment(variables)
    poster = aws_clients.outbound(environ, environ[ENDPOINT])
    registry = _registry(environ, aws_clients.tables(environ), world)
    name = _name(environ, "fanout")

    def handle(event: dict[str, Any], context: Any) -> Response:  # noqa: ANN401 - Lambda's own
        asked = payload.read(event)
        seconds = SHARE_OF_TIME * context.get_remaining_time_in_millis() / 1_000
        posted = poster.post(asked.ids, asked.data, budget_seconds=seconds)
        took_ms = world.clock() - asked.sent_at_ms
        counts: dict[metrics.Metric, int] = {
            "FanOutMs": took_ms,
            "Gone": len(posted.gone),
            "Unsent": len(posted.left),
        }
        world.say(metrics.line(name, counts, world.clock()))
        try:
            registry.forget(posted.gone, world.clock() - HANDSHAKE_GRACE_MS)
        except ChatError:
            log.warning("%d connections are gone and still stored", len(posted.gone))
        return {}

    return handle


def _registry(environ: Mapping[str, str], tables: Tables, world: World) -> DynamoRegistry:
    return DynamoRegistry(tables, environ[CONNECTIONS], clock=world.clock, retry=world.retry)


def _told(handle: Handler, tally: Tally, name: str, world: World) -> Handler:
    """Tell CloudWatch what came of each message; what keeps nothing is not worth a line."""

    def run(event: dict[str, Any], context: object) -> Response:
        tally.begin()
        response = handle(event, context)
        since_written = tally.since_written()
        if since_written is not None:
            counts: dict[metrics.Metric, int] = {
                "Acks": int(_is_ack(response)),
                "Conflicts": tally.conflicts,
                "FanOutMs": round(since_written * 1_000),
                "Gone": tally.gone,
                "HandedOver": tally.handed_over,
            }
            world.say(metrics.line(name, counts, world.clock()))
        return response

    return run


def _is_ack(response: Response) -> bool:
    return bool(json.loads(response.get("body", "{}")).get("type") == "ack")


def _name(environ: Mapping[str, str], default: str) -> str:
    return environ.get("AWS_LAMBDA_FUNCTION_NAME", default)


_MAKERS: Mapping[str, Callable[[Mapping[str, str]], Handler]] = {
    "chat": make_chat,
    "authorizer": make_door,
    "fanout": make_fanout,
}


@functools.cache
def _made(function: str) -> Handler:
    setup_logging("json", sys.stdout)
    return _MAKERS[function](os.environ)


def _prepare() -> None:
    """Make the function that this container is for, while it starts: then the CPU is a whole one.

    Raises:
        MissingVariable: It can't be made; Lambda logs the sentence.
    """
    module, _, function = os.environ.get("_HANDLER", "").rpartition(".")
    if module == __name__ and function in _MAKERS:
        _made(function)


_prepare()
