"""Failures of Terraform and their remedies, each as a sentence with the next command."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fireside.cloud.deploy.account import WITHOUT_CLOUDFRONT
from fireside.cloud.deploy.terraform import TerraformFailed
from fireside.cloud.sdk import LOGIN_PROFILE
from fireside.console.exits import CannotStart, ExitCode

_LOCKED = "Error acquiring the state lock"

_KNOWN = (
    (
        r"account must be verified",
        (
            "CloudFront does not accept this account yet: ask AWS support to verify it, or serve "
            f"the page yourself and set {' and '.join(WITHOUT_CLOUDFRONT)}, with its origin."
        ),
    ),
    (
        r"CloudWatch Logs role ARN must be set",
        (
            "API Gateway has no role for logs in this account: set account_log_role = true, or "
            "access_log = false."
        ),
    ),
    (
        r"UnreservedConcurrentExecution",
        "This account has no Lambda concurrency to reserve: set reserved_concurrency = null.",
    ),
    (
        (
            r"BucketAlreadyExists|BucketAlreadyOwnedByYou|EntityAlreadyExists|ResourceInUseException"
            r"|ResourceConflictException|already exists"
        ),
        (
            "A resource of that name exists and is not in the state: choose another --stage, "
            "`terraform import` it, or delete it."
        ),
    ),
    (
        r"ExpiredToken|security token included in the request is expired",
        (
            "Your AWS credentials have expired: sign in again, best with a profile, which is "
            "refreshed (docs/tutorial/deploy.md, section 1)."
        ),
    ),
    (
        r"No valid credential sources|failed to refresh cached credentials",
        f"Terraform finds no AWS credentials, though boto3 does. {LOGIN_PROFILE}",
    ),
    (
        r"Saved plan is stale",
        "The state was changed meanwhile, so this plan no longer holds.",
    ),
    (
        r"not authorized to perform:? ?([a-z0-9-]+:[A-Za-z]+)?|AccessDenied",
        "Your AWS identity lacks that permission: see docs/tutorial/deploy.md, section 1.",
    ),
    (
        r"TooManyRequestsException|Throttling|Rate exceeded",
        "AWS throttles the requests: wait a minute.",
    ),
    (
        r"deletion protection",
        "The table of messages is protected: `fireside destroy` disables that first.",
    ),
    (
        r"no such host|dial tcp|i/o timeout|TLS handshake timeout",
        "AWS or Terraform's registry can't be reached: check your network.",
    ),
    (
        r"[Mm]issing package for|Failed to query available provider packages",
        "Terraform can't fetch its providers: check your network or your mirror.",
    ),
)
"""A pattern of Terraform's output, and the remedy; the first that matches counts."""


@contextmanager
def explained_failures(
    doing: str, *, so_far: str, retry_command: str, unlock: Callable[[str], str]
) -> Iterator[None]:
    """Raise CannotStart, which says how to continue, in place of a failure or Ctrl-C within.

    `doing` and `so_far` say what happened, and `unlock` returns the command that removes a lock.

    Raises:
        CannotStart: Terraform failed, or Ctrl-C was pressed.
    """
    try:
        yield
    except KeyboardInterrupt as cause:
        sentence = f"Stopped while {doing}. {so_far} To continue: {retry_command}"
        raise CannotStart(sentence, ExitCode.INTERRUPTED) from cause
    except TerraformFailed as cause:
        locked = _locked(cause.errors, unlock)
        known = locked or next(
            (sentence for pattern, sentence in _KNOWN if re.search(pattern, cause.errors)), None
        )
        why = known or "Its output above says why."
        sentence = f"{cause} while {doing}. {why} {so_far} To continue: {retry_command}"
        raise CannotStart(sentence, ExitCode.CLOUD) from cause


def _locked(errors: str, unlock: Callable[[str], str]) -> str | None:
    """Return who holds the state's lock; None if that is not the failure."""
    if _LOCKED not in errors:
        return None
    facts = {
        name: found[1].strip()
        for name in ("ID", "Who", "Created")
        if (found := re.search(rf"^\W*{name}:\s+(.+)$", errors, re.MULTILINE))
    }
    who, since = facts.get("Who", "Another computer"), facts.get("Created")
    held = f"{who} has locked the state{f' since {since}' if since else ''}: wait until that ends."
    if "ID" not in facts:
        return held
    return f"{held} If that run can't end any more: {unlock(facts['ID'])}"
