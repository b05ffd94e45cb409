"""Exit codes, and the error that ends a command with one of them."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What `fireside` returns to the shell. Scripts may rely on the numbers."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    PORT_BUSY = 3
    DATA = 4
    DATABASE = 5
    PAGE = 6
    CLOUD = 7
    UNAVAILABLE = 8
    INTERRUPTED = 130


class CannotStart(Exception):  # noqa: N818 - it says what happened, as a refusal does
    """A command can't run. The sentence says what to do next."""

    def __init__(self, sentence: str, exit_code: ExitCode = ExitCode.UNEXPECTED) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
