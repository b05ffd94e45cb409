"""Reads a handshake from an event, and chooses the subprotocol to answer with."""

from collections.abc import Callable
from typing import Any

from fireside.domain.entry import Handshake
from fireside.domain.errors import InvalidCommand

SUBPROTOCOL = "fireside.v1"
"""The subprotocol that Fireside's page offers besides its invite, and that the server chooses."""

INVITE_PREFIX = "invite."
"""Comes before an invite's secret in the subprotocol header, the only one that a page can set."""

DEVICE_PREFIX, LINK_PREFIX, RECOVERY_PREFIX = "device.", "link.", "recover."
"""The same before a device's secret, a device link's, and a recovery code without spaces."""

_SECRETS = (INVITE_PREFIX, DEVICE_PREFIX, LINK_PREFIX, RECOVERY_PREFIX)

PROTOCOL_HEADER = "Sec-WebSocket-Protocol"

PROXY_SECRET_HEADER = "x-fireside-origin"  # noqa: S105 - a header's name
"""The header in which the proxy in front (CloudFront) adds its secret to a handshake."""


def read_handshake(event: dict[str, Any]) -> Handshake:
    """Return the handshake of a `$connect` or authorizer event. Header names ignore case.

    Raises:
        InvalidCommand: One of its parts is there twice: which of them counts would be a guess.
    """
    headers, query, offered = _headers(event), _query(event), _offered(event)
    return Handshake(
        username=_only(query.get("username")),
        origin=_only(headers.get("origin")),
        host=_only(headers.get("host")),
        invite=_only(_secrets(offered, INVITE_PREFIX) or query.get("invite")),
        proxy_secret=_only(headers.get(PROXY_SECRET_HEADER)),
        user_id=_only(query.get("user")),
        device=_only(_secrets(offered, DEVICE_PREFIX)),
        link=_only(_secrets(offered, LINK_PREFIX)),
        recovery=_only(_secrets(offered, RECOVERY_PREFIX)),
    )


def chosen_subprotocol(event: dict[str, Any]) -> str | None:
    """Return one of the offered subprotocols, or None if none was offered that is known.

    A browser that offers subprotocols closes a connection whose answer names none of them. So if
    secrets are all that was offered, the answer repeats one; only its sender sees that.
    """
    offered = _offered(event)
    if SUBPROTOCOL in offered:
        return SUBPROTOCOL
    return next((protocol for protocol in offered if protocol.startswith(_SECRETS)), None)


def _secrets(offered: list[str], prefix: str) -> list[str]:
    """Return the secrets that were offered under a prefix."""
    return [one.removeprefix(prefix) for one in offered if one.startswith(prefix)]


def _offered(event: dict[str, Any]) -> list[str]:
    """Return the offered subprotocols in order; they may be in several headers."""
    lines = _headers(event).get(PROTOCOL_HEADER.lower(), [])
    return [protocol.strip() for line in lines for protocol in line.split(",") if protocol.strip()]


def _only(values: list[str] | None) -> str | None:
    """Return the one value, or None if there is none."""
    if not values:
        return None
    if len(values) > 1:
        raise InvalidCommand("Give your name, each secret, your origin and the host once each")
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
