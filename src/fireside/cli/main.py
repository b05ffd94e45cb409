"""Run the command that the command line names.

A command's module is imported when it is named and not before, so `fireside --version` and
`fireside --help` answer at once.
"""

import io
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from fireside import __version__
from fireside.console.exits import CannotStart, ExitCode

COMMANDS = {
    "serve": "run the chat until Ctrl-C",
    "invite": "print the link that lets people in",
    "owner": "print the link that makes an owner",
    "invoke": "pass one event to the handlers",
    "doctor": "check what the chat needs, with remedies",
    "package": "build the zip for AWS Lambda",
    "rehearse": "run that zip on this machine, as AWS would",
    "cost": "estimate the monthly bill from AWS",
    "deploy": "put the chat on AWS, or update it",
    "status": "show what is on AWS and whether it is healthy",
    "logs": "print the logs of the functions on AWS",
    "verify": "check a running chat from outside, and write a report",
    "export": "write the messages of a chat on AWS to a file",
    "destroy": "remove a chat from AWS",
}
"""Each command with its line in `fireside --help`. The module beside this one has its name."""

_EXAMPLES = """\b
Examples:
  fireside serve --open                     start the chat and open the browser
  fireside serve --port 9000 --data ./chat  another port, another folder
  fireside invite                           print the link that lets people in
  fireside owner                            print the link that makes you the owner
  fireside invoke sendMessage               pass the sample event to the handlers
  fireside doctor                           find out why the chat does not start
  fireside package                          build the zip for AWS Lambda
  fireside rehearse                         run that zip here, as AWS would
  fireside cost --users 50 --messages-per-day 2000
                                            estimate the monthly bill from AWS
  fireside deploy --plan-only               show what a deploy would change on AWS
  fireside status                           show whether the chat on AWS is healthy
  fireside destroy                          remove the chat from AWS

Every option of serve is also a variable (FIRESIDE_PORT) and a line in fireside.toml (port = 9000).
A flag overrides the variable, the variable the file, and the file the default.
"""

_HELP_NAMES, _HELP = ["-h", "--help"], "print this help and exit"


class LazyGroup(click.Group):
    """Knows the commands by name, and imports the one that runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"fireside.cli.{cmd_name}").command
        if all(option.name != "help" for option in command.params):
            click.help_option(*_HELP_NAMES, help=_HELP)(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    help="A chat on this machine, with the same code that runs behind API Gateway.",
    epilog=_EXAMPLES,
    context_settings={"max_content_width": 100, "help_option_names": _HELP_NAMES},
)
@click.version_option(
    __version__, message="fireside %(version)s", help="print the version and exit"
)
@click.help_option(*_HELP_NAMES, help=_HELP)
def fireside() -> None:
    """Find the command to run."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (see console/exits.py)."""
    try:
        with fireside.make_context(
            "fireside", list(sys.argv[1:] if argv is None else argv)
        ) as context:
            return int(fireside.invoke(context))
    except CannotStart as reason:
        print(f"fireside: {_printable_lines(str(reason))}", file=sys.stderr)
        return int(reason.exit_code)
    except click.UsageError as problem:
        problem.show(shown := io.StringIO())
        print(_printable_lines(shown.getvalue()), end="", file=sys.stderr)
        return int(ExitCode.USAGE)
    except click.exceptions.Exit as ending:  # after --help or --version
        return ending.exit_code
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ExitCode.UNEXPECTED)


def _printable_lines(text: str) -> str:
    """Return text that moves no cursor: it may quote a file or a folder that others named."""
    from fireside.console.logs import printable  # noqa: PLC0415 - --help need not wait for it

    return "\n".join(map(printable, text.split("\n")))
