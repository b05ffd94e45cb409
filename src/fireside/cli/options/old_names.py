"""Old names of options, accepted for one release with a line that has the new name.

Old names of settings and of their values are in server/settings.py.
"""

import sys

import click

from fireside.console.logs import printable

_OPTIONS = {
    "--accept-losses": "--allow-data-loss",
    "--faithful": "--isolated",
    "--for": "--duration",
    "--no-faithful": "--no-isolated",
    "--silent": "--read-only",
}


class CommandWithOldNames(click.Command):
    """A command whose options may also have their old names."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        shown = [one for one in self.params if not (isinstance(one, click.Option) and one.hidden)]
        known = {name for option in shown for name in (*option.opts, *option.secondary_opts)}
        return super().parse_args(ctx, [_current(word, known) for word in args])


def _current(word: str, known: set[str]) -> str:
    """Return a word of the command line, with the new name of an option for its old one."""
    name, equals, value = word.partition("=")
    new = _OPTIONS.get(name)
    if new not in known:
        return word
    print_renamed(name, new)
    return f"{new}{equals}{value}"


def print_renamed(old: str, new: str) -> None:
    """Print the new name to stderr."""
    sentence = f"use {new} instead of {old}, which the next release will not accept."
    print(f"fireside: {printable(sentence)}", file=sys.stderr)
