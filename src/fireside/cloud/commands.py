"""What the command line may say about AWS, and who does it. Nothing heavy is imported here."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fireside.cloud.names import PROJECT, STAGE

if TYPE_CHECKING:
    from fireside.cloud.stage import Stage

Add = Callable[[argparse.ArgumentParser], None]
Run = Callable[[argparse.Namespace], int]


def _deploy(arguments: argparse.Namespace) -> int:
    from fireside.cloud.deploy import Wishes, deploy
    from fireside.cloud.world import World

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


def _stage(arguments: argparse.Namespace) -> "Stage":
    from fireside.cloud.stage import named

    return named(arguments.project, arguments.stage, arguments.infra)


def _add_deploy(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Put the chat on AWS, or bring what is there up to date: look, build, plan, say what it "
        "means and costs, ask, apply, try it, and print the link that lets people in."
    )
    add = parser.add_argument
    add("--plan-only", action="store_true", help="stop after the plan was explained")
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
    _add_place(parser)
    add("--region", metavar="REGION", help="where it is made; default: as set up for AWS")
    add(
        "--var-file",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="variables for Terraform, over those in infra/stages/NAME/stage.tfvars; repeatable",
    )


def _add_place(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--stage", metavar="NAME", default=STAGE, help="which chat; default: %(default)s")
    add(
        "--project",
        metavar="NAME",
        default=PROJECT,
        help="its names' beginning; default: %(default)s",
    )
    add("--infra", metavar="FOLDER", type=Path, help="the Terraform files; default: ./infra")


COMMANDS: tuple[tuple[str, str, Add, Run], ...] = (
    ("deploy", "put the chat on AWS, or bring it up to date", _add_deploy, _deploy),
)
