"""From the text of a frame to its fields: only JSON that every parser reads the same way."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn, TypeGuard

from fireside.domain.commands.fields import MAX_ID, Fields, optional_text
from fireside.domain.errors import InvalidCommand, InvalidJson


@dataclass(frozen=True, slots=True)
class Request:
    """A decoded frame: its fields, and the id that the answer repeats."""

    id: str | None
    fields: Fields


def decode(body: object) -> Request:
    """Return the fields of a frame. Only JSON that every parser reads the same way is accepted.

    Raises:
        InvalidJson: The text is not JSON, or has NaN or the same key twice.
        InvalidCommand: It is not an object, or its `id` is invalid.
    """
    fields = _load(body)
    if not isinstance(fields, dict):
        raise InvalidCommand("Send a JSON object")
    return Request(optional_text(fields, "id", MAX_ID), fields)


def _load(body: object) -> object:
    if not isinstance(body, str):
        raise InvalidJson("Send JSON as text")
    try:
        value = _STRICT.decode(body)
        _refuse_lone_surrogates(body, value)
    except (ValueError, RecursionError) as cause:
        raise InvalidJson("That is not JSON we can read") from cause
    return value


def _refuse_lone_surrogates(body: str, value: object) -> None:
    """Raise ValueError for text that can't be encoded as UTF-8: it would break the broadcast."""
    body.encode()
    if "\\u" in body:
        json.dumps(value, ensure_ascii=False).encode()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("the same key twice")
    return fields


_STRICT = json.JSONDecoder(object_pairs_hook=_refuse_duplicates, parse_constant=_refuse_constant)


# --- readable_id: of a frame that can't be decoded -------------------------------------------


def readable_id(body: object) -> str | None:
    """Return the id in a frame, as far as the frame can be read; None if there is not just one.

    A client can't know what was refused by an answer without an id, and would send it again.
    """
    ids: list[object] = []
    with suppress(ValueError, RecursionError):
        members = _members(body) if isinstance(body, str) else ()
        ids.extend(value for name, value in members if name == "id")
    one = ids[0] if ids else None
    return one if _is_id(one) and ids.count(one) == len(ids) else None


def _members(body: str) -> Iterator[tuple[object, object]]:
    """Yield each name and value of an object. Raises ValueError where it can't be read."""
    before_name = _OPENING.match(body)
    while before_name is not None:
        name, end = _LENIENT.raw_decode(body, before_name.end())
        before_value = _COLON.match(body, end)
        if before_value is None:
            return
        value, end = _LENIENT.raw_decode(body, before_value.end())
        yield name, value
        before_name = _COMMA.match(body, end)


_OPENING, _COLON, _COMMA = (re.compile(rf"\s*{mark}\s*") for mark in ("\ufeff?{", ":", ","))
_LENIENT = json.JSONDecoder(parse_int=float)
"""Takes also NaN, keys twice, lone surrogates and numbers of any length."""


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= MAX_ID and not _SURROGATE.search(value)


_SURROGATE = re.compile("[\ud800-\udfff]")
