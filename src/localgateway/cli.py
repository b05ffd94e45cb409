"""Read the command line: `localgateway serve api.json`, `localgateway replay event.json`.

Each command imports what it needs when it runs, so `localgateway --version` answers at once.
"""

import dataclasses
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from localgateway.machine.api import STAGE, ApiError
from localgateway.machine.limits import (
    CONCURRENCY,
    CONNECTS_PER_SECOND,
    INTEGRATION_MILLIS,
    REQUESTS_PER_SECOND,
    Limits,
)

if TYPE_CHECKING:
    from localgateway.functions.context import Credentials
    from localgateway.serve import Options

USAGE, INTERRUPTED = 2, 130

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SHORTEST_SECONDS = INTEGRATION_MILLIS[0] / 1000
_LONGEST_INTEGRATION_SECONDS = INTEGRATION_MILLIS[-1] / 1000
_HIGHEST_PORT = 65_535
_DEFAULTS = Limits()
_help_option = click.help_option("-h", "--help", help="print this help and exit")

_EPILOG = """\b
Examples:
  localgateway serve api.json                         run your API; handlers as in Lambda
  localgateway serve api.json --reload                load code when it changes
  localgateway serve a.json b.json --port 3001 --port 3002
  localgateway serve api.json --idle-timeout 5s       close idle connections after 5 seconds
  localgateway serve api.json --faults drop=0.1 --seed 7
  localgateway serve api.json --record events         write each event to a file
  python -m pdb -m localgateway replay events/0007-*.json
"""


class _Stopped(click.ClickException):
    """The command can't run as asked. The text names the place and the remedy."""

    exit_code = USAGE

    def show(self, file: IO[Any] | None = None) -> None:
        print(f"localgateway: {self.message}", file=file or sys.stderr)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code, which docs/reference/localgateway.md lists."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        with command.make_context("localgateway", words) as context:
            return int(command.invoke(context))
    except click.ClickException as why:
        why.show()
        return why.exit_code
    except click.exceptions.Exit as ending:  # after --help or --version
        return ending.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED


# --- What an option's text means --------------------------------------------------------------


def duration(text: str) -> float:
    """Return `500ms`, `5s`, `10m` or `2h` as seconds."""
    match = _DURATION.fullmatch(text)
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
    if seconds < _SHORTEST_SECONDS:
        raise click.BadParameter(
            f"{text!r} is no length of time from 50ms on; write 500ms, 5s, 10m or 2h"
        )
    return seconds


def integration_time(text: str) -> float:
    """Return a duration within API Gateway's bounds for integrations, in seconds."""
    seconds = duration(text)
    if seconds > _LONGEST_INTEGRATION_SECONDS:
        raise click.BadParameter(f"{text!r} is over 29s, which API Gateway does not allow")
    return seconds


def credentials(text: str) -> "Credentials":
    """Return the two parts of `KEY:SECRET`; `-` stands for a line of stdin."""
    if text == "-":
        text = sys.stdin.readline().strip()
    key, colon, secret = text.partition(":")
    if not (key and colon and secret):
        raise click.BadParameter("it must be KEY:SECRET")
    return key, secret


def host_name(text: str) -> str:
    """Return a host without scheme and port."""
    from localgateway.net.hosts import plain_name

    name = plain_name(text)
    if not name or (":" in text and not text.endswith("]")):
        raise click.BadParameter(
            f"{text!r} is no host; write dev.example, 192.168.1.20 or [fe80::1], without a port"
        )
    return name


def stage(text: str) -> str:
    """Return a stage that is one path segment."""
    if not STAGE.fullmatch(text):
        raise click.BadParameter(f"{text!r} is not one path segment; use letters, digits, - or _")
    return text


def port(text: str) -> int:
    """Return a port number; 0 stands for any free one."""
    if not text.isascii() or not text.isdigit() or int(text) > _HIGHEST_PORT:
        raise click.BadParameter(f"{text!r} is no port; use 0 to 65535")
    return int(text)


def count(text: str) -> int:
    """Return a number that is at least one."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise click.BadParameter(f"{text!r} is not a number from 1 on")
    return int(text)


def _secret_credentials(
    ctx: click.Context, param: click.Parameter, text: str | None
) -> "Credentials | None":
    """Return the two parts, and warn of a secret that stands on the command line."""
    is_shown = ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
    if text is not None and text != "-" and is_shown:
        print(
            "localgateway: the secret is on the command line, where other users of this machine "
            "see it, and in your shell's history: --credentials - reads it from stdin, and "
            f"{param.envvar} may hold it.",
            file=sys.stderr,
        )
    return None if text is None else credentials(text)


# --- The commands -----------------------------------------------------------------------------


@click.group(epilog=_EPILOG)
@click.version_option(
    package_name="fireside",
    message="localgateway %(version)s",
    help="print the version and exit",
)
@_help_option
def command() -> None:
    """Run an API Gateway WebSocket API and its Lambda handlers on this machine."""


@command.command("serve", short_help="run APIs until Ctrl-C")
@click.argument(
    "files", metavar="API.JSON...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--host",
    metavar="HOST",
    help="address to listen on; 127.0.0.1 for ::1 too, :: for all; default: 127.0.0.1",
)
@click.option(
    "--port",
    "ports",
    multiple=True,
    type=port,
    metavar="PORT",
    help="port to listen on, 0 for any free one; default: 3001. "
    "Given once, all APIs share it by their stages; given for each API, each has its own",
)
@click.option(
    "--stage",
    "stages",
    multiple=True,
    type=stage,
    metavar="NAME",
    help="stage to serve instead of the file's; once for all APIs, or for each",
)
@click.option(
    "--idle-timeout",
    type=duration,
    metavar="TIME",
    help="close a connection after this long without a message in either direction; "
    f"default: {_DEFAULTS.idle_seconds / 60:g}m",
)
@click.option(
    "--lifetime",
    type=duration,
    metavar="TIME",
    help=f"how long a connection may stay open; default: {_DEFAULTS.lifetime_seconds / 3600:g}h",
)
@click.option(
    "--integration-timeout",
    "integration_seconds",
    type=integration_time,
    metavar="TIME",
    help="longest wait for a handler, 50ms to 29s; default: the file's timeoutMillis",
)
@click.option(
    "--concurrency",
    type=count,
    metavar="N",
    help=f"maximum number of processes per function; default: {CONCURRENCY}",
)
@click.option(
    "--reload",
    is_flag=True,
    help="load changed code and routes without a restart; open connections stay open",
)
@click.option("--json", "as_json", is_flag=True, help="write the log as JSON lines; default: text")
@click.option(
    "--any-key",
    is_flag=True,
    help="take any well-formed signature on @connections and Invoke; "
    "default: verify it with a key that is made for each run",
)
@click.option(
    "--credentials",
    metavar="KEY:SECRET",
    envvar="LOCALGATEWAY_CREDENTIALS",
    callback=_secret_credentials,
    help="access key to verify with, and that handlers sign with; - reads it from stdin; "
    "default: the variable LOCALGATEWAY_CREDENTIALS, or one made for each run",
)
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    type=host_name,
    metavar="HOST",
    help="further host, and host of pages, to let in beside loopback and --host",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="write each event to a file in FOLDER, for localgateway replay; default: none",
)
@click.option(
    "--faults",
    metavar="FILE|SPEC",
    help="faults to inject: a JSON file, or the chance of each, such as drop=0.1,delay=0.5 "
    "(from 0 to 1); default: none",
)
@click.option(
    "--seed", type=int, metavar="N", help="random seed of the faults; default: the file's, or 0"
)
@_help_option
def serve_command(**given: Any) -> int:  # noqa: ANN401 - click's, one for each option
    """Run one or more APIs until Ctrl-C, SIGTERM or SIGHUP.

    A TIME is a number with a unit: 500ms, 5s, 10m or 2h.
    """
    from localgateway.dev.faults import FaultsError
    from localgateway.lines import setup_logging
    from localgateway.platform.streams import background_output
    from localgateway.serve import CannotServe, serve

    try:
        with background_output():
            setup_logging(sys.stderr, as_json=given["as_json"])
            return serve(_options(given))
    except (ApiError, CannotServe, FaultsError) as why:
        raise _Stopped(str(why)) from why


@command.command("replay", short_help="call handlers with recorded events")
@click.argument(
    "files", metavar="EVENT...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--api",
    type=click.Path(path_type=Path),
    default=Path("api.json"),
    metavar="FILE",
    help="API whose handlers are called; default: api.json in this folder",
)
@_help_option
def replay_command(files: Sequence[Path], api: Path) -> int:
    """Call handlers again with the events that `serve --record` wrote.

    They run in this process, so that a debugger can stop in them.
    """
    from localgateway.dev.replay import CannotReplay, replay
    from localgateway.serve import Options, read

    try:
        return replay(read(api, Options(())), files)
    except (ApiError, CannotReplay) as why:
        raise _Stopped(str(why)) from why


def _options(given: dict[str, Any]) -> "Options":
    """Return the options of `serve`; what was not given has the default that Options has."""
    from localgateway.dev import faults
    from localgateway.serve import CannotServe, Options

    given = {name: value for name, value in given.items() if value not in (None, ())}
    times = {
        "idle_seconds": given.pop("idle_timeout", _DEFAULTS.idle_seconds),
        "lifetime_seconds": given.pop("lifetime", _DEFAULTS.lifetime_seconds),
    }
    limits = Limits(
        connects_per_second=CONNECTS_PER_SECOND, requests_per_second=REQUESTS_PER_SECOND, **times
    )
    if given["any_key"] and "credentials" in given:
        raise CannotServe("--any-key: with --credentials only that key counts; leave out one.")
    seed = given.pop("seed", None)
    if "faults" in given:
        plan = faults.read(given["faults"])
        given["faults"] = plan if seed is None else dataclasses.replace(plan, seed=seed)
    return Options(limits=limits, **given)
