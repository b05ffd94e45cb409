"""How options are added to what a command does."""

from collections.abc import Callable, Sequence

Run = Callable[..., int]
"""What a command does; it returns the exit code."""


def with_options(run: Run, options: Sequence[Callable[[Run], Run]]) -> Run:
    """Decorate a command with options, which stand in this order in its help."""
    for add in reversed(options):
        run = add(run)
    return run
