"""`make test` counts everything, names what it skipped, and ends with the tally."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def check(monkeypatch, tmp_path):
    spec = importlib.util.spec_from_file_location("check", ROOT / "tools/check.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "check", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "RESULTS", tmp_path)
    return module


def program(code, report=None, text=""):
    writes = f"open({str(report)!r}, 'w').write({text!r})" if report else "pass"
    return (sys.executable, "-c", f"import sys; {writes}; sys.exit({code})")


REPORT = (
    '<testsuites><testsuite><testcase classname="a" name="good"/>'
    '<testcase classname="a" name="bad"><failure/></testcase>'
    '<testcase classname="a" name="lazy"><skipped message="No Chromium"/></testcase>'
    "</testsuite></testsuites>"
)


@pytest.mark.parametrize(("code", "counted"), [(0, (1, 0)), (3, (0, 1))])
def test_a_step_without_tests_counts_as_one(check, code, counted):
    outcome = check.run(check.Step("lint", program(code)))

    assert (outcome.passed, outcome.failed) == counted


def test_a_step_with_tests_counts_them(check, tmp_path):
    report = tmp_path / "report.xml"

    outcome = check.run(check.Step("tests", program(1, report, REPORT), report=report))

    assert outcome == check.Outcome(1, 1, ("a.lazy: No Chromium",))


def test_a_step_that_fails_beside_its_tests_fails(check, tmp_path):
    report = tmp_path / "report.xml"
    text = REPORT.replace("<failure/>", "")

    assert check.run(check.Step("tests", program(1, report, text), report=report)).failed == 1


def test_a_report_that_was_not_written_is_a_failure_even_if_an_old_one_lies_there(check, tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(REPORT, "utf-8")

    outcome = check.run(check.Step("tests", program(0), report=report))

    assert outcome == check.Outcome(0, 1)


def test_the_last_line_is_the_tally(check, capsys, tmp_path):
    outcomes = {"lint": check.Outcome(1, 0), "tests": check.Outcome(5, 2, ("x: why",))}

    code = check._summary(outcomes, "quick")

    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert lines[-1] == "6 passed, 2 failed"
    assert "Failed: tests" in lines
    assert "Skipped: x: why" in lines
    assert (tmp_path / "tally-quick.txt").read_text("utf-8") == "6 passed, 2 failed\n"


@pytest.mark.parametrize(("forbidden", "code"), [("0", 0), ("1", 1)])
def test_a_skip_is_a_failure_where_it_is_forbidden(check, monkeypatch, forbidden, code):
    monkeypatch.setenv("TEST_NO_SKIPS", forbidden)

    assert check._summary({"tests": check.Outcome(1, 0, ("x: why",))}, "quick") == code


def test_an_optional_skip_is_fine_everywhere(check, monkeypatch):
    monkeypatch.setenv("TEST_NO_SKIPS", "1")

    outcomes = {"tests": check.Outcome(5, 0, ("x: Optional: no account",))}

    assert check._summary(outcomes, "quick") == 0


def marked(check, scope, tmp_path):
    """Return which tests of Python are run: what -m says."""
    parts = {"lint": check.lint_steps, "quick": lambda: check.quick_steps(tmp_path, measured=True)}
    parts["rest"] = check.rest_steps
    steps = [step for part in check.SCOPES[scope] for step in parts[part]()]
    commands = [step.command for step in steps if "pytest" in step.command]
    return [command[command.index("-m", 3) + 1] for command in commands]


def test_make_test_and_the_rest_run_every_test_once_between_them(check, tmp_path):
    assert marked(check, "quick", tmp_path) == ["not long"]
    assert marked(check, "rest", tmp_path) == ["long"]
    assert marked(check, "all", tmp_path) == ["not long", "long"]
    assert marked(check, "lint", tmp_path) == []


@pytest.mark.parametrize("measured", [True, False])
def test_coverage_is_measured_and_required_where_it_is_asked_for(check, tmp_path, measured):
    steps = check.quick_steps(tmp_path, measured=measured)

    of_coverage = [step.command[1] for step in steps if step.command[0].endswith("/coverage")]
    assert of_coverage == ["erase", "run", "combine", "report"] * measured


TALLIES = {
    "both": ({"quick": "5 passed, 0 failed", "rest": "2 passed, 1 failed"}, "7 passed, 1 failed"),
    "one": ({"quick": "5 passed, 0 failed"}, "5 passed, 1 failed"),
    "none": ({}, "0 passed, 2 failed"),
}


@pytest.mark.parametrize(("tallies", "total"), TALLIES.values(), ids=TALLIES)
def test_ci_ends_with_the_sum_and_a_part_that_said_nothing_has_failed(tmp_path, tallies, total):
    script = (ROOT / ".ci/run").read_text("utf-8")
    adding = script[script.index("for part in") : script.index("exit")]
    (tmp_path / "test-results").mkdir()
    for part, tally in tallies.items():
        (tmp_path / f"test-results/tally-{part}.txt").write_text(f"{tally}\n", "utf-8")

    said = subprocess.check_output(["bash", "-c", adding], cwd=tmp_path, text=True)

    assert said == f"{total}\n"
