"""The line that a check becomes."""

from fireside.console.checks import Check, line


def test_what_is_fine_needs_no_remedy():
    assert line(Check("Python", "ok", "3.13")) == "ok    Python: 3.13."


def test_what_is_not_says_what_to_do():
    check = Check("Port", "fail", "8080 is taken", "Choose another with --port.")

    assert line(check) == "fail  Port: 8080 is taken. Choose another with --port."
