"""Reads what a handshake says at the door, and chooses the subprotocol that answers it."""

from typing import Any

from fireside.domain.entry import Knock

SUBPROTOCOL = "fireside.v1"
"""What our page offers, beside its invite, and what is agreed on."""

INVITE_PREFIX = "invite."
"""Before the secret, in the one header that a page can set: `Sec-WebSocket-Protocol`."""

WAY_IN_HEADER = "x-fireside-origin"
"""Added by the proxy in front, so that nobody comes past it."""

_PROTOCOLS = "sec-websocket-protocol"


def knock(event: dict[str, Any]) -> Knock:
    """Read a `$connect` or authorizer event; header names come in any case."""
    headers = _headers(event)
    query = event.get("queryStringParameters") or {}
    carried = (p.removeprefix(INVITE_PREFIX) for p in _offered(event) if _is_invite(p))
    return Knock(
        username=query.get("username"),
        origin=headers.get("origin"),
        host=headers.get("host"),
        invite=next(carried, query.get("invite")),
        way_in=headers.get(WAY_IN_HEADER),
    )


def agreed(event: dict[str, Any]) -> str | None:
    """Choose one of the subprotocols that were offered, or none.

    A browser that offered some drops a connection that names none of them. So an invite that
    came alone is answered with itself: it goes back to who sent it, and to nobody else.
    """
    offered = _offered(event)
    if SUBPROTOCOL in offered:
        return SUBPROTOCOL
    return next(filter(_is_invite, offered), None)


def _is_invite(protocol: str) -> bool:
    return protocol.startswith(INVITE_PREFIX)


def _offered(event: dict[str, Any]) -> list[str]:
    """List the offered subprotocols in order; a client may spread them over several headers."""
    every = event.get("multiValueHeaders") or {}
    lines = [
        value for name, values in every.items() if name.lower() == _PROTOCOLS for value in values
    ]
    if not lines:
        lines = [_headers(event).get(_PROTOCOLS, "")]
    return [protocol.strip() for line in lines for protocol in line.split(",") if protocol.strip()]


def _headers(event: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}
