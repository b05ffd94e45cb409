"""Run checks and tests, print what was skipped, and end with `N passed, N failed`.

`make test` runs the quick part: every kind of check, each behaviour once. `make test-rest` runs
what that leaves out, `make test-all` both. With TEST_NO_SKIPS=1, as in CI, a skip is a failure.
Coverage costs time: it is measured, of the quick part, with TEST_COVERAGE=1 or by `make test-all`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "test-results"
BIN = Path(sys.executable).parent

PARTS = ("lint", "quick", "rest")
SCOPES = {"lint": ("lint",), "quick": ("lint", "quick"), "rest": ("rest",), "all": PARTS}
"""Which parts are run when; they are run in this order."""

PROCESSES = min(4, 2 * (os.cpu_count() or 1))
"""Two for each core, since a test often waits; at most four: each has a browser, a DynamoDB."""

AT_ONCE = ("-n", str(PROCESSES), "--dist=worksteal")

OPTIONAL = "Optional: "
"""What a skip says that is fine in CI too, as tests/conftest.py has it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One program to run; `report` is where it writes its tests as JUnit XML, if it has tests."""

    name: str
    command: tuple[str, ...]
    folder: Path = ROOT
    report: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step: a step without tests counts as one."""

    passed: int
    failed: int
    skipped: tuple[str, ...] = ()


def lint_steps() -> list[Step]:
    """List what reads the code without running it; checkov too, where `make lint-infra` was run."""
    infra = ("make", "--no-print-directory", "lint-infra")
    return [
        *([Step("checkov", infra)] if (ROOT / ".venv-infra").is_dir() else []),
        Step("ruff", (f"{BIN}/ruff", "check", ".")),
        Step("ruff format", (f"{BIN}/ruff", "format", "--check", ".")),
        Step("mypy", (f"{BIN}/mypy",)),
        Step("import contracts", (f"{BIN}/lint-imports",)),
        Step("figures", (sys.executable, "tools/figures.py")),
        Step("biome", ("npm", "run", "--silent", "lint"), ROOT / "web"),
        Step("tsc", ("npx", "--no-install", "tsc", "--noEmit"), ROOT / "web"),
    ]


def quick_steps(scratch: Path, *, measured: bool) -> list[Step]:
    """List what runs the code once: every kind of test, each behaviour in one way."""
    web = RESULTS / "web.xml"
    vitest = ("npm", "test", "--silent", "--", "--reporter=default", "--reporter=junit")
    return [
        Step("page tests", (*vitest, f"--outputFile.junit={web}"), ROOT / "web", web),
        *(_measured_tests() if measured else [_python_tests("python tests", "not long")]),
        Step(
            "build",
            (sys.executable, "-m", "build", "--no-isolation", "--outdir", f"{scratch}", "."),
        ),
    ]


def rest_steps() -> list[Step]:
    """List what `make test` leaves out: other modes, every variation, infra/, many bad frames."""
    return [
        _python_tests("long python tests", "long"),
        Step("fuzz", (sys.executable, "tools/fuzz.py")),
    ]


def _measured_tests() -> list[Step]:
    """Run each behaviour once, and require that this covers enough (fail_under, pyproject.toml)."""
    coverage = f"{BIN}/coverage"
    return [
        Step("coverage of earlier runs is erased", (coverage, "erase")),
        _python_tests("python tests", "not long", (coverage, "run")),
        Step("coverage combine", (coverage, "combine", "--quiet")),
        Step("coverage", (coverage, "report")),
    ]


def _python_tests(name: str, marked: str, run: tuple[str, ...] = (sys.executable,)) -> Step:
    report = RESULTS / f"{name.replace(' ', '-')}.xml"
    pytest = ("pytest", "-q", "-rs", "-m", marked, *AT_ONCE, f"--junitxml={report}")
    return Step(name, (*run, "-m", *pytest), report=report)


def run(step: Step) -> Outcome:
    """Run one step with its output shown."""
    print(f"\n--- {step.name}", flush=True)
    if step.report:
        step.report.unlink(missing_ok=True)
    code = subprocess.run(step.command, cwd=step.folder, check=False).returncode
    outcome = _from_report(step.report) if step.report else Outcome(int(code == 0), int(code != 0))
    if code != 0 and outcome.failed == 0:
        return Outcome(outcome.passed, 1, outcome.skipped)
    return outcome


def _from_report(report: Path) -> Outcome:
    if not report.is_file():
        return Outcome(0, 1)
    cases = list(ET.parse(report).iter("testcase"))  # noqa: S314 - our own tools wrote it
    bad = [
        case for case in cases if case.find("failure") is not None or case.find("error") is not None
    ]
    skipped = [case for case in cases if case.find("skipped") is not None]
    return Outcome(
        passed=len(cases) - len(bad) - len(skipped),
        failed=len(bad),
        skipped=tuple(_why(case) for case in skipped),
    )


def _why(case: ET.Element) -> str:
    skipped = case.find("skipped")
    reason = "" if skipped is None else skipped.get("message", "")
    return f"{case.get('classname')}.{case.get('name')}: {reason or 'no reason given'}"


def main() -> int:
    """Run the steps, all of them even when one fails, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "scope", choices=SCOPES, nargs="?", default="quick", help="what to run (default: quick)"
    )
    scope = parser.parse_args().scope
    RESULTS.mkdir(exist_ok=True)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each server and each worker would compile all
    with tempfile.TemporaryDirectory() as scratch:
        measured = scope == "all" or os.environ.get("TEST_COVERAGE") == "1"
        parts = {
            "lint": lint_steps(),
            "quick": quick_steps(Path(scratch), measured=measured),
            "rest": rest_steps(),
        }
        outcomes = {step.name: run(step) for part in SCOPES[scope] for step in parts[part]}
    return _summary(outcomes, scope)


def _summary(outcomes: dict[str, Outcome], scope: str) -> int:
    """Print what failed and what was skipped, and keep the tally for .ci/run to add up."""
    skipped = [reason for outcome in outcomes.values() for reason in outcome.skipped]
    must_run = [reason for reason in skipped if OPTIONAL not in reason]
    refused = len(must_run) if os.environ.get("TEST_NO_SKIPS") == "1" else 0
    passed = sum(outcome.passed for outcome in outcomes.values())
    failed = sum(outcome.failed for outcome in outcomes.values()) + refused
    print()
    for name, outcome in outcomes.items():
        if outcome.failed:
            print(f"Failed: {name}")
    for reason in skipped:
        print(f"Skipped: {reason}")
    tally = f"{passed} passed, {failed} failed"
    _tally(scope).write_text(f"{tally}\n", "utf-8")
    print(tally, flush=True)
    return int(failed > 0)


def _tally(scope: str) -> Path:
    return RESULTS / f"tally-{scope}.txt"


if __name__ == "__main__":
    sys.exit(main())
