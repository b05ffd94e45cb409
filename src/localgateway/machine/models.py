"""Check a message's body against its route's model, before its function is called.

API Gateway's models are JSON Schema, draft 4. The library `fastjsonschema` turns one into code.
What it ignores is refused here when the API is read, as API Gateway does: keywords that
draft 4 does not have ("Unsupported keyword(s)", aws-cdk #14585), and values they can't have.
"""

import copy
import json
import logging
import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any, NoReturn

from localgateway.platform.deadline import TooSlow, cpu_deadline

log = logging.getLogger(__name__)

Model = Callable[[str], bool]
"""Takes a message's body; returns whether it is JSON that the schema allows, or raises TooSlow."""

CHECK_SECONDS = 0.1
"""How much of the processor's time a body may take; a pattern may try without an end."""

_DRAFT = "http://json-schema.org/draft-04/schema#"


class BadModel(Exception):  # noqa: N818 - it says what happened
    """The schema can't be used. The text names the place in it and says what is wrong."""


def compile_model(schema: object) -> Model:
    """Return the code that checks bodies against a JSON Schema.

    Raises:
        BadModel: It is no schema of draft 4, or refers to a schema that is not in it.
    """
    from fastjsonschema import compile as compile_schema  # noqa: PLC0415 - few APIs have a model

    try:
        document: Any = copy.deepcopy(schema)  # the library writes into it
        _prepare(document, "", {})
        validate = compile_schema(
            # API Gateway reads every model as draft 4.
            {**document, "$schema": _DRAFT},
            handlers=_NoFetching(),
            use_default=False,
            detailed_exceptions=False,
        )
    except BadModel:
        raise
    except Exception as cause:  # also what Python raises: SyntaxError for too many nested blocks
        raise BadModel(f"it can't be compiled: {cause}") from cause

    def fits(body: str) -> bool:
        try:
            value = json.loads(body, parse_constant=_refuse_constant)
            with cpu_deadline(CHECK_SECONDS):
                validate(value)
        except (ValueError, ArithmeticError, RecursionError):
            # Not JSON or not allowed; a number too large to divide; nested too deeply.
            return False
        except TooSlow:
            note_slow()
            raise
        return True

    note_slow = cache(_log_slow)  # once for each model
    return fits


def _log_slow() -> None:
    log.warning(
        "a body took too long to check against its model, so its client was closed: simplify its "
        "patterns, such as (a+)+, which try each way to cut a text"
    )


def _refuse_constant(name: str) -> NoReturn:
    """Raise: NaN and Infinity are Python's additions to JSON."""
    raise ValueError(f"{name} is not JSON")


class _NoFetching(dict[str, Callable[[str], NoReturn]]):
    """Passed as the library's fetchers: refuses every `$ref` to another document."""

    def __contains__(self, _scheme: object) -> bool:
        return True

    def __getitem__(self, _scheme: str) -> Callable[[str], NoReturn]:
        return _refuse_to_fetch


def _refuse_to_fetch(address: str) -> NoReturn:
    raise BadModel(f"$ref: {address!r} is not in the model; copy that schema under definitions")


def _prepare(schema: object, place: str, refs: dict[str, str]) -> None:
    """Check every keyword of a schema and of the schemas in it; `refs` are those seen so far.

    Keywords that only repeat the default are dropped: the library does not take them all.
    """
    if not isinstance(schema, dict):
        raise BadModel(f"{place}a schema must be an object")
    for keyword, value in schema.items():
        if keyword not in _FORMS:
            near = get_close_matches(keyword, _FORMS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "leave it out"
            raise BadModel(f"{place}JSON Schema draft 4 has no keyword {keyword!r}; {hint}")
        if not _FORMS[keyword](value):
            raise BadModel(f"{place}{keyword}: {value!r} is not allowed there")
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if exclusive in schema and bound not in schema:
            raise BadModel(f"{place}{exclusive}: it needs a {bound} beside it")
    for keyword in ("additionalItems", "additionalProperties"):
        if schema.get(keyword) in (True, {}):
            del schema[keyword]
    _check_ref(schema, place, refs)
    for name, inner in _schemas_in(schema):
        _prepare(inner, f"{place}{name}: ", refs)


def _check_ref(schema: dict[str, Any], place: str, refs: dict[str, str]) -> None:
    """Refuse two `$ref` that the library takes for one: it names its functions after them."""
    if "$ref" in schema:
        ref = schema["$ref"]
        other = refs.setdefault(re.sub(r"[^a-z0-9]", "_", ref.lower()), ref)
        if other != ref:
            raise BadModel(
                f"{place}$ref: {ref!r} and {other!r} differ only in capitals or signs; "
                "rename one of them"
            )


def _schemas_in(schema: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """Return each schema that a keyword of this one holds, with its place."""
    for keyword, value in schema.items():
        if keyword in _WITH_NAMED_SCHEMAS:
            for name, inner in value.items():
                if not (keyword == "dependencies" and _are_names(inner)):
                    yield f"{keyword}.{name}", inner
        elif keyword in _WITH_SCHEMAS and isinstance(value, list):
            for index, inner in enumerate(value):
                yield f"{keyword}[{index}]", inner
        elif keyword in _WITH_SCHEMAS and not isinstance(value, bool):
            yield keyword, value


# --- What each keyword of draft 4 may hold ----------------------------------------------------


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_list(value: object) -> bool:
    return isinstance(value, list) and bool(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_names(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))


def _are_types(value: object) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) and name in _TYPES for name in names)


def _is_pattern(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(re.compile(value))
    except re.error:
        return False


_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})

_FORMS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("$schema", "id", "title", "description", "format", "$ref"), _is_text),
    "default": lambda _value: True,
    "type": _are_types,
    "enum": _is_list,
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), _is_list),
    "not": _is_object,
    **dict.fromkeys(("definitions", "properties", "patternProperties"), _is_object),
    "dependencies": _is_object,
    "required": _are_names,
    "items": lambda value: _is_object(value) or _is_list(value),
    "additionalProperties": lambda value: _is_flag(value) or _is_object(value),
    "additionalItems": lambda value: _is_flag(value) or _is_object(value),
    **dict.fromkeys(("minProperties", "maxProperties"), _is_size),
    **dict.fromkeys(("minItems", "maxItems"), _is_size),
    **dict.fromkeys(("minLength", "maxLength"), _is_size),
    "uniqueItems": _is_flag,
    "pattern": _is_pattern,
    "minimum": _is_number,
    "maximum": _is_number,
    "exclusiveMinimum": _is_flag,
    "exclusiveMaximum": _is_flag,
    "multipleOf": lambda value: _is_number(value) and value > 0,
}
_WITH_NAMED_SCHEMAS = frozenset({"definitions", "properties", "patternProperties", "dependencies"})
_WITH_SCHEMAS = frozenset(
    {"allOf", "anyOf", "oneOf", "not", "items", "additionalItems", "additionalProperties"}
)
