"""A page that can't show its parts any more, and what the browser says about that."""

ERROR = "no times today"

BREAK_TIMES = f"""() => {{
  window.toISOString = Date.prototype.toISOString;
  Date.prototype.toISOString = () => {{ throw new Error("{ERROR}"); }};
}}"""
"""Times can't be written any more, so the next row that has one can't be shown."""

RESTORE_TIMES = "() => { Date.prototype.toISOString = window.toISOString; }"


def expected_errors(person, expected: str = ERROR) -> list[str]:
    """Return the errors so far that a test asked for."""
    return [text for text in person.wrong if expected in text]


def forget_errors(person, expected: str = ERROR) -> None:
    """Forget the errors that a test asked for; what else the browser said stays wrong."""
    person.wrong[:] = [text for text in person.wrong if expected not in text]
