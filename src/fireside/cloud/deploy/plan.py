"""A plan of Terraform, and its summary in a few lines."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

Verb = Literal["create", "update", "replace", "destroy"]

_VERBS: Mapping[tuple[str, ...], Verb] = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "destroy",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
}

_LOSSES = {
    "aws_dynamodb_table": "its rows are lost for good",
    "aws_cloudfront_distribution": "the chat's address changes, and links to it stop working",
    "aws_apigatewayv2_api": "the socket's address changes, and every connection closes",
}
"""What another apply can't restore."""

_SERVICES = {
    "aws_api_gateway": "API Gateway",
    "aws_apigatewayv2": "API Gateway",
    "aws_budgets": "Budgets",
    "aws_cloudfront": "CloudFront",
    "aws_cloudwatch_log": "CloudWatch Logs",
    "aws_cloudwatch": "CloudWatch",
    "aws_dynamodb": "DynamoDB",
    "aws_iam": "IAM",
    "aws_lambda": "Lambda",
    "aws_s3": "S3",
    "aws_sns": "SNS",
    "random": "random values",
}

_MAX_FIELDS = 12  # named of one resource


@dataclass(frozen=True, slots=True)
class Change:
    """A planned change of one resource; `fields` are the attributes that differ."""

    address: str
    type: str
    verb: Verb
    fields: tuple[str, ...]
    after: Mapping[str, Any]
    is_protected: bool = False
    """Whether AWS would refuse to delete it, by its deletion protection."""

    @property
    def loss(self) -> str:
        """Return what would be lost for good; empty for nothing."""
        return _LOSSES.get(self.type, "") if self.verb in {"destroy", "replace"} else ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Every change, and the variables of the plan."""

    changes: Sequence[Change]
    variables: Mapping[str, Any]
    warnings: Sequence[str] = ()
    is_empty: bool = False
    """Whether an apply would change nothing, not even an output."""

    @property
    def losses(self) -> list[Change]:
        """Return the changes that lose something for good."""
        return [change for change in self.changes if change.loss]

    @property
    def has_distribution(self) -> bool:
        """Return whether a CloudFront distribution changes, which takes minutes."""
        return any(change.type == "aws_cloudfront_distribution" for change in self.changes)


def read(document: Mapping[str, Any]) -> Plan:
    """Return a plan from the output of `terraform show -json`."""
    changes = [
        _change(one, _VERBS[tuple(one["change"]["actions"])])
        for one in document.get("resource_changes", [])
        if tuple(one["change"]["actions"]) in _VERBS
    ]
    variables = {name: one.get("value") for name, one in document.get("variables", {}).items()}
    is_empty = not document.get("applyable", bool(changes))
    return Plan(changes, variables, list(_warnings(document)), is_empty)


def summary(plan: Plan, *, each: bool = True) -> Iterator[str]:
    """Yield lines with the changes by kind, and what would be lost for good at the end.

    With `each`, every change of an existing resource has a line of its own.
    """
    for verb in get_args(Verb):
        found = [change for change in plan.changes if change.verb == verb]
        if found:
            services = Counter(_service(change.type) for change in found)
            counts = ", ".join(f"{name} {count}" for name, count in sorted(services.items()))
            yield f"  {verb:<8} {len(found):>3}: {counts}"
        if each and verb != "create":
            yield from (f"             {_line(change)}" for change in found)
    if not plan.changes:
        yield "  Nothing to change."
    for warning in plan.warnings:
        yield f"  NOTE     {warning}"
    for change in plan.losses:
        yield f"  DANGER   {change.address} is {_past(change.verb)}: {change.loss}."


def _change(one: Mapping[str, Any], verb: Verb) -> Change:
    before, after = one["change"].get("before") or {}, one["change"].get("after") or {}
    unknown = one["change"].get("after_unknown") or {}
    differing = [name for name in after if after[name] != before.get(name)]
    later = [name for name, is_unknown in unknown.items() if is_unknown and name in before]
    fields = tuple(sorted({*differing, *later})) if verb in {"update", "replace"} else ()
    is_protected = before.get("deletion_protection_enabled") is True
    return Change(one["address"], one["type"], verb, fields, after, is_protected)


def _warnings(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the messages of failed `check` blocks, which don't stop an apply."""
    for check in document.get("checks", []):
        for instance in check.get("instances", []):
            yield from (problem["message"] for problem in instance.get("problems", []))


def _service(kind: str) -> str:
    return next((name for start, name in _SERVICES.items() if kind.startswith(start)), kind)


def _line(change: Change) -> str:
    named = ", ".join(change.fields[:_MAX_FIELDS])
    more = len(change.fields) - _MAX_FIELDS
    rest = f" and {more} more" if more > 0 else ""
    return f"{change.address} ({named}{rest})" if named else change.address


def _past(verb: Verb) -> str:
    return "destroyed and created again" if verb == "replace" else "destroyed"
