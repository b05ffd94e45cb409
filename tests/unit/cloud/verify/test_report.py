"""The report says first whether the chat passed, and a result can't break its table."""

from dataclasses import replace

from fireside.cloud.verify.report import Report, Result, markdown


def test_a_report_that_fails_says_so_first():
    report = Report("d", "v", "p", "s", 1, 1, 0.1, [Result("a|b", "fail", "x\ny", 1)])

    assert markdown(report).startswith("# Chat verification: FAILED\n")
    assert "| a\\|b | fail | x y | 1.0 |" in markdown(report)
    assert markdown(replace(report, results=[])).startswith("# Chat verification: passed\n")
