"""The one place where a gateway event becomes a chat call, on AWS as on one machine."""

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
)
from fireside.domain.entry import Caller
from fireside.domain.errors import (
    Busy,
    ChatError,
    Forbidden,
    Internal,
    InvalidName,
    StorageFailed,
    Unauthorized,
)
from fireside.domain.events import Event, Refused
from fireside.domain.names import LOBBY
from fireside.handlers.authorizer import Handler, Rules, admit_from
from fireside.handlers.handshake import agreed
from fireside.ports import Connection

log = logging.getLogger(__name__)

Response = dict[str, Any]


def make_handler(chat: Chat, rules: Rules) -> Handler:
    """Make the function behind every route."""

    def handle(event: dict[str, Any], _context: object) -> Response:
        try:
            return _route(chat, rules, event)
        except Exception as cause:  # noqa: BLE001 - whatever broke, the asker gets an answer
            log.error("a handler broke: %s", _place(cause))  # noqa: TRY400 - a trace quotes people
            return _refusal(event, Internal(), status=500)

    return handle


def storage_failed(event: dict[str, Any]) -> Response:
    """Answer an event that was handled, but whose commit failed: nothing of it was kept."""
    if event["requestContext"]["eventType"] == "CONNECT":
        return {"statusCode": 503}
    return _refusal(event, StorageFailed())


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
    """Check the door again: an API may have been deployed without its authorizer."""
    try:
        asker = _asker(event)
        if admit_from(event, rules()) != Caller(asker.user_id, asker.username):
            raise Forbidden("Somebody else was let in")
        chat.connect(asker)
    except InvalidName:
        return {"statusCode": 400}
    except (Busy, StorageFailed):
        return {"statusCode": 503}
    except ChatError:
        return {"statusCode": 403}
    return _welcome(agreed(event))


def _welcome(subprotocol: str | None) -> Response:
    """Accept, naming the subprotocol: a browser that offered some drops an answer without one."""
    if subprotocol is None:
        return {"statusCode": 200}
    return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": subprotocol}}


def _answer(chat: Chat, route: str, event: dict[str, Any]) -> Response:
    try:
        request = decode(event.get("body"))
    except ChatError as refusal:
        return _refused(refusal, None)
    try:
        asker = _asker(event)
        command = parse(route, request.fields)
        request_id = event["requestContext"]["requestId"]
        told = _run(chat, asker, command, request_id)
    except ChatError as refusal:
        return _refused(refusal, request.id)
    return _reply(wire.encode(told, reader=asker.user_id, request_id=request.id))


def _run(chat: Chat, asker: Connection, command: Command, request_id: str) -> Event:
    match command:
        case SendMessage():
            return chat.send_message(asker, command, request_id)
        case GetHistory():
            return chat.history(asker, command)
        case Ping():
            return chat.ping(asker)
        case Resume():
            return chat.resume(asker, command)
        case Hello():
            return chat.hello(asker, command)


def _asker(event: dict[str, Any]) -> Connection:
    """Build the connection from what the authorizer vouched for, never from what a frame says."""
    context = event["requestContext"]
    vouched = context.get("authorizer") or {}
    user_id, username = vouched.get("userId"), vouched.get("username")
    if not (user_id and username):
        raise Unauthorized("Nobody vouched for this connection")
    rooms = (LOBBY,)
    return Connection(context["connectionId"], user_id, username, rooms, context["connectedAt"])


def _refusal(event: dict[str, Any], error: ChatError, status: int = 200) -> Response:
    """Refuse an event of which nothing is known any more: its frame is read again for the id."""
    return _refused(error, _request_id(event), status)


def _request_id(event: dict[str, Any]) -> str | None:
    """Find the id to repeat, if the frame can be read that far."""
    try:
        return decode(event.get("body")).id
    except ChatError:
        return None


def _refused(error: ChatError, request_id: str | None, status: int = 200) -> Response:
    """Refuse in a frame: a status other than 200 would not reach the client as one."""
    return _reply(wire.encode(Refused(error), request_id=request_id), status)


def _reply(frame: str, status: int = 200) -> Response:
    return {"statusCode": status, "body": frame}


def _place(cause: Exception) -> str:
    """Say what broke and where, without its message: that may quote what people wrote."""
    place = traceback.extract_tb(cause.__traceback__)[-1]
    return f"{type(cause).__name__} at {place.filename}:{place.lineno}"
