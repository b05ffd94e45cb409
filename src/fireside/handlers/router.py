"""Turns API Gateway's events into calls of the chat, and its answers into responses."""

import logging
import traceback
from typing import Any

from fireside import wire
from fireside.chat import Arrival, Chat, Sender
from fireside.domain.commands import Command, parse
from fireside.domain.commands.messages import (
    GetHistory,
    Hello,
    MessageCommand,
    Ping,
    Resume,
    SendMessage,
)
from fireside.domain.commands.moderation import (
    Ban,
    GetAudit,
    ModerationCommand,
    Mute,
    Promote,
    Unban,
)
from fireside.domain.commands.people import (
    Claim,
    ForgetMe,
    Link,
    ListDevices,
    NewDeviceLink,
    NewRecovery,
    Own,
    PersonCommand,
    Recover,
    Rename,
    RevokeDevice,
)
from fireside.domain.decoding import decode, readable_id
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
from fireside.handlers.authorizer import Handler, Rules, admit_from, visitor_of
from fireside.handlers.handshake import PROTOCOL_HEADER, chosen_subprotocol

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
            chat.door.disconnect(event["requestContext"]["connectionId"])
            return {"statusCode": 200}
        case route:
            return _answer(chat, route, event)


def _connect(chat: Chat, rules: Rules, event: dict[str, Any]) -> Response:
    """Check the handshake again: an API may have been deployed without its authorizer."""
    try:
        arrival = _arrival(event)
        if admit_from(event, rules()) != arrival.visitor:
            raise Forbidden("The authorizer admitted another user")
        chat.door.connect(arrival)
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
        arrival = _arrival(event)
        command = parse(route, request.fields)
        request_id = event["requestContext"]["requestId"]
        answer, reader = _execute(chat, arrival, command, request_id)
    except ChatError as refusal:
        return _refused(refusal, request.id)
    return _reply(wire.encode(answer, reader=reader, request_id=request.id))


def _execute(
    chat: Chat, arrival: Arrival, command: Command, request_id: str
) -> tuple[Event, str | None]:
    """Return the answer to a command, and the user id of its reader."""
    match command:  # what also those may do who do not take part yet
        case Claim():
            return chat.names.claim(arrival, command), None
        case Link():
            return chat.names.link(arrival, command), None
        case Recover():
            return chat.names.recover(arrival, command), None
        case _:
            sender = chat.door.identify(arrival)
            answer = _of_sender(chat, sender, command, request_id)
            return answer, sender.connection.user_id


def _of_sender(  # noqa: PLR0911 - one per command
    chat: Chat,
    sender: Sender,
    command: MessageCommand | PersonCommand | ModerationCommand,
    request_id: str,
) -> Event:
    match command:
        case SendMessage():
            return chat.conversation.send_message(sender, command, request_id)
        case GetHistory():
            return chat.conversation.history(sender.connection, command)
        case Ping():
            return chat.conversation.ping(sender.connection)
        case Resume():
            return chat.conversation.resume(sender.connection, command)
        case Hello():
            chat.names.note_visit(sender)
            return chat.conversation.hello(sender, command)
        case Promote() | Ban() | Unban() | Mute() | GetAudit():
            return _of_moderator(chat, sender, command)
        case _:
            return _of_person(chat, sender, command)


def _of_person(  # noqa: PLR0911 - one per command
    chat: Chat, sender: Sender, command: PersonCommand
) -> Event:
    match command:
        case Rename():
            return chat.names.rename(sender, command)
        case NewRecovery():
            return chat.names.new_recovery(sender)
        case NewDeviceLink():
            return chat.names.new_device_link(sender, command)
        case ListDevices():
            return chat.names.devices(sender)
        case RevokeDevice():
            return chat.names.revoke(sender, command)
        case ForgetMe():
            return chat.names.forget(sender, command)
        case Own():
            return chat.names.own(sender, command)


def _of_moderator(chat: Chat, sender: Sender, command: ModerationCommand) -> Event:
    match command:
        case Promote():
            return chat.moderation.promote(sender, command)
        case Ban():
            return chat.moderation.ban(sender, command)
        case Unban():
            return chat.moderation.unban(sender, command)
        case Mute():
            return chat.moderation.mute(sender, command)
        case GetAudit():
            return chat.moderation.audit(sender, command)


def _arrival(event: dict[str, Any]) -> Arrival:
    """Return the connection of an event. Its user comes from the authorizer, never from a frame."""
    context = event["requestContext"]
    visitor = visitor_of(context.get("authorizer") or {})
    if visitor is None:
        raise Unauthorized("This connection has no user")
    return Arrival(context["connectionId"], context["connectedAt"], visitor)


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
