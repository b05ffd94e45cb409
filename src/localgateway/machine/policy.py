"""Read an authorizer's answer: may the connection be made, and what do later events carry."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_INVOKE = "execute-api:invoke"


class BadAnswer(Exception):  # noqa: N818 - it says what happened
    """The authorizer's answer is not one; AWS answers 500."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to let the connection in, and the context for its events."""

    allowed: bool
    context: Mapping[str, Any]


def decide(answer: object, arn: str, longest_bytes: int) -> Decision:
    """Weigh the policy in `answer` for `arn`: one Deny wins, no Allow is no.

    Raises:
        BadAnswer: It has no principal, no policy, a nested context, or is too long.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("principalId"), str):
        raise BadAnswer("the authorizer's answer has no principalId")
    try:
        size = len(json.dumps(answer))
    except (TypeError, ValueError, RecursionError) as cause:
        raise BadAnswer(
            "the authorizer's answer is not JSON; return texts, numbers, lists and objects"
        ) from cause
    if size > longest_bytes:
        raise BadAnswer(
            f"the authorizer's answer is over {longest_bytes} bytes; shorten its context"
        )
    context = answer.get("context") or {}
    if not isinstance(context, dict) or not all(map(_is_plain, context.values())):
        raise BadAnswer("the authorizer's context may hold texts, numbers and booleans only")
    effects = {
        statement.get("Effect")
        for statement in _statements(answer.get("policyDocument"))
        if _matches(statement, arn)
    }
    allowed = "Allow" in effects and "Deny" not in effects
    return Decision(allowed, {"principalId": answer["principalId"], **context})


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | bool) or value is None


def _statements(document: object) -> list[dict[str, Any]]:
    if document is None:
        raise BadAnswer("the authorizer's answer has no policyDocument")
    if not isinstance(document, dict):
        raise BadAnswer(
            "the authorizer's policyDocument is not JSON; return an object with a Statement"
        )
    statements = _many(document.get("Statement"))
    if not all(isinstance(statement, dict) for statement in statements):
        raise BadAnswer("a policy's Statement must be an object or a list of them")
    return statements


def _matches(statement: Mapping[str, Any], arn: str) -> bool:
    actions = [str(action).lower() for action in _many(statement.get("Action"))]
    resources = [str(resource) for resource in _many(statement.get("Resource"))]
    return any(_fits(a, _INVOKE) for a in actions) and any(_fits(r, arn) for r in resources)


def _many(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _fits(pattern: str, text: str) -> bool:
    """Match as IAM does: `*` is anything, slashes included, `?` is one character."""
    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(wild, text, re.DOTALL) is not None
