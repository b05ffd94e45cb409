"""Checks of the AWS account before an apply: what often makes the first one fail.

Where this computer has no permission to look, the check warns: the apply itself will show it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fireside.cloud.deploy.plan import Plan
from fireside.cloud.sdk import LOGIN_PROFILE, Aws, AwsError, FoundCredentials
from fireside.console.checks import Check

GLOBAL_REGION = "us-east-1"
"""The Region of CloudFront and its certificates."""

MIN_UNRESERVED_CONCURRENCY = 10
"""Lambda's concurrency of a new account, and what must stay unreserved in any account."""

DEFAULT_RATE_QUOTA = 10_000
"""Requests a second that API Gateway allows an account in a large Region."""

DISTRIBUTION_MINUTES = 30
"""What a plan may take that creates, changes or destroys a CloudFront distribution."""

_OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-iso", "eusc-")
"""How Regions begin in China, GovCloud, Europe's sovereign cloud and the secret ones."""

WITHOUT_CLOUDFRONT = ("site = false", 'allowed_origins = ["https://example.org"]')
"""The variables of a chat whose page is served elsewhere."""

_LOOKUPS = {
    "aws_dynamodb_table": ("dynamodb", "describe_table", "TableName", "name"),
    "aws_iam_role": ("iam", "get_role", "RoleName", "name"),
    "aws_lambda_function": ("lambda", "get_function", "FunctionName", "function_name"),
    "aws_s3_bucket": ("s3", "head_bucket", "Bucket", "bucket"),
}
"""How to look up a name: service, operation, its parameter, Terraform's attribute."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The AWS identity of this computer."""

    account: str
    arn: str


def identity(aws: Aws, region: str) -> Identity:
    """Return the identity that AWS knows this computer by.

    Raises:
        CannotStart: There are no valid credentials.
    """
    answer = aws.call("sts", "get_caller_identity", region)
    return Identity(str(answer["Account"]), str(answer["Arn"]))


def check_identity(who: Identity) -> Check:
    """Return a check that warns of the root user."""
    found = f"account {who.account}, {who.arn}"
    if who.arn.endswith(":root"):
        remedy = "Create a user or a role for this; don't use the root user."
        return Check("identity", "warn", found, remedy)
    return Check("identity", "ok", found)


def check_credentials(found: FoundCredentials) -> Check:
    """Return a check that warns of credentials that Terraform may not find."""
    if found.is_login:
        return Check("credentials", "warn", "those of `aws login`", LOGIN_PROFILE)
    return Check("credentials", "ok", f"from {found.source}")


def check_time_left(found: FoundCredentials, plan: Plan, now: float) -> Check:
    """Return a check that exported keys outlast the plan: Terraform can't refresh them.

    If they expire while it applies, it can neither save its state nor remove the lock.
    """
    if found.expires_at is None:
        return Check("expiry", "ok", "credentials are refreshed, or don't say when they end")
    minutes = max(0, int((found.expires_at - now) / 60))
    if plan.has_distribution and minutes < DISTRIBUTION_MINUTES:
        remedy = (
            f"CloudFront can take {DISTRIBUTION_MINUTES}, and exported keys are not refreshed: "
            "remove them from the environment and set AWS_PROFILE instead "
            "(docs/tutorial/deploy.md, section 1)."
        )
        return Check("expiry", "fail", f"exported keys expire in {minutes} minutes", remedy)
    return Check("expiry", "ok", f"exported keys expire in {minutes} minutes")


def check_region(region: str, regions: list[str]) -> Check:
    """Return a check that the Region has API Gateway."""
    if region.startswith(_OTHER_PARTITIONS):
        remedy = "Fireside knows only the endpoints and ARNs of the standard one: take --region."
        return Check("region", "fail", f"{region} is in another partition of AWS", remedy)
    if region not in regions:
        remedy = f"Choose one of {', '.join(sorted(regions))} with --region."
        return Check("region", "fail", f"{region} is not a Region with API Gateway", remedy)
    return Check("region", "ok", region)


def check_account(aws: Aws, plan: Plan, region: str, now: float) -> Iterator[Check]:
    """Yield every check that matters for this plan; `now` is in seconds since 1970."""
    variables = plan.variables
    creates = any(change.verb == "create" for change in plan.changes)
    yield check_time_left(aws.credentials(), plan, now)
    yield check_plan(_answer(aws, "freetier", "get_account_plan_state", GLOBAL_REGION))
    limits = _answer(aws, "lambda", "get_account_settings", region)
    yield check_concurrency(limits, variables.get("reserved_concurrency"))
    gateway = _answer(aws, "apigateway", "get_account", region)
    yield check_throttle(gateway, variables.get("throttle_rate"), variables.get("throttle_burst"))
    if variables.get("access_log") or variables.get("account_log_role"):
        yield check_log_role(gateway, plan)
    if variables.get("site"):
        listed = _answer(aws, "cloudfront", "list_distributions", GLOBAL_REGION)
        yield check_cloudfront(listed)
    if variables.get("certificate_arn"):
        fields = {"CertificateArn": variables["certificate_arn"]}
        described = _answer(aws, "acm", "describe_certificate", GLOBAL_REGION, **fields)
        yield check_certificate(described, str(variables.get("custom_domain")))
    if creates:
        yield check_names(plan, lambda kind, name: _is_taken(aws, region, kind, name))


Answer = Mapping[str, Any] | AwsError


def check_plan(state: Answer) -> Check:
    """Return a check that warns of AWS's free plan, which new accounts may have."""
    if isinstance(state, AwsError):
        if state.is_missing:
            return Check("account plan", "ok", "none, as the account is older than the plans")
        return _unknown("account plan", state)
    kind = str(state.get("accountPlanType"))
    if kind == "FREE":
        remedy = (
            "AWS closes some services to it, and the account after six months: choose the paid "
            "plan under Billing; the credits stay."
        )
        return Check("account plan", "warn", "the free plan", remedy)
    return Check("account plan", "ok", kind.lower())


def check_concurrency(limits: Answer, reserved: int | None) -> Check:
    """Return a check of how many calls may run at once: new accounts have 10."""
    if isinstance(limits, AwsError):
        return _unknown("Lambda concurrency", limits)
    limit = int(limits["AccountLimit"]["ConcurrentExecutions"])
    found = f"{limit:,} calls"
    if reserved is not None and limit - reserved < MIN_UNRESERVED_CONCURRENCY:
        remedy = (
            f"AWS requires {MIN_UNRESERVED_CONCURRENCY} unreserved: "
            "set reserved_concurrency = null, "
            "or ask for more under Service Quotas, Lambda, Concurrent executions."
        )
        return Check("Lambda concurrency", "fail", f"{found}, {reserved:,} to reserve", remedy)
    if limit <= MIN_UNRESERVED_CONCURRENCY:
        remedy = (
            "That is enough for a few people; ask for 1,000 under Service Quotas, Lambda, "
            "Concurrent executions. It costs nothing and takes a day or two."
        )
        return Check("Lambda concurrency", "warn", found, remedy)
    return Check("Lambda concurrency", "ok", found)


def check_throttle(gateway: Answer, rate: float | None, burst: float | None) -> Check:
    """Return a check that the stage's throttle is within the account's quota."""
    if isinstance(gateway, AwsError):
        return _unknown("API Gateway throttle", gateway)
    quota = gateway.get("throttleSettings") or {}
    max_rate, max_burst = float(quota.get("rateLimit", 0)), float(quota.get("burstLimit", 0))
    found = f"{max_rate:,.0f} requests a second and {max_burst:,.0f} at once in the account"
    if (rate or 0) > max_rate or (burst or 0) > max_burst:
        remedy = (
            f"Set throttle_rate to at most {max_rate:,.0f} and throttle_burst to {max_burst:,.0f}."
        )
        return Check("API Gateway throttle", "fail", found, remedy)
    if max_rate < DEFAULT_RATE_QUOTA:
        remedy = "That is less than usual; a message to a room of N people takes N requests."
        return Check("API Gateway throttle", "warn", found, remedy)
    return Check("API Gateway throttle", "ok", found)


def check_log_role(gateway: Answer, plan: Plan) -> Check:
    """Return a check that API Gateway has a role for logs, and that no other role is replaced."""
    if isinstance(gateway, AwsError):
        return _unknown("API Gateway log role", gateway)
    role = str(gateway.get("cloudwatchRoleArn") or "")
    variables = plan.variables
    own = f"{variables['project_name']}-{variables['stage_name']}-api-gateway-logs"
    if variables.get("account_log_role"):
        if role and not role.endswith(f"/{own}"):
            remedy = "Set account_log_role = false: it would replace that role for all your APIs."
            return Check("API Gateway log role", "fail", f"the account has {role}", remedy)
        return Check("API Gateway log role", "ok", "created by this stage")
    if not role:
        remedy = "Set account_log_role = true, or access_log = false."
        return Check("API Gateway log role", "fail", "the account has none", remedy)
    return Check("API Gateway log role", "ok", role)


def check_cloudfront(listed: Answer) -> Check:
    """Return a check that warns of an account that CloudFront may refuse: new ones, sometimes."""
    if isinstance(listed, AwsError):
        return _unknown("CloudFront", listed)
    count = int((listed.get("DistributionList") or {}).get("Quantity", 0))
    if count == 0:
        remedy = (
            "AWS sometimes refuses a new account's first one until its support has verified the "
            "account, and the chat waits for it. To begin without, serve the page yourself: put "
            "its origin and these two lines into stage.tfvars.\n"
        ) + "\n".join(f"        {line}" for line in WITHOUT_CLOUDFRONT)
        return Check("CloudFront", "warn", "no distribution yet", remedy)
    return Check("CloudFront", "ok", f"{count} distributions")


def check_certificate(described: Answer, domain: str) -> Check:
    """Return a check that the certificate is issued, and for this domain."""
    if isinstance(described, AwsError):
        if described.is_missing:
            remedy = "Request one from ACM in us-east-1: docs/how-to/custom-domain.md."
            return Check("certificate", "fail", "none has that ARN", remedy)
        return _unknown("certificate", described)
    certificate = described["Certificate"]
    status = str(certificate.get("Status"))
    names = certificate.get("SubjectAlternativeNames") or [certificate.get("DomainName")]
    if status != "ISSUED":
        remedy = "Add the DNS record that ACM shows, and wait until it says ISSUED."
        return Check("certificate", "fail", f"{status}, not ISSUED", remedy)
    wildcard = f"*.{domain.partition('.')[2]}"
    if not {domain, wildcard} & set(names):
        remedy = f"Request a certificate for {domain} from ACM in us-east-1."
        return Check("certificate", "fail", f"it is for {', '.join(map(str, names))}", remedy)
    return Check("certificate", "ok", f"issued for {domain}")


def check_names(plan: Plan, is_taken: Callable[[str, str], bool | None]) -> Check:
    """Return a check that no name of a new resource is taken; `is_taken` looks one up."""
    names = [
        (change.type, str(change.after[_LOOKUPS[change.type][3]]))
        for change in plan.changes
        if change.verb == "create" and change.type in _LOOKUPS
        if change.after.get(_LOOKUPS[change.type][3])
    ]
    answers = {one: is_taken(*one) for one in names}
    taken = [f"{name} ({kind})" for (kind, name), answer in answers.items() if answer]
    unknown = sum(answer is None for answer in answers.values())
    if taken:
        remedy = (
            "Choose another --stage; or, if they are left from an apply whose state is lost, "
            "delete them or `terraform import` them."
        )
        return Check("names", "fail", f"taken: {', '.join(taken)}", remedy)
    if unknown:
        found = (
            f"{len(answers) - unknown} of {len(answers)} are free, no permission to check the rest"
        )
        return Check("names", "warn", found, "The apply will show it; or get more permissions.")
    return Check("names", "ok", f"all {len(answers)} are free")


def _is_taken(aws: Aws, region: str, kind: str, name: str) -> bool | None:
    """Return whether a name is taken; None without permission to look it up."""
    service, operation, field, _ = _LOOKUPS[kind]
    answer = _answer(aws, service, operation, region, **{field: name})
    if isinstance(answer, AwsError):
        # Another account's bucket answers "forbidden": its name is taken.
        elsewhere = kind == "aws_s3_bucket" and answer.is_forbidden
        return False if answer.is_missing else True if elsewhere else None
    return True


def _answer(aws: Aws, service: str, operation: str, region: str, **fields: object) -> Answer:
    try:
        return aws.call(service, operation, region, **fields)
    except AwsError as error:
        return error


def _unknown(name: str, error: AwsError) -> Check:
    remedy = "The apply will show it."
    found = f"no permission to check ({error.operation}: {error.code})"
    return Check(name, "warn", found, remedy)
