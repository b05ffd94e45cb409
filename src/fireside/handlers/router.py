"""Turns API Gateway's events into calls of the chat, and its answers into responses."""

import logging
import traceback
from typing import Any

from fireside import wire
from fireside.chat import Chat
from fireside.domain.commands import (
    Command,
    GetHistory,
    Hello,
    Ping,
    Resume,
    SendMessage,
    decode,
    parse,
    readable_id,
)
from fireside.domain.entry import User
from fireside.domain.errors import (
    Busy,
    ChatError,
    Forbidden,
    Internal,
    InvalidName,
    RateLimited,
    StorageFailed,
    Unauthorized,
)
from fireside.domain.events import Event, Refused
from fireside.domain.names import LOBBY
from fireside.handlers.authorizer import Handler, Rules, admit_from, user_of
from fireside.handlers.handshake import PROTOCOL_HEADER, chosen_subprotocol
from fireside.ports import Connection

log = logging.getLogger(__name__)

Response = dict[str, Any]


def make_handler(chat: Chat, rules: Rules) -> Handler:
    """Return the function behind every route."""

    def handle(event: dict[str, Any], _context: object) -> Response:
        try:
            return _route(chat, rules, event)
        except Exception as cause:  # noqa: BLE001 - the client gets an answer whatever failed
            log.error("a handler failed: %s", _location(cause))  # noqa: TRY400 - no messages in a log
            return _refusal(event, Internal(), status=500)

    return handle


def storage_failed(event: dict[str, Any]) -> Response:
    """Return the response to an event that was handled but whose commit failed."""
    if event["requestContext"]["eventType"] == "CONNECT":
        return {"statusCode": 503}
    return _refusal(event, StorageFailed())


def throttled(body: str, retry_after_ms: int) -> str:
    """Return the answer to a frame that came too fast, before a handler has seen it."""
    error = RateLimited(retry_after_ms)
    return wire.encode(Refused(error), request_id=readable_id(body))


def _route(chat: Chat, rules: Rules, event: dict[str, Any]) -> Response:
    match event["requestContext"]["routeKey"]:
        case "$connect":
            return _connect(chat, rules, event)
        case "$disconnect":
            chat.disconnect(event["requestContext"]["connectionId"])
            return {"statusCode": 200}
        case route:
            return _answer(chat, route, event)


def _connect(chat: Chat, rules: Rules, event: dict[str, Any]) -> Response:
    """Check the handshake again: an API may have been deployed without its authorizer."""
    try:
        connection = _connection(event)
        if admit_from(event, rules()) != User(connection.user_id, connection.username):
            raise Forbidden("The authorizer admitted another user")
        chat.connect(connection)
    except InvalidName:
        return {"statusCode": 400}
    except (Busy, StorageFailed):
        return {"statusCode": 503}
    except ChatError:
        return {"statusCode": 403}
    return _accept(chosen_subprotocol(event))


def _accept(subprotocol: str | None) -> Response:
    """Return the response that accepts a connection, with the subprotocol that was chosen."""
    if subprotocol is None:
        return {"statusCode": 200}
    return {"statusCode": 200, "headers": {PROTOCOL_HEADER: subprotocol}}


def _answer(chat: Chat, route: str, event: dict[str, Any]) -> Response:
    try:
        request = decode(event.get("body"))
    except ChatError as refusal:
        return _refusal(event, refusal)
    try:
        connection = _connection(event)
        command = parse(route, request.fields)
        request_id = event["requestContext"]["requestId"]
        answer = _execute(chat, connection, command, request_id)
    except ChatError as refusal:
        return _refused(refusal, request.id)
    return _reply(wire.encode(answer, reader=connection.user_id, request_id=request.id))


def _execute(chat: Chat, connection: Connection, command: Command, request_id: str) -> Event:
    match command:
        case SendMessage():
            return chat.send_message(connection, command, request_id)
        case GetHistory():
            return chat.history(connection, command)
        case Ping():
            return chat.ping(connection)
        case Resume():
            return chat.resume(connection, command)
        case Hello():
            return chat.hello(connection, command)


def _connection(event: dict[str, Any]) -> Connection:
    """Return the connection of an event. Its user comes from the authorizer, never from a frame."""
    context = event["requestContext"]
    user = user_of(context.get("authorizer") or {})
    if user is None:
        raise Unauthorized("This connection has no user")
    return Connection(
        context["connectionId"], user.user_id, user.username, (LOBBY,), context["connectedAt"]
    )


def _refusal(event: dict[str, Any], error: ChatError, status: int = 200) -> Response:
    """Return an error response to an event, with the id of its frame if that can be read."""
    return _refused(error, readable_id(event.get("body")), status)


def _refused(error: ChatError, request_id: str | None, status: int = 200) -> Response:
    """Return an error as a frame: API Gateway does not pass on a status other than 200."""
    return _reply(wire.encode(Refused(error), request_id=request_id), status)


def _reply(frame: str, status: int = 200) -> Response:
    return {"statusCode": status, "body": frame}


def _location(cause: Exception) -> str:
    """Return an exception's type and line, without its message: that may quote users' texts."""
    place = traceback.extract_tb(cause.__traceback__)[-1]
    return f"{type(cause).__name__} at {place.filename}:{place.lineno}"
