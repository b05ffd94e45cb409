"""The result of one check, and the line that shows it. Used by `doctor` and by `deploy`."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check; `remedy` is empty when nothing needs to be done."""

    name: str
    verdict: Verdict
    found: str
    remedy: str = ""


def line(check: Check) -> str:
    """Format a check as one line of text."""
    remedy = f" {check.remedy}" if check.remedy else ""
    return f"{check.verdict:4}  {check.name}: {check.found}.{remedy}"
