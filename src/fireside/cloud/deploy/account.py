"""What makes a first apply fail, asked of the account before anything is made.

Each check looks at one trap. Where this computer may not look, the check says so and goes on:
the apply itself will tell.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fireside.cloud.deploy.plan import Plan
from fireside.cloud.sdk import Aws, AwsError
from fireside.console.checks import Check

GLOBAL_REGION = "us-east-1"
"""Where CloudFront and its certificates live."""

NEW_ACCOUNT = 10
"""Calls at once that Lambda gives a new account, and that nobody may reserve away."""

USUAL_RATE = 10_000
"""Requests a second that API Gateway gives an account in a large Region."""

_LOOK = {
    "aws_dynamodb_table": ("dynamodb", "describe_table", "TableName", "name"),
    "aws_iam_role": ("iam", "get_role", "RoleName", "name"),
    "aws_lambda_function": ("lambda", "get_function", "FunctionName", "function_name"),
    "aws_s3_bucket": ("s3", "head_bucket", "Bucket", "bucket"),
}
"""How to ask whether a name is taken: service, operation, its field, Terraform's attribute."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this computer is on AWS."""

    account: str
    arn: str


def identity(aws: Aws, region: str) -> Identity:
    """Ask AWS who we are.

    Raises:
        CannotStart: There are no credentials that count.
    """
    said = aws.call("sts", "get_caller_identity", region)
    return Identity(str(said["Account"]), str(said["Arn"]))


def check_identity(who: Identity) -> Check:
    """Show who acts; the root user should not."""
    found = f"account {who.account}, {who.arn}"
    if who.arn.endswith(":root"):
        remedy = "Make a user or a role for this, and keep the root user locked away."
        return Check("identity", "warn", found, remedy)
    return Check("identity", "ok", found)


def check_region(region: str, regions: list[str]) -> Check:
    """See that API Gateway is there."""
    if region not in regions:
        remedy = f"Choose one of {', '.join(sorted(regions))} with --region."
        return Check("region", "fail", f"{region} is no Region that has API Gateway", remedy)
    return Check("region", "ok", region)


def examine(aws: Aws, plan: Plan, region: str) -> Iterator[Check]:
    """Look at every trap that this plan could run into."""
    wished = plan.variables
    makes = any(change.verb == "make" for change in plan.changes)
    limits = _answer(aws, "lambda", "get_account_settings", region)
    yield check_concurrency(limits, wished.get("reserved_concurrency"))
    gateway = _answer(aws, "apigateway", "get_account", region)
    yield check_throttle(gateway, wished.get("throttle_rate"), wished.get("throttle_burst"))
    if wished.get("access_log") or wished.get("account_log_role"):
        yield check_log_role(gateway, plan)
    if wished.get("site"):
        listed = _answer(aws, "cloudfront", "list_distributions", GLOBAL_REGION)
        yield check_cloudfront(listed)
    if wished.get("certificate_arn"):
        fields = {"CertificateArn": wished["certificate_arn"]}
        described = _answer(aws, "acm", "describe_certificate", GLOBAL_REGION, **fields)
        yield check_certificate(described, str(wished.get("custom_domain")))
    if makes:
        yield check_names(plan, lambda kind, name: _is_taken(aws, region, kind, name))


Answer = Mapping[str, Any] | AwsError


def check_concurrency(limits: Answer, reserved: int | None) -> Check:
    """Count how many calls may run at once: new accounts have 10."""
    if isinstance(limits, AwsError):
        return _unknown("Lambda at once", limits)
    most = int(limits["AccountLimit"]["ConcurrentExecutions"])
    found = f"{most:,} calls"
    if reserved is not None and most - reserved < NEW_ACCOUNT:
        remedy = (
            f"AWS keeps {NEW_ACCOUNT} for all other functions: set reserved_concurrency = null, "
            "or ask for more under Service Quotas, Lambda, Concurrent executions."
        )
        return Check("Lambda at once", "fail", f"{found}, {reserved:,} to reserve", remedy)
    if most <= NEW_ACCOUNT:
        remedy = (
            "That is enough for a few people; ask for 1,000 under Service Quotas, Lambda, "
            "Concurrent executions. It costs nothing and takes a day or two."
        )
        return Check("Lambda at once", "warn", found, remedy)
    return Check("Lambda at once", "ok", found)


def check_throttle(gateway: Answer, rate: float | None, burst: float | None) -> Check:
    """Compare the stage's throttle with what the whole account has."""
    if isinstance(gateway, AwsError):
        return _unknown("API Gateway's throttle", gateway)
    quota = gateway.get("throttleSettings") or {}
    most, most_at_once = float(quota.get("rateLimit", 0)), float(quota.get("burstLimit", 0))
    found = f"{most:,.0f} requests a second and {most_at_once:,.0f} at once in the account"
    if (rate or 0) > most or (burst or 0) > most_at_once:
        remedy = (
            f"Set throttle_rate to {most:,.0f} and throttle_burst to {most_at_once:,.0f} at most."
        )
        return Check("API Gateway's throttle", "fail", found, remedy)
    if most < USUAL_RATE:
        remedy = "That is less than is usual; a room of N people takes N of them for a message."
        return Check("API Gateway's throttle", "warn", found, remedy)
    return Check("API Gateway's throttle", "ok", found)


def check_log_role(gateway: Answer, plan: Plan) -> Check:
    """See that API Gateway may write logs in this account, and that we replace nobody's role."""
    if isinstance(gateway, AwsError):
        return _unknown("API Gateway's log role", gateway)
    role = str(gateway.get("cloudwatchRoleArn") or "")
    wished = plan.variables
    ours = f"{wished['project_name']}-{wished['stage_name']}-api-gateway-logs"
    if wished.get("account_log_role"):
        if role and not role.endswith(f"/{ours}"):
            remedy = "Set account_log_role = false: it would replace that one for all your APIs."
            return Check("API Gateway's log role", "fail", f"the account has {role}", remedy)
        return Check("API Gateway's log role", "ok", "made by this stage")
    if not role:
        remedy = "Set account_log_role = true, or access_log = false."
        return Check("API Gateway's log role", "fail", "the account has none", remedy)
    return Check("API Gateway's log role", "ok", role)


def check_cloudfront(listed: Answer) -> Check:
    """See that CloudFront talks to this account: new ones are sometimes refused."""
    if isinstance(listed, AwsError):
        return _unknown("CloudFront", listed)
    count = int((listed.get("DistributionList") or {}).get("Quantity", 0))
    if count == 0:
        remedy = (
            "AWS sometimes refuses a new account's first one until support has verified it. "
            "If the apply says so, ask support, or set site = false and serve the page yourself."
        )
        return Check("CloudFront", "warn", "no distribution yet", remedy)
    return Check("CloudFront", "ok", f"{count} distributions")


def check_certificate(described: Answer, domain: str) -> Check:
    """See that the certificate is valid and is the domain's."""
    if isinstance(described, AwsError):
        if described.is_missing:
            remedy = "Ask ACM for one in us-east-1: docs/how-to/custom-domain.md."
            return Check("certificate", "fail", "there is none of that ARN", remedy)
        return _unknown("certificate", described)
    certificate = described["Certificate"]
    status = str(certificate.get("Status"))
    names = certificate.get("SubjectAlternativeNames") or [certificate.get("DomainName")]
    if status != "ISSUED":
        remedy = "Add the DNS record that ACM shows, and wait until it says ISSUED."
        return Check("certificate", "fail", f"{status}, not ISSUED", remedy)
    wildcard = f"*.{domain.partition('.')[2]}"
    if not {domain, wildcard} & set(names):
        remedy = f"Ask ACM for a certificate of {domain} in us-east-1."
        return Check("certificate", "fail", f"it is for {', '.join(map(str, names))}", remedy)
    return Check("certificate", "ok", f"issued for {domain}")


def check_names(plan: Plan, is_taken: Callable[[str, str], bool | None]) -> Check:
    """Ask for each name that would be made whether something has it already."""
    wanted = [
        (change.type, str(change.after[_LOOK[change.type][3]]))
        for change in plan.changes
        if change.verb == "make" and change.type in _LOOK
        if change.after.get(_LOOK[change.type][3])
    ]
    answers = {one: is_taken(*one) for one in wanted}
    taken = [f"{name} ({kind})" for (kind, name), answer in answers.items() if answer]
    unknown = sum(answer is None for answer in answers.values())
    if taken:
        remedy = (
            "Take another --stage; or, if they were left by an apply whose state is lost, "
            "delete them or `terraform import` them."
        )
        return Check("names", "fail", f"taken: {', '.join(taken)}", remedy)
    if unknown:
        found = f"{len(answers) - unknown} of {len(answers)} are free, of the rest I may not ask"
        return Check("names", "warn", found, "Let the apply find out, or ask for more rights.")
    return Check("names", "ok", f"all {len(answers)} are free")


def _is_taken(aws: Aws, region: str, kind: str, name: str) -> bool | None:
    """Tell whether a name is taken; None where we may not ask."""
    service, operation, field, _ = _LOOK[kind]
    answer = _answer(aws, service, operation, region, **{field: name})
    if isinstance(answer, AwsError):
        # Somebody else's bucket says forbidden, not missing: its name is taken all the same.
        elsewhere = kind == "aws_s3_bucket" and answer.is_forbidden
        return False if answer.is_missing else True if elsewhere else None
    return True


def _answer(aws: Aws, service: str, operation: str, region: str, **fields: object) -> Answer:
    try:
        return aws.call(service, operation, region, **fields)
    except AwsError as refusal:
        return refusal


def _unknown(name: str, refusal: AwsError) -> Check:
    remedy = "Nothing to do if you know that it is well: the apply will tell."
    return Check(name, "warn", f"I may not ask ({refusal.operation}: {refusal.code})", remedy)
