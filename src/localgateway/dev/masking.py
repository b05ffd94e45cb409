"""Hides secrets in an event, so that a recording of it gives none away.

Clients show secrets as subprotocols, as a page can set no other header, and in fields whose names
say so. Hashes of them in an authorizer's context have such names too.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

MASK = "(masked)"

_NAMES = re.compile(
    r"secret|token|passw|invite|cookie|authorization|sha256|-origin\Z|\A(code|key|device)\Z",
    re.IGNORECASE,
)
"""Names of fields, headers and parameters whose values are hidden."""

_SUBPROTOCOLS = "sec-websocket-protocol"
_PLAIN_SUBPROTOCOL = re.compile(r"[A-Za-z][A-Za-z-]{0,23}(?:[.-]?v?\d{1,3}(?:\.\d{1,3}){0,2})?")
"""A name such as `mqtt`, `graphql-transport-ws` or `chat.v1`; anything else may be a secret."""


def masked(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event without its secrets; all else is as it was."""
    return {name: _field(name, value) for name, value in event.items()}


def _field(name: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
    if name.lower() == _SUBPROTOCOLS:
        return [_subprotocols(one) for one in value] if _is_list(value) else _subprotocols(value)
    if _NAMES.search(name) and not isinstance(value, Mapping):
        return [MASK for _ in value] if _is_list(value) else MASK
    if name == "body" and isinstance(value, str):
        return _body(value)
    return _value(value)


def _value(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, Mapping):
        return masked(value)
    return [_value(one) for one in value] if _is_list(value) else value


def _body(text: str) -> str:
    """Return a body as it was, unless it is a JSON object with a secret in it."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return text
    hidden = _value(fields)
    return text if hidden == fields else json.dumps(hidden, ensure_ascii=False)


def _subprotocols(offered: object) -> str:
    """Return the offered subprotocols that are plain names."""
    names = (name.strip() for name in str(offered).split(","))
    return ", ".join(name for name in names if _PLAIN_SUBPROTOCOL.fullmatch(name))


def _is_list(value: object) -> bool:
    return isinstance(value, list)
