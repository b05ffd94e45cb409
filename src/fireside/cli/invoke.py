"""`fireside invoke`: pass one event to the handlers, with no socket in between."""

import json
import secrets
import sys
import time
from collections.abc import Iterable
from http import HTTPStatus
from importlib import resources
from pathlib import Path
from typing import Any

import click

from fireside.adapters.memory import MemoryRegistry, MemoryStore
from fireside.chat import Chat
from fireside.console.exits import CannotStart, ExitCode
from fireside.console.logs import printable, setup_logging
from fireside.domain.entry import EntryRules, Visitor
from fireside.domain.message import ENTROPY_BITS
from fireside.domain.names import LOBBY, fold
from fireside.handlers.authorizer import context_of, principal_id
from fireside.handlers.router import make_handler
from fireside.ports import Connection, MessageStore, People
from fireside.server.data_folder import open_store
from localgateway.platform.printable import printable_json

ROUTES = (
    "$connect",
    "$disconnect",
    "$default",
    "hello",
    "sendMessage",
    "getHistory",
    "resume",
    "ping",
)

Event = dict[str, Any]  # JSON as API Gateway makes it; the router checks it
Response = dict[str, Any]


@click.command("invoke")
@click.argument("route", metavar="ROUTE", type=click.Choice(ROUTES))
@click.option(
    "--event",
    metavar="FILE",
    help="JSON file with an event for ROUTE, - for stdin; default: a sample",
)
@click.option("--username", metavar="NAME", help="user who sends it; default: the event's own")
@click.option(
    "--data",
    metavar="FOLDER",
    help="folder for the messages; default: none, an empty room in memory",
)
def command(route: str, *, event: str | None, username: str | None, data: str | None) -> int:
    """Pass one event, as API Gateway makes it, to the handlers.

    ROUTE is $connect, $disconnect, $default, hello, sendMessage, getHistory, resume or ping.
    The response goes to stdout, what another person in the room receives to stderr. The exit code
    is 1 when the handler failed.
    """
    setup_logging("auto", sys.stderr)
    return invoke(route, event=event, username=username, data=data)


def invoke(route: str, *, event: str | None, username: str | None, data: str | None) -> int:
    """Pass the event to the router and print its response; return 1 if the handler failed."""
    asked = read_event(event) if event else sample(route)
    _refuse_other_route(route, asked)
    if username is not None:
        rename(asked, username)
    if data is None:
        store = MemoryStore(_random_epoch())
        response = _answer(asked, store, store.people)
    else:
        response = _answer_from(asked, Path(data).expanduser())
    print(printable_json(response))
    broken = response["statusCode"] == HTTPStatus.INTERNAL_SERVER_ERROR
    return int(ExitCode.UNEXPECTED if broken else ExitCode.OK)


def sample(route: str) -> Event:
    """Return the sample event of a route."""
    kept = resources.files("fireside") / "samples" / f"{route.removeprefix('$')}.json"
    return _decode(kept.read_text("utf-8"))


def read_event(name: str) -> Event:
    """Return the event in a file, or on stdin if the name is `-`.

    Raises:
        CannotStart: It can't be read, or is not an event.
    """
    try:
        return _decode(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
    except OSError as cause:
        raise _unusable(f"Can't read {name}: {cause.strerror}.") from cause
    except ValueError as cause:
        raise _unusable(f"{name} is not an event: {cause}.") from cause


def rename(event: Event, username: str) -> None:
    """Change the sender, as if the authorizer had let them in under that name."""
    user = Visitor(fold(username), username)
    vouched = {"principalId": principal_id(user), **context_of(user)}
    event["requestContext"]["authorizer"] = vouched
    if event["requestContext"]["routeKey"] == "$connect":
        _set_query(event, "queryStringParameters", username)
        _set_query(event, "multiValueQueryStringParameters", [username])


def _set_query(event: Event, key: str, username: str | list[str]) -> None:
    """Write the name into a query that may be absent, or null as API Gateway has it."""
    query = event.get(key)
    event[key] = {**(query if isinstance(query, dict) else {}), "username": username}


class Printed:
    """An Outbound that prints what would be pushed. No connection is ever gone."""

    def send(self, connection_ids: Iterable[str], data: bytes) -> set[str]:
        """Print `data` once for each connection."""
        for connection_id in connection_ids:
            print(f"pushed to {connection_id}: {printable(data.decode())}", file=sys.stderr)
        return set()

    def cut(self, connection_ids: Iterable[str], last_frame: bytes) -> None:
        """Print what would be the last frame."""
        self.send(connection_ids, last_frame)


def _answer_from(event: Event, folder: Path) -> Response:
    store = open_store(folder)
    try:
        store.begin()
        response = _answer(event, store, store.people)
        store.commit()
    finally:
        store.close()
    return response


def _answer(event: Event, messages: MessageStore, people: People) -> Response:
    """Run the handler, with another connection in the room to show what it receives."""
    connections = MemoryRegistry()
    connections.add(Connection("another-connection", "", "", (LOBBY,), 0))
    chat = Chat(
        messages=messages,
        people=people,
        connections=connections,
        outbound=Printed(),
        clock=lambda: time.time_ns() // 1_000_000,
        entropy=lambda: secrets.randbits(ENTROPY_BITS),
        random_bytes=secrets.token_bytes,
    )
    rules = EntryRules(any_host=True, invites=None)
    handler = make_handler(chat, lambda: rules)
    # To API Gateway, a handler without an answer has failed too.
    return handler(event, None) or {"statusCode": 500}


def _refuse_other_route(route: str, event: Event) -> None:
    context = event.get("requestContext")
    found = context.get("routeKey") if isinstance(context, dict) else None
    if found != route:
        raise _unusable(
            f"The event is for route {found!r}: name that one, or give an event for {route}."
        )


def _decode(text: str | bytes) -> Event:
    event = json.loads(text)  # it finds out how bytes are encoded
    if not isinstance(event, dict):
        raise ValueError("it must be a JSON object")  # noqa: TRY004 - bad text, not a bad call
    return event


def _unusable(sentence: str) -> CannotStart:
    return CannotStart(sentence, ExitCode.USAGE)


def _random_epoch() -> str:
    return secrets.token_hex(8)
