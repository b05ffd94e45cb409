"""What went wrong, said in a sentence with the next step, at whichever step it was."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fireside.cloud.deploy.terraform import TerraformFailed
from fireside.console.exits import CannotStart, ExitCode

_LOCKED = "Error acquiring the state lock"

_KNOWN = (
    (
        r"account must be verified",
        (
            "CloudFront does not take this account yet: ask AWS support to verify it, or set "
            "site = false and serve the page yourself."
        ),
    ),
    (
        r"CloudWatch Logs role ARN must be set",
        (
            "API Gateway may not log in this account: set account_log_role = true, or "
            "access_log = false."
        ),
    ),
    (
        r"UnreservedConcurrentExecution",
        "Lambda has no calls to reserve in this account: set reserved_concurrency = null.",
    ),
    (
        (
            r"BucketAlreadyExists|BucketAlreadyOwnedByYou|EntityAlreadyExists|ResourceInUseException"
            r"|ResourceConflictException|already exists"
        ),
        (
            "Something of that name is there already and not in the state: take another --stage, "
            "`terraform import` it, or delete it."
        ),
    ),
    (
        r"ExpiredToken|security token included in the request is expired",
        "Your AWS credentials have expired: sign in again.",
    ),
    (
        r"No valid credential sources|failed to refresh cached credentials",
        (
            "Terraform finds no AWS credentials, though boto3 does: `aws configure "
            "export-credentials --format env` gives them to both."
        ),
    ),
    (
        r"Saved plan is stale",
        "Somebody applied something in the meantime, so this plan no longer holds.",
    ),
    (
        r"not authorized to perform:? ?([a-z0-9-]+:[A-Za-z]+)?|AccessDenied",
        "Your AWS identity may not do that; an administrator's may (docs/tutorial/deploy.md).",
    ),
    (
        r"TooManyRequestsException|Throttling|Rate exceeded",
        "AWS asked to go slower: wait a minute.",
    ),
    (
        r"deletion protection",
        "The table of messages is protected: `fireside destroy` takes the protection off first.",
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
"""What Terraform writes, and what to do about it; the first that fits counts."""


@contextmanager
def step(doing: str, *, so_far: str, again: str, unlock: Callable[[str], str]) -> Iterator[None]:
    """Turn a failure or Ctrl-C within into a sentence that says how to go on.

    Raises:
        CannotStart: In place of both.
    """
    try:
        yield
    except KeyboardInterrupt as cause:
        sentence = f"Stopped while {doing}. {so_far} To go on: {again}"
        raise CannotStart(sentence, ExitCode.INTERRUPTED) from cause
    except TerraformFailed as cause:
        locked = _locked(cause.said, unlock)
        known = locked or next(
            (sentence for pattern, sentence in _KNOWN if re.search(pattern, cause.said)), None
        )
        why = known or "What it wrote above says why."
        sentence = f"{cause} while {doing}. {why} {so_far} To go on: {again}"
        raise CannotStart(sentence, ExitCode.CLOUD) from cause


def _locked(said: str, unlock: Callable[[str], str]) -> str | None:
    """Say who holds the lock, if that is what is wrong."""
    if _LOCKED not in said:
        return None
    facts = {
        name: found[1].strip()
        for name in ("ID", "Who", "Created")
        if (found := re.search(rf"^\W*{name}:\s+(.+)$", said, re.MULTILINE))
    }
    who, since = facts.get("Who", "Somebody else"), facts.get("Created")
    held = f"{who} works on it{f' since {since}' if since else ''}: wait until they are done."
    if "ID" not in facts:
        return held
    return f"{held} If that computer is surely gone: {unlock(facts['ID'])}"
