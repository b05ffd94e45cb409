"""Secrets as options: the command line is no place for them."""

import sys

import click
from click.core import ParameterSource


def note_secret(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return the value of an option that has a variable; warn if it stands on the command line."""
    is_shown = ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
    if value and value != "-" and is_shown:
        warn_of_secret(f"{param.opts[0]} - reads it from stdin, and {param.envvar} may hold it")
    return value


def read_secret(given: str | None, question: str) -> str | None:
    """Return a secret; `-` stands for a line of stdin, which is asked for on a terminal."""
    if given != "-":
        return given
    if sys.stdin.isatty():
        print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def warn_of_secret(better: str) -> None:
    """Print to stderr that the command line is no place for a secret, and which one is better."""
    print(
        "fireside: the invite is on the command line, where other users of this machine see it, "
        f"and in your shell's history: {better}.",
        file=sys.stderr,
    )
