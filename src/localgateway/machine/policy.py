"""Read an authorizer's result: whether a client may connect, and the context for its events."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_INVOKE = "execute-api:invoke"


class BadResult(Exception):  # noqa: N818 - it says what happened
    """The authorizer's result can't be used; the client gets 500, as from AWS."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the client may connect, and the context for its events."""

    allowed: bool
    context: Mapping[str, Any]

    @property
    def reason(self) -> str:
        """Return what the authorizer says for the log, in its context; empty if it says nothing."""
        return str(self.context.get("reason") or "")


def decide(result: object, arn: str, longest_bytes: int) -> Decision:
    """Return what the policy in `result` says of `arn`: one Deny wins, and no Allow is a Deny.

    Raises:
        BadResult: It has no principal, no policy, a nested context, or is too long.
    """
    if not isinstance(result, dict) or not isinstance(result.get("principalId"), str):
        raise BadResult("the authorizer's answer has no principalId")
    try:
        size = len(json.dumps(result))
    except (TypeError, ValueError, RecursionError) as cause:
        raise BadResult(
            "the authorizer's answer is not JSON; return texts, numbers, lists and objects"
        ) from cause
    if size > longest_bytes:
        raise BadResult(
            f"the authorizer's answer is over {longest_bytes} bytes; shorten its context"
        )
    context = result.get("context") or {}
    if not isinstance(context, dict) or not all(map(_is_plain, context.values())):
        raise BadResult("the authorizer's context may hold texts, numbers and booleans only")
    effects = {
        statement.get("Effect")
        for statement in _statements(result.get("policyDocument"))
        if _matches(statement, arn)
    }
    allowed = "Allow" in effects and "Deny" not in effects
    return Decision(allowed, {"principalId": result["principalId"], **context})


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | bool) or value is None


def _statements(document: object) -> list[dict[str, Any]]:
    if document is None:
        raise BadResult("the authorizer's answer has no policyDocument")
    if not isinstance(document, dict):
        raise BadResult(
            "the authorizer's policyDocument is not JSON; return an object with a Statement"
        )
    statements = _as_list(document.get("Statement"))
    if not all(isinstance(statement, dict) for statement in statements):
        raise BadResult("a policy's Statement must be an object or a list of them")
    return statements


def _matches(statement: Mapping[str, Any], arn: str) -> bool:
    actions = [str(action).lower() for action in _as_list(statement.get("Action"))]
    resources = [str(resource) for resource in _as_list(statement.get("Resource"))]
    return any(_is_like(a, _INVOKE) for a in actions) and any(_is_like(r, arn) for r in resources)


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_like(pattern: str, text: str) -> bool:
    """Return whether text matches as in IAM: `*` is anything, slashes too, `?` one character."""
    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(wild, text, re.DOTALL) is not None
