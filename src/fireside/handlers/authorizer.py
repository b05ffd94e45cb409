"""The Lambda authorizer: decides who may connect, without reading any data."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

from fireside.domain.entry import EntryRules, Visitor, admit
from fireside.domain.errors import Busy, ChatError, StorageFailed
from fireside.domain.invite import hash_of
from fireside.domain.standing import strangers_of
from fireside.handlers.handshake import read_handshake

log = logging.getLogger(__name__)

INVITE_HASH = "inviteSha256"
"""In a connection's context: the hash of the secret that it came in with."""

_LONGEST_SHOWN = 100

Handler = Callable[[dict[str, Any], object], dict[str, Any]]
"""A Lambda handler: takes an event and a context, returns the response."""

Rules = Callable[[], EntryRules]
"""Returns the current rules: invites can be replaced while the server runs."""

Payer = Callable[[Visitor], str]
"""Returns under which id it is counted what a visitor costs."""

OnRefusal = Callable[[ChatError, dict[str, Any]], str | None]
"""Takes why a handshake was refused, and its event; may return a reason for the gateway's log."""


def by_device(visitor: Visitor) -> str:
    """Return a payer that needs no data: each device for itself, and a name without one."""
    return f"{visitor.user_id} {visitor.device}" if visitor.device else visitor.user_id


def make_authorizer(
    rules: Rules,
    on_refusal: OnRefusal = lambda *_: None,
    *,
    notes_invite: bool = False,
    payer: Payer = by_device,
) -> Handler:
    """Return the function that API Gateway calls before `$connect`.

    The client is not told why it is refused; `on_refusal` is, and the gateway what that returns.
    With `notes_invite`, the connection's context has the hash of the secret that it came in with,
    where one is asked for. Without a `payer` the authorizer reads no data.
    """

    def authorize(event: dict[str, Any], _context: object) -> dict[str, Any]:
        try:
            current = rules()
            handshake = read_handshake(event)
            visitor = admit(handshake, current)
        except ChatError as refusal:
            reason = on_refusal(refusal, event)
            denied = _policy("nobody", "Deny", event["methodArn"])
            return denied if reason is None else {**denied, "context": {"reason": reason}}
        principal = principal_id(visitor, payer)
        allowed = _policy(principal, "Allow", event["methodArn"])
        noted = notes_invite and current.invites is not None and handshake.invite is not None
        invite = {INVITE_HASH: hash_of(handshake.invite or "")} if noted else {}
        return {**allowed, "context": context_of(visitor) | invite}

    return authorize


def principal_id(visitor: Visitor, payer: Payer = by_device) -> str:
    """Return what API Gateway calls a user, and counts limits by: a hash, as it may be logged."""
    return hashlib.sha256(counted_as(visitor, payer).encode()).hexdigest()


def counted_as(visitor: Visitor, payer: Payer) -> str:
    """Return who pays; while people can't be read, nobody uses up what is a person's."""
    try:
        return payer(visitor)
    except (Busy, StorageFailed):
        return strangers_of(visitor.user_id)


def context_of(visitor: Visitor) -> dict[str, str]:
    """Return what API Gateway passes to every event of a connection.

    It is percent-encoded: what becomes of letters beyond ASCII there is not documented. What is
    empty is left out.
    """
    context = {"username": quote(visitor.username), "userId": quote(visitor.user_id)}
    optional = {
        "device": visitor.device,
        "invited": "" if visitor.is_invited else "no",
        "key": visitor.key,
    }
    return context | {name: value for name, value in optional.items() if value}


def visitor_of(context: Mapping[str, Any]) -> Visitor | None:
    """Return the visitor of a context, encoded or not; no name has a percent sign."""
    user_id, username = context.get("userId"), context.get("username")
    if not user_id or not username:
        return None
    device, key = context.get("device", ""), context.get("key", "")
    return _visitor(user_id, username, device, context.get("invited") != "no", key)


@lru_cache(maxsize=4_096)  # every event of a connection has the same context
def _visitor(user_id: str, username: str, device: str, is_invited: bool, key: str) -> Visitor:  # noqa: FBT001 - a cache's key
    return Visitor(unquote(user_id), unquote(username), device, is_invited, key)


def admit_from(event: dict[str, Any], rules: EntryRules) -> Visitor:
    """Return the visitor of a `$connect` or authorizer event.

    Raises:
        ChatError: The handshake may not connect.
    """
    return admit(read_handshake(event), rules)


def log_refusal(refusal: ChatError, event: dict[str, Any]) -> None:
    """Log why, for the person who runs the chat: the client gets a status alone."""
    log.warning("a handshake was refused: %s", reason_of(refusal, event))


def reason_of(refusal: ChatError, event: dict[str, Any]) -> str:
    """Return why a handshake was refused, with what the setting of a proxy can change."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    host, origin = (_shown(headers.get(name)) for name in ("host", "origin"))
    return f"{refusal.text} (host {host}, origin {origin})"


def _shown(value: str | None) -> str:
    return repr(value if value is None else value[:_LONGEST_SHOWN])


def _policy(principal_id: str, effect: str, resource: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {
        "principalId": principal_id,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
