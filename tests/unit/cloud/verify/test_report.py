"""The report says first whether the chat passed, and a result can't break its table."""

from dataclasses import replace

from fireside.cloud.verify.report import Report, Result, markdown


def test_a_report_that_fails_says_so_first():
    report = Report("d", "v", "p", "s", 1, 1, 0.1, [Result("a|b", "fail", "x\ny", 1)])

    assert markdown(report).startswith("# Chat verification: FAILED\n")
    assert "| a\\|b | fail | x y | 1.0 |" in markdown(report)
    assert markdown(replace(report, results=[])).startswith("# Chat verification: passed\n")


def test_what_was_only_seen_is_counted_and_fails_nothing():
    results = [Result("a", "seen", "x", 1), Result("b", "ok", "y", 1)]
    report = Report("d", "v", "p", "s", 1, 1, 0.1, results)

    assert report.is_good
    assert "1 passed, 0 failed, 1 seen, 0 skipped" in markdown(report)
    assert "| a | seen | x | 1.0 |" in markdown(report)
