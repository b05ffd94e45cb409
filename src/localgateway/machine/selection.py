"""Find the route key of a message: the selection expression, read once, evaluated often."""

import json
import re
from collections.abc import Callable

_VARIABLE = re.compile(r"\\\$|\$\{request\.body\.([^}]+)\}|\$request\.body\.([A-Za-z0-9_.\[\]-]+)")
_STEP = re.compile(r"[^.\[\]]+")

Evaluate = Callable[[str], str | None]
"""Takes a message's body; returns the route key in it, or None when it is not JSON."""


def compile_selection(expression: str) -> Evaluate:
    """Return the function that evaluates an expression.

    It is `$request.body.action`, `${request.body.a}/${request.body.b}` or static text.
    """
    paths = [_STEP.findall(path) for path in _paths(expression)]
    pieces = _pieces(expression)
    if not paths:
        return lambda _body: pieces[0]
    if pieces == ["", ""] and len(paths[0]) == 1:
        return _one_field(paths[0][0])

    def evaluate(body: str) -> str | None:
        document = _document(body)
        if document is None:
            return None
        values = [_text(_follow(document, path)) for path in paths]
        parts = [pieces[0]]
        for value, piece in zip(values, pieces[1:], strict=True):
            parts += [value, piece]
        return "".join(parts)

    return evaluate


def _one_field(name: str) -> Evaluate:
    """Return a shorter function for the usual expression: it runs for every message."""

    def evaluate(body: str) -> str | None:
        document = _document(body)
        return _text(document.get(name)) if isinstance(document, dict) else None

    return evaluate


def _document(body: str) -> object:
    """Return the body as JSON, or None: what is not JSON selects no route."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _follow(value: object, path: list[str]) -> object:
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _text(value: object) -> str:
    """Format a value as API Gateway compares it: text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, separators=(",", ":"))


def _paths(expression: str) -> list[str]:
    return [m[1] or m[2] for m in _VARIABLE.finditer(expression) if m[0] != r"\$"]


def _pieces(expression: str) -> list[str]:
    """Return the static text around the variables, one piece more than there are variables."""
    pieces, end, text = [], 0, ""
    for match in _VARIABLE.finditer(expression):
        text += expression[end : match.start()]
        end = match.end()
        if match[0] == r"\$":
            text += "$"
        else:
            pieces.append(text)
            text = ""
    return [*pieces, text + expression[end:]]
