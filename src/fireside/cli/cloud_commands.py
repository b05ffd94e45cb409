"""What the command line may say about AWS, and who does it. Nothing heavy is imported here."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fireside.cloud.deploy.names import PROJECT, STAGE
from fireside.console.exits import CannotStart, ExitCode

if TYPE_CHECKING:
    from fireside.cloud.deploy.stage import Stage

Parser = argparse.ArgumentParser | argparse._ArgumentGroup  # noqa: SLF001 - it has no other name
Add = Callable[[argparse.ArgumentParser], None]
Run = Callable[[argparse.Namespace], int]


def _deploy(arguments: argparse.Namespace) -> int:
    from fireside.cloud.deploy.deploy import Wishes, deploy
    from fireside.cloud.deploy.world import World

    wishes = Wishes(
        plan_only=arguments.plan_only,
        yes=arguments.yes,
        accept_losses=arguments.accept_losses,
        build=arguments.build,
        smoke_message=arguments.smoke_message,
        new_invite=arguments.new_invite,
        add_invite=arguments.add_invite,
        region=arguments.region,
        var_files=arguments.var_file,
    )
    return deploy(_stage(arguments), wishes, World())


def _destroy(arguments: argparse.Namespace) -> int:
    from fireside.cloud.deploy.destroy import Wishes, destroy
    from fireside.cloud.deploy.world import World

    wishes = Wishes(arguments.yes, arguments.export, arguments.no_export)
    return destroy(_stage(arguments), wishes, World())


def _export(arguments: argparse.Namespace) -> int:
    from fireside.cloud.deploy.destroy import export_stage
    from fireside.cloud.deploy.world import World

    return export_stage(_stage(arguments), arguments.file, World())


def _status(arguments: argparse.Namespace) -> int:
    from fireside.cloud.deploy.status import status
    from fireside.cloud.deploy.world import World

    return status(_stage(arguments), World(), as_json=arguments.json)


def _logs(arguments: argparse.Namespace) -> int:
    from fireside.cloud.deploy.logs import logs
    from fireside.cloud.deploy.world import World

    return logs(
        _stage(arguments),
        World(),
        functions=arguments.function,
        since_seconds=arguments.since,
        follow=arguments.follow,
    )


def _verify(arguments: argparse.Namespace) -> int:
    from fireside.cloud.deploy.world import World
    from fireside.cloud.verify.verify import Wishes, run

    invite = sys.stdin.readline().strip() if arguments.invite == "-" else arguments.invite
    wishes = Wishes(invite, arguments.out, arguments.silent, arguments.yes)
    return run(arguments.url, wishes, World())


def _stage(arguments: argparse.Namespace) -> "Stage":
    from fireside.cloud.deploy.stage import named

    return named(arguments.project, arguments.stage, arguments.infra)


def _add_deploy(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Put the chat on AWS, or bring what is there up to date: look, build, plan, say what it "
        "means and costs, ask, apply, try it, and print the link that lets people in."
    )
    add = parser.add_argument
    add(
        "--plan-only",
        action="store_true",
        help="stop after the plan was explained; nothing is made",
    )
    add(
        "--yes",
        action="store_true",
        help="don't ask; a plan that loses messages stops all the same",
    )
    add("--accept-losses", action="store_true", help="apply even what can't be had again")
    add(
        "--build",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="build the page and the zip anew; default: yes",
    )
    add(
        "--smoke-message",
        action="store_true",
        help="let the smoke test say something, which stays in the room; default: in an empty one",
    )
    invites = parser.add_mutually_exclusive_group()
    invites.add_argument(
        "--new-invite", action="store_true", help="make a new invite; older links let nobody in"
    )
    invites.add_argument(
        "--add-invite",
        action="store_true",
        help="make an invite for this computer, beside those that there are",
    )
    add_place(parser)
    add("--region", metavar="REGION", help="where it is made; default: as set up for AWS")
    add(
        "--var-file",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="variables for Terraform, over those in infra/stages/NAME/stage.tfvars; repeatable",
    )


def print_link(arguments: argparse.Namespace) -> int:
    """`fireside invite --stage NAME`: print what lets people into a chat on AWS.

    Raises:
        CannotStart: This computer doesn't know it.
    """
    from fireside.cloud.deploy.link import print_link
    from fireside.cloud.deploy.world import World

    if arguments.new or arguments.hash or arguments.url is not None:
        sentence = (
            "--stage goes with --qr alone: `fireside deploy` knows --new-invite and --add-invite."
        )
        raise CannotStart(sentence, ExitCode.USAGE)
    return print_link(_stage(arguments), World(), qr=arguments.qr)


def require_no_place(arguments: argparse.Namespace) -> None:
    """Refuse to print another chat's link to somebody who left out which chat on AWS.

    Raises:
        CannotStart: It was said where on AWS, and not which.
    """
    if arguments.project != PROJECT or arguments.infra is not None:
        sentence = "--project and --infra are for a chat on AWS: say which with --stage NAME."
        raise CannotStart(sentence, ExitCode.USAGE)


def add_place(parser: Parser, stage: str | None = STAGE) -> None:
    """Let a stage be named; without a name it is `stage`."""
    add = parser.add_argument
    told = "which chat" if stage is None else f"which chat; default: {stage}"
    add("--stage", metavar="NAME", default=stage, help=told)
    add(
        "--project",
        metavar="NAME",
        default=PROJECT,
        help="its names' beginning; default: %(default)s",
    )
    add("--infra", metavar="FOLDER", type=Path, help="the Terraform files; default: ./infra")


def _add_destroy(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Take a chat on AWS away, messages and all, after an export if you want one. "
        "It says what goes and what stays, and asks for the name."
    )
    parser.add_argument("--yes", action="store_true", help="don't ask for the name")
    exports = parser.add_mutually_exclusive_group()
    exports.add_argument(
        "--export", metavar="FILE", type=Path, help="write the messages there first"
    )
    exports.add_argument("--no-export", action="store_true", help="let the messages go")
    add_place(parser)


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.description = "Write every message of a chat on AWS to a file, one a line, as JSON."
    parser.add_argument("file", metavar="FILE", type=Path, help="where to; it must not be there")
    add_place(parser)


def _add_status(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Say what is on AWS and how it does. Exit code 1 when an alarm or the brake is on."
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    add_place(parser)


def _add_logs(parser: argparse.ArgumentParser) -> None:
    parser.description = "Print what the functions logged; nothing that people said is in it."
    add = parser.add_argument
    add("--follow", action="store_true", help="go on until Ctrl-C")
    add(
        "--function",
        metavar="NAME",
        action="append",
        default=[],
        help="only chat, authorizer, fanout, brake or access; repeatable",
    )
    add("--since", metavar="TIME", type=_seconds, default=3_600.0, help="as 15m, 2h; default: 1h")
    add_place(parser)


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Try a chat from outside: its door, its frames, its limits, and people who talk at once. "
        "It ends after ten minutes or five cents, and writes a report that you may send us."
    )
    add = parser.add_argument
    add("--url", metavar="URL", required=True, help="wss://HOST/ws, or an invite's link")
    add("--invite", metavar="LINK", help="the invite's link or secret; - reads it from stdin")
    add("--out", metavar="FOLDER", type=Path, default=Path(), help="for the report; default: here")
    add("--silent", action="store_true", help="only what says nothing in the room")
    add("--yes", action="store_true", help="don't ask before something is said")


def _seconds(text: str) -> float:
    """Read `90s`, `15m`, `2h` or `3d` as seconds."""
    units = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
    number, unit = text[:-1], units.get(text[-1:])
    if unit is None or not (number.isascii() and number.isdigit()) or int(number) == 0:
        raise argparse.ArgumentTypeError(f"write 90s, 15m, 2h or 3d, not {text!r}")
    return float(int(number) * unit)


COMMANDS: tuple[tuple[str, str, Add, Run], ...] = (
    ("deploy", "put the chat on AWS, or bring it up to date", _add_deploy, _deploy),
    ("status", "say what is on AWS and how it does", _add_status, _status),
    ("logs", "print what the functions logged", _add_logs, _logs),
    ("verify", "try a chat from outside, and write a report", _add_verify, _verify),
    ("export", "write the messages of a chat on AWS to a file", _add_export, _export),
    ("destroy", "take a chat on AWS away", _add_destroy, _destroy),
)
