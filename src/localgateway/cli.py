"""Read the command line: `localgateway serve api.json`, `localgateway replay event.json`."""

import argparse
import dataclasses
import re
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from localgateway.dev import faults
from localgateway.dev.replay import CannotReplay, replay
from localgateway.functions.context import Credentials
from localgateway.functions.workers import CONCURRENCY
from localgateway.lines import setup_logging
from localgateway.machine.api import ApiError
from localgateway.machine.limits import CONNECTS_PER_SECOND, REQUESTS_PER_SECOND, Limits
from localgateway.serve import CannotServe, Options, read, serve

USAGE, INTERRUPTED = 2, 130

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SHORTEST_SECONDS, _LONGEST_INTEGRATION_SECONDS = 0.05, 29.0
_HIGHEST_PORT = 65_535

_EPILOG = """\
examples:
  localgateway serve api.json                         run your API; handlers as in Lambda
  localgateway serve api.json --reload                start anew when the code changes
  localgateway serve a.json b.json --port 3001 --port 3002
  localgateway serve api.json --idle-timeout 5s       see what ten idle minutes do, now
  localgateway serve api.json --faults drop=0.1 --seed 7
  localgateway serve api.json --record events         keep each event as a file
  python -m pdb -m localgateway replay events/0007-*.json
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 2 for what must be mended, 130 for Ctrl-C."""
    parser = _parser()
    try:
        arguments = parser.parse_args(argv)
        match arguments.command:
            case "serve":
                setup_logging(sys.stderr, as_json=arguments.json)
                return serve(_options(arguments))
            case "replay":
                return replay(read(arguments.api, Options(())), arguments.files)
            case _:
                parser.print_help(sys.stderr)
                return USAGE
    except (ApiError, CannotServe, CannotReplay, faults.FaultsError) as why:
        print(f"localgateway: {why}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED


def duration(text: str) -> float:
    """Read `500ms`, `5s`, `10m` or `2h` as seconds."""
    match = _DURATION.fullmatch(text)
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
    if seconds < _SHORTEST_SECONDS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no length of time from 50ms on; write 500ms, 5s, 10m or 2h"
        )
    return seconds


def integration_time(text: str) -> float:
    """Read how long an integration may take, within API Gateway's bounds."""
    seconds = duration(text)
    if seconds > _LONGEST_INTEGRATION_SECONDS:
        raise argparse.ArgumentTypeError(f"{text!r} is over 29s, which API Gateway does not allow")
    return seconds


def credentials(text: str) -> Credentials:
    """Read `KEY:SECRET`."""
    key, colon, secret = text.partition(":")
    if not (key and colon and secret):
        raise argparse.ArgumentTypeError("it must be KEY:SECRET")
    return key, secret


def stage(text: str) -> str:
    """Read a stage: one path segment."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not one path segment; use letters, digits, - or _"
        )
    return text


def port(text: str) -> int:
    """Read a port, 0 for any free one."""
    if not text.isascii() or not text.isdigit() or int(text) > _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; use 0 to 65535")
    return int(text)


def count(text: str) -> int:
    """Read how many, at least one."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def _options(arguments: argparse.Namespace) -> Options:
    limits = Limits(
        connects_per_second=CONNECTS_PER_SECOND, requests_per_second=REQUESTS_PER_SECOND
    )
    times = {"idle_seconds": arguments.idle_timeout, "lifetime_seconds": arguments.lifetime}
    limits = dataclasses.replace(limits, **{k: v for k, v in times.items() if v is not None})
    if arguments.strict_auth and arguments.credentials is None:
        raise CannotServe("--strict-auth: it needs to know a key; add --credentials KEY:SECRET.")
    plan = None if arguments.faults is None else faults.read(arguments.faults)
    if plan is not None and arguments.seed is not None:
        plan = dataclasses.replace(plan, seed=arguments.seed)
    return Options(
        files=arguments.files,
        host=arguments.host,
        ports=arguments.port or (3001,),
        stages=arguments.stage or (),
        limits=limits,
        integration_seconds=arguments.integration_timeout,
        concurrency=arguments.concurrency,
        reload=arguments.reload,
        as_json=arguments.json,
        strict=arguments.strict_auth,
        credentials=arguments.credentials,
        record=arguments.record,
        faults=plan,
    )


# --- What the command line may say ------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="localgateway",
        description="Run an API Gateway WebSocket API and its Lambda handlers on this machine.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action="version", version=f"localgateway {version('fireside')}"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_serve(commands.add_parser("serve", help="run APIs until Ctrl-C"))
    _add_replay(commands.add_parser("replay", help="feed recorded events to their handlers"))
    return parser


def _add_serve(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("files", metavar="api.json", nargs="+", type=Path, help="what to serve")
    add("--host", default="127.0.0.1", help="address to listen on; default: 127.0.0.1")
    add(
        "--port",
        action="append",
        type=port,
        metavar="PORT",
        help="port to listen on, 0 for any free one; once for all APIs, which then share it "
        "by stage, or once for each; default: 3001",
    )
    add(
        "--stage",
        action="append",
        type=stage,
        metavar="NAME",
        help="stage to serve instead of the file's; once, or once for each API",
    )
    add(
        "--idle-timeout",
        type=duration,
        metavar="TIME",
        help="close a connection without messages after this; default: 10m",
    )
    add(
        "--lifetime",
        type=duration,
        metavar="TIME",
        help="close every connection after this; default: 2h",
    )
    add(
        "--integration-timeout",
        type=integration_time,
        metavar="TIME",
        help="wait this long for a handler, 50ms to 29s; default: the file's",
    )
    add(
        "--concurrency",
        type=count,
        default=CONCURRENCY,
        metavar="N",
        help=f"processes that one function may have; default: {CONCURRENCY}",
    )
    add("--reload", action="store_true", help="use new code and routes when their files change")
    add("--json", action="store_true", help="log one JSON object a line")
    add("--strict-auth", action="store_true", help="verify signatures on @connections")
    add(
        "--credentials",
        type=credentials,
        metavar="KEY:SECRET",
        help="what @connections accepts, and what handlers sign with",
    )
    add("--record", type=Path, metavar="FOLDER", help="keep each event as a file, for `replay`")
    add("--faults", metavar="FILE|SPEC", help="trouble on request, such as drop=0.1,delay=1")
    add(
        "--seed", type=int, metavar="N", help="which run of that trouble; default: the file's, or 0"
    )


def _add_replay(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("files", metavar="EVENT", nargs="+", type=Path, help="files that --record wrote")
    add("--api", type=Path, default=Path("api.json"), help="whose handlers; default: ./api.json")
