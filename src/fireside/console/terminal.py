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


@dataclass(frozen=True, slots=True)
class Terminal:
    """The three functions together; tests bring their own."""

    print_progress: WriteLine = print_progress
    print_result: WriteLine = print_result
    ask: Callable[[str], str | None] = ask
