"""Reads a handshake from an event, and chooses the subprotocol to answer with."""

from typing import Any

from fireside.domain.entry import Handshake

SUBPROTOCOL = "fireside.v1"
"""The subprotocol that Fireside's page offers besides its invite, and that the server chooses."""

INVITE_PREFIX = "invite."
"""Comes before an invite's secret in the subprotocol header, the only one that a page can set."""

PROTOCOL_HEADER = "Sec-WebSocket-Protocol"

PROXY_SECRET_HEADER = "x-fireside-origin"  # noqa: S105 - a header's name
"""The header in which the proxy in front (CloudFront) adds its secret to a handshake."""


def read_handshake(event: dict[str, Any]) -> Handshake:
    """Return the handshake of a `$connect` or authorizer event. Header names ignore case."""
    headers = _headers(event)
    query = event.get("queryStringParameters") or {}
    secrets = (p.removeprefix(INVITE_PREFIX) for p in _offered(event) if _is_invite(p))
    return Handshake(
        username=query.get("username"),
        origin=headers.get("origin"),
        host=headers.get("host"),
        invite=next(secrets, query.get("invite")),
        proxy_secret=headers.get(PROXY_SECRET_HEADER),
    )


def chosen_subprotocol(event: dict[str, Any]) -> str | None:
    """Return one of the offered subprotocols, or None if none was offered that is known.

    A browser that offers subprotocols closes a connection whose answer names none of them. So if
    an invite is all that was offered, the answer repeats it; only its sender sees that.
    """
    offered = _offered(event)
    if SUBPROTOCOL in offered:
        return SUBPROTOCOL
    return next(filter(_is_invite, offered), None)


def _is_invite(protocol: str) -> bool:
    return protocol.startswith(INVITE_PREFIX)


def _offered(event: dict[str, Any]) -> list[str]:
    """Return the offered subprotocols in order; they may be in several headers."""
    every = event.get("multiValueHeaders") or {}
    lines = [
        value
        for name, values in every.items()
        if name.lower() == PROTOCOL_HEADER.lower()
        for value in values
    ]
    if not lines:
        lines = [_headers(event).get(PROTOCOL_HEADER.lower(), "")]
    return [protocol.strip() for line in lines for protocol in line.split(",") if protocol.strip()]


def _headers(event: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}
