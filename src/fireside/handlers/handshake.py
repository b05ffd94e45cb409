"""Reads a handshake from an event, and chooses the subprotocol to answer with."""

from collections.abc import Callable
from typing import Any

from fireside.domain.entry import Handshake
from fireside.domain.errors import InvalidCommand

SUBPROTOCOL = "fireside.v1"
"""The subprotocol that Fireside's page offers besides its invite, and that the server chooses."""

INVITE_PREFIX = "invite."
"""Comes before an invite's secret in the subprotocol header, the only one that a page can set."""

PROTOCOL_HEADER = "Sec-WebSocket-Protocol"

PROXY_SECRET_HEADER = "x-fireside-origin"  # noqa: S105 - a header's name
"""The header in which the proxy in front (CloudFront) adds its secret to a handshake."""


def read_handshake(event: dict[str, Any]) -> Handshake:
    """Return the handshake of a `$connect` or authorizer event. Header names ignore case.

    Raises:
        InvalidCommand: One of its parts is there twice: which of them counts would be a guess.
    """
    headers, query = _headers(event), _query(event)
    offered = [p.removeprefix(INVITE_PREFIX) for p in _offered(event) if _is_invite(p)]
    return Handshake(
        username=_only(query.get("username")),
        origin=_only(headers.get("origin")),
        host=_only(headers.get("host")),
        invite=_only(offered or query.get("invite")),
        proxy_secret=_only(headers.get(PROXY_SECRET_HEADER)),
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
    lines = _headers(event).get(PROTOCOL_HEADER.lower(), [])
    return [protocol.strip() for line in lines for protocol in line.split(",") if protocol.strip()]


def _only(values: list[str] | None) -> str | None:
    """Return the one value, or None if there is none."""
    if not values:
        return None
    if len(values) > 1:
        raise InvalidCommand("Give your name, your invite, your origin and the host once each")
    return values[0]


def _headers(event: dict[str, Any]) -> dict[str, list[str]]:
    """Return the values of each header, under its name in lower case."""
    return _values(event, "headers", "multiValueHeaders", str.lower)


def _query(event: dict[str, Any]) -> dict[str, list[str]]:
    return _values(event, "queryStringParameters", "multiValueQueryStringParameters", str)


def _values(
    event: dict[str, Any], single: str, multiple: str, key: Callable[[str], str]
) -> dict[str, list[str]]:
    """Return the values of each name: the event's single one, or all where there are several."""
    ones: dict[str, list[str]] = {}
    for name, value in (event.get(single) or {}).items():
        ones.setdefault(key(name), []).append(value)
    lists: dict[str, list[str]] = {}
    for name, values in (event.get(multiple) or {}).items():
        lists.setdefault(key(name), []).extend(values)
    return ones | {name: values for name, values in lists.items() if len(values) > 1}
