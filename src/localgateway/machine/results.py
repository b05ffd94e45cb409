"""Read what a Lambda proxy integration returned, as API Gateway does."""

import re
from typing import NamedTuple

_KEYS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
_STATUSES = range(200, 600)
_THREE_DIGITS = re.compile(r"[0-9]{3}")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class ProxyResult(NamedTuple):
    """A well-formed proxy result, with the parts of it that can reach a client."""

    status: int
    body: str | None
    subprotocol: str | None


def read_result(value: object) -> ProxyResult | None:
    """Return a proxy result, or None when it is malformed: the client then gets AWS's error."""
    if not isinstance(value, dict):
        return None
    status, body = value.get("statusCode"), value.get("body")
    if isinstance(status, str) and _THREE_DIGITS.fullmatch(status):
        status = int(status)
    if not value.keys() <= _KEYS or not isinstance(body, str | None):
        return None
    if not isinstance(status, int) or status not in _STATUSES:
        return None
    return ProxyResult(status, body, _subprotocol(value.get("headers")))


def _subprotocol(headers: object) -> str | None:
    """Return the one header that reaches the 101, if its value may stand in a header at all."""
    if not isinstance(headers, dict):
        return None
    for name, value in headers.items():
        if str(name).lower() == "sec-websocket-protocol" and isinstance(value, str):
            return value if _TOKEN.fullmatch(value) else None
    return None
