"""What the smoke of other browsers needs of each: WebDriver and WebDriver BiDi can both do it."""

from contextlib import AbstractContextManager
from typing import Protocol

LONGEST_SECONDS = 120
"""For anything to be seen or done: no test says how fast a machine is."""

Actions = list[dict[str, object]]
"""Keys and clicks, which both protocols write in the same way."""


class Engine(Protocol):
    """A browser that is ready to open windows."""

    def window(self) -> AbstractContextManager["Window"]:
        """Open a window that shares nothing with those opened before."""


class Window(Protocol):
    """A window, and those opened from it."""

    def goto(self, address: str) -> None:
        """Open an address; return when it is loaded."""

    def reload(self) -> None:
        """Load the page again; return when it is loaded."""

    def evaluate(self, expression: str) -> object:
        """Return the value of an expression on the page, or of its promise: what fits into JSON."""

    def perform(self, actions: Actions) -> None:
        """Press keys, move the mouse, click."""

    def another(self) -> "Window":
        """Open a second window, which shares what the browser stores."""

    def errors(self) -> list[str]:
        """Return what went wrong on the pages of this window, and of those opened from it."""
