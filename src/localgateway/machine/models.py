"""Check a message's body against its route's model, before anybody is called.

API Gateway's models are JSON Schema, draft 4. This is the part of it that says what a message
looks like; a keyword that is not known is refused at the start, not passed over.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Model = Mapping[str, Any]
"""A JSON Schema."""

_ANNOTATIONS = frozenset({"$schema", "title", "description", "default"})


class BadModel(Exception):  # noqa: N818 - it says what happened
    """The schema can't be used. The text says what of it."""


def fits(body: str, model: Model) -> bool:
    """Tell whether a body is JSON that the model allows."""
    try:
        return _allows(model, json.loads(body))
    except (ValueError, RecursionError):
        return False


def check(model: object) -> Model:
    """Return a schema that `fits` can use.

    Raises:
        BadModel: It holds something that is not known here.
    """
    if not isinstance(model, dict):
        raise BadModel("a schema must be an object")
    for keyword, value in model.items():
        if keyword in _ANNOTATIONS:
            continue
        if keyword not in _RULES:
            raise BadModel(f"the keyword {keyword!r} is not known here; leave it out")
        if not _FORMS[keyword](value):
            raise BadModel(f"{keyword}: {value!r} is not allowed there")
        for inner in _inside(keyword, value):
            check(inner)
    return model


def _inside(keyword: str, value: Any) -> list[object]:  # noqa: ANN401 - JSON
    """List the schemas that a keyword holds."""
    match keyword:
        case "properties":
            return list(value.values())
        case "items":
            return [value]
        case "additionalProperties" if not isinstance(value, bool):
            return [value]
    return []


def _allows(model: Model, value: object) -> bool:
    return all(
        _RULES[keyword](value, rule, model)
        for keyword, rule in model.items()
        if keyword not in _ANNOTATIONS
    )


# --- The keywords: each tells about a value, its own argument and the schema it stands in ------


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return _is_number(value)


_TYPES: dict[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": _is_number,
    "integer": _is_whole,
}


def _extras(value: object, rule: Any, model: Model) -> bool:  # noqa: ANN401 - JSON
    """Hold properties that the schema does not name against what may be there besides."""
    if not isinstance(value, dict):
        return True
    besides = [value[key] for key in value.keys() - model.get("properties", {}).keys()]
    if isinstance(rule, bool):
        return rule or not besides
    return all(_allows(rule, item) for item in besides)


def _same(value: object, other: object) -> bool:
    """Compare as JSON does: true is not 1, not even deep inside."""
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(_same(value[k], other[k]) for k in value)
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(_same, value, other))
    return value == other and isinstance(value, bool) == isinstance(other, bool)


Rule = Callable[[Any, Any, Model], bool]

_RULES: dict[str, Rule] = {
    "type": lambda v, rule, _: any(
        _TYPES[t](v) for t in ([rule] if isinstance(rule, str) else rule)
    ),
    "enum": lambda v, rule, _: any(_same(v, other) for other in rule),
    "properties": lambda v, rule, _: (
        not isinstance(v, dict) or all(_allows(s, v[key]) for key, s in rule.items() if key in v)
    ),
    "required": lambda v, rule, _: not isinstance(v, dict) or all(key in v for key in rule),
    "additionalProperties": _extras,
    "items": lambda v, rule, _: not isinstance(v, list) or all(_allows(rule, i) for i in v),
    "minItems": lambda v, rule, _: not isinstance(v, list) or len(v) >= rule,
    "maxItems": lambda v, rule, _: not isinstance(v, list) or len(v) <= rule,
    "minLength": lambda v, rule, _: not isinstance(v, str) or len(v) >= rule,
    "maxLength": lambda v, rule, _: not isinstance(v, str) or len(v) <= rule,
    "pattern": lambda v, rule, _: not isinstance(v, str) or re.search(rule, v) is not None,
    "minimum": lambda v, rule, _: not _is_number(v) or v >= rule,
    "maximum": lambda v, rule, _: not _is_number(v) or v <= rule,
}


# --- What a keyword's own argument may be -----------------------------------------------------


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _are_types(value: object) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) and name in _TYPES for name in names)


def _is_pattern(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(re.compile(value))
    except re.error:
        return False


_FORMS: dict[str, Callable[[object], bool]] = {
    "type": _are_types,
    "enum": lambda value: isinstance(value, list),
    "properties": lambda value: isinstance(value, dict),
    "required": _are_names,
    "additionalProperties": lambda value: isinstance(value, bool | dict),
    "items": lambda value: isinstance(value, dict),
    "minItems": _is_size,
    "maxItems": _is_size,
    "minLength": _is_size,
    "maxLength": _is_size,
    "pattern": _is_pattern,
    "minimum": _is_number,
    "maximum": _is_number,
}
