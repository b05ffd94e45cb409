"""Progress, results and questions on a terminal."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

WriteLine = Callable[[str], object]
"""Takes one line of text."""


def print_progress(text: str) -> None:
    """Print progress to stderr, so that stdout holds only the result."""
    print(text, file=sys.stderr, flush=True)


def print_result(text: str) -> None:
    """Print a result to stdout."""
    print(text, flush=True)


def ask(question: str) -> str | None:
    """Return the answer to a question; None when stdin is not a terminal."""
    if not sys.stdin.isatty():
        return None
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def is_for_a_person() -> bool:
    """Return whether results go to a terminal: a log or a pipe must not hold a secret."""
    return sys.stdout.isatty()


@dataclass(frozen=True, slots=True)
class Terminal:
    """The functions together; tests bring their own."""

    print_progress: WriteLine = print_progress
    print_result: WriteLine = print_result
    ask: Callable[[str], str | None] = ask
    is_for_a_person: Callable[[], bool] = is_for_a_person
