"""Read the command line and start what it asks for.

Each command imports what it needs when it runs, so `fireside --version` answers at once.
"""

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from fireside.cli import cloud_commands as cloud
from fireside.console.exits import CannotStart, ExitCode
from fireside.server import settings as known
from fireside.server.settings import Settings

ROUTES = (
    "$connect",
    "$disconnect",
    "$default",
    "hello",
    "sendMessage",
    "getHistory",
    "resume",
    "ping",
)

Add = Callable[[argparse.ArgumentParser], None]
Run = Callable[[argparse.Namespace], int]

_EPILOG = """\
examples:
  fireside serve --open                    start the chat and open the browser
  fireside serve --port 9000 --data ./chat another port, another folder
  fireside invite                          print the link that lets people in
  fireside invoke sendMessage              put the sample event into the handlers
  fireside doctor                          find out why it will not start
  fireside package                         build the zip that AWS Lambda would run
  fireside rehearse                        run that zip here, as AWS would
  fireside cost --users 50 --messages-per-day 2000
                                           reckon what AWS would charge a month

Every option of `serve` is also a FIRESIDE_* variable and a line in fireside.toml:
a flag wins over the variable, the variable over the file, the file over the default.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (see exits.py)."""
    try:
        arguments = _parser().parse_args(argv)
        return _run(arguments)
    except CannotStart as reason:
        print(f"fireside: {reason}", file=sys.stderr)
        return int(reason.exit_code)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except SystemExit as ending:  # argparse ends this way: help, version or usage
        return ending.code if isinstance(ending.code, int) else int(ExitCode.UNEXPECTED)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command is None:
        _parser().print_help(sys.stderr)
        return int(ExitCode.USAGE)
    run: Run = arguments.run
    return run(arguments)


def _serve(arguments: argparse.Namespace) -> int:
    from fireside.console.logs import setup_logging
    from fireside.server.local import serve

    settings = _settings(arguments)
    setup_logging(settings.log_format, sys.stderr, color=settings.color)
    return serve(settings)


def _invite(arguments: argparse.Namespace) -> int:
    from fireside.cli.invite import invite

    if arguments.stage is not None:
        return cloud.print_link(arguments)
    cloud.require_no_place(arguments)
    url = None if arguments.url is None else known.origin("--url", arguments.url)
    settings = _settings(arguments)
    return invite(settings, new=arguments.new, url=url, qr=arguments.qr, as_hash=arguments.hash)


def _invoke(arguments: argparse.Namespace) -> int:
    from fireside.cli.invoke import invoke
    from fireside.console.logs import setup_logging

    setup_logging("auto", sys.stderr)
    return invoke(
        arguments.route, event=arguments.event, username=arguments.username, data=arguments.data
    )


def _doctor(arguments: argparse.Namespace) -> int:
    from fireside.cli.doctor import doctor

    return doctor(_settings(arguments), as_json=arguments.json)


def _package(arguments: argparse.Namespace) -> int:
    from fireside.cloud import package

    try:
        print(package.describe(package.write(arguments.out)))
    except package.CannotPackage as why:
        raise CannotStart(str(why)) from why
    return ExitCode.OK


def _cost(arguments: argparse.Namespace) -> int:
    from fireside.cloud.cost import cost

    habits = cost.habits(vars(arguments))
    say = cost.as_json if arguments.json else cost.report
    print(say(habits, free_tier=arguments.free_tier))
    return ExitCode.OK


def _rehearse(arguments: argparse.Namespace) -> int:
    from fireside.cloud.rehearse.rehearse import Options, rehearse
    from fireside.console.logs import setup_logging

    settings = _settings(arguments)
    setup_logging(settings.log_format, sys.stderr, color=settings.color)
    given = (arguments.keep, arguments.latency, arguments.seed, arguments.seconds)
    return rehearse(settings, Options(*given, arguments.people, arguments.messages))


def _settings(arguments: argparse.Namespace) -> Settings:
    flags = {key: getattr(arguments, key, None) for key in known.KEYS}
    path = known.config_path(arguments.config, os.environ, Path.cwd())
    return known.load(flags, os.environ, path)


# --- What the command line may say ------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fireside",
        description="A chat on this machine, over the same code that runs behind API Gateway.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, help_, add, run in _COMMANDS:
        command = commands.add_parser(name, help=help_)
        add(command)
        command.set_defaults(run=run)
    return parser


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.description = "Run the chat until Ctrl-C and print the address to open."
    _add_place(parser)
    _add(parser, "public_url", metavar="URL")
    _add(parser, "invites", metavar="|".join(known.INVITES))
    _add_switch(parser, "open")
    _add(parser, "allow_origin", metavar="ORIGIN", action="append")
    _add_switch(parser, "faithful")
    _add(parser, "log_format", metavar="|".join(known.LOG_FORMATS))


def _add_invite(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Print the link that lets people in, and its QR code on a terminal. "
        "The secret in it is made when it is first needed, and kept beside the messages."
    )
    parser.add_argument(
        "--new", action="store_true", help="make another secret; older links let nobody in"
    )
    parser.add_argument("--url", metavar="URL", help="address of the chat; default: --public-url")
    parser.add_argument(
        "--hash",
        action="store_true",
        help="print the secret's SHA-256 instead, for functions on AWS",
    )
    parser.add_argument(
        "--qr", action=argparse.BooleanOptionalAction, help="draw the code; default: on a terminal"
    )
    _add_place(parser)
    cloud.add_place(parser.add_argument_group("a chat on AWS"), stage=None)


def _add_invoke(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Put one API-Gateway-shaped event straight into the handlers. The response is printed on "
        "stdout, what was pushed to the room on stderr. Nothing is kept unless --data is given."
    )
    parser.add_argument("route", metavar="ROUTE", choices=ROUTES, help=", ".join(ROUTES))
    parser.add_argument(
        "--event", metavar="FILE", help="event to use, - for stdin; default: the route's sample"
    )
    parser.add_argument("--username", metavar="NAME", help="who asks; default: the event's own")
    parser.add_argument("--data", metavar="FOLDER", help="use the messages kept in this folder")


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.description = "Check what the chat needs. Exit code 1 when something must be mended."
    _add_place(parser)
    _add(parser, "public_url", metavar="URL")
    _add(parser, "invites", metavar="|".join(known.INVITES))
    parser.add_argument("--json", action="store_true", help="print the checks as JSON")


def _add_package(parser: argparse.ArgumentParser) -> None:
    parser.description = "Build the zip for AWS Lambda: the same bytes each time, on any machine."
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        default=Path("build/fireside-lambda.zip"),
        help="where to write it; default: %(default)s",
    )


def _add_rehearse(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Build the zip for AWS Lambda and run it on this machine: behind the local gateway, with "
        "signed @connections and DynamoDB Local. In the end, say what AWS would have billed. "
        "Nothing can reach AWS."
    )
    _add(parser, "host", metavar="HOST")
    _add(parser, "port", metavar="PORT")
    _add(parser, "aws_client", metavar="|".join(known.AWS_CLIENTS))
    _add(parser, "log_format", metavar="|".join(known.LOG_FORMATS))
    parser.add_argument(
        "--config", metavar="FILE", help="settings file; default: ./fireside.toml if it is there"
    )
    parser.add_argument(
        "--keep",
        metavar="FOLDER",
        type=Path,
        nargs="?",
        const=Path("build/rehearsal"),
        help="keep what is said, in build/rehearsal or in FOLDER; otherwise it is forgotten",
    )
    parser.add_argument(
        "--latency",
        choices=["none", "aws"],
        default="none",
        help="wait as long as AWS would make one wait; default: none",
    )
    parser.add_argument(
        "--seed", metavar="N", type=int, default=0, help="which run of those waits; default: 0"
    )
    parser.add_argument(
        "--for", dest="seconds", metavar="SECONDS", type=_amount, help="stop after this long"
    )
    parser.add_argument(
        "--people",
        metavar="N",
        type=_count,
        default=0,
        help="have so many people talk by themselves, and stop when all was said",
    )
    parser.add_argument(
        "--messages",
        metavar="N",
        type=_count,
        default=10,
        help="that each of them says; default: 10",
    )


def _add_cost(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Reckon a month's bill from list prices, line by line, beside the usual design's. "
        "Nothing is asked of AWS."
    )
    wanted, more = parser.add_argument_group("who talks"), parser.add_argument_group("how much")
    wanted.add_argument("--users", metavar="N", type=_count, required=True, help="people")
    wanted.add_argument(
        "--messages-per-day",
        metavar="N",
        type=_amount,
        required=True,
        help="of all of them together",
    )
    for option, help_ in (
        ("--hours", "that each is connected, on a day; default: 8"),
        ("--days", "in a month; default: 22"),
        ("--online", "connected at once; default: all, spread over 24 hours"),
        ("--online-per-room", "of those, in the room; default: all of them"),
        ("--visits", "times a day that each opens the page; default: 1"),
        ("--history-loads", "pages of history that each reads per visit; default: 1"),
    ):
        more.add_argument(option, metavar="N", type=_amount, help=help_)
    more.add_argument(
        "--message-bytes", metavar="N", type=_count, help="of one message's text; default: 100"
    )
    parser.add_argument("--region", choices=["us-east-1"], default="us-east-1", help="whose prices")
    parser.add_argument(
        "--free-tier",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="count what every account has free for ever; default: yes",
    )
    parser.add_argument("--json", action="store_true", help="print the bill as JSON")


def _count(text: str) -> int:
    """Read a whole number above 0."""
    if not (text.isascii() and text.isdigit()) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, not {text!r}")
    return int(text)


def _amount(text: str) -> float:
    """Read a number above 0."""
    try:
        amount = float(text)
    except ValueError:
        amount = math.nan
    if not 0 < amount < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number above 0, not {text!r}")
    return amount


def _add_place(parser: argparse.ArgumentParser) -> None:
    _add(parser, "host", metavar="HOST")
    _add(parser, "port", metavar="PORT")
    _add(parser, "data", metavar="FOLDER")
    parser.add_argument(
        "--config", metavar="FILE", help="settings file; default: ./fireside.toml if it is there"
    )


def _add(parser: argparse.ArgumentParser, key: str, *, metavar: str, action: str = "store") -> None:
    """Offer one setting as a flag. It has no default, so that we see whether it was given."""
    parser.add_argument(
        f"--{key.replace('_', '-')}",
        dest=key,
        metavar=metavar,
        action=action,
        default=None,
        help=known.KEYS[key],
    )


def _add_switch(parser: argparse.ArgumentParser, key: str) -> None:
    """Offer a setting that is on or off, as `--KEY` and `--no-KEY`, without a default either."""
    parser.add_argument(
        f"--{key.replace('_', '-')}",
        dest=key,
        action=argparse.BooleanOptionalAction,
        default=None,
        help=known.KEYS[key],
    )


_COMMANDS: tuple[tuple[str, str, Add, Run], ...] = (
    ("serve", "run the chat until Ctrl-C", _add_serve, _serve),
    ("invite", "print the link that lets people in", _add_invite, _invite),
    ("invoke", "put one event straight into the handlers", _add_invoke, _invoke),
    ("doctor", "check what the chat needs, with remedies", _add_doctor, _doctor),
    ("package", "build the zip that AWS Lambda would run", _add_package, _package),
    ("rehearse", "run that zip here, as AWS would", _add_rehearse, _rehearse),
    ("cost", "reckon what AWS would charge a month", _add_cost, _cost),
    *cloud.COMMANDS,
)


class _Version(argparse.Action):
    """Look the version up only when asked: finding it costs more than the rest of --version."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:  # noqa: A002
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"fireside {version('fireside')}")
        parser.exit()
