"""`fireside deploy`: put the chat on AWS, or update it."""

from pathlib import Path

import click

from fireside.cli.options.old_names import CommandWithOldNames
from fireside.cli.options.stage import with_stage
from fireside.cli.options.values import FILE
from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.deploy import DeployOptions, deploy
from fireside.cloud.deploy.stage import Stage


@click.command("deploy", cls=CommandWithOldNames)
@click.option("--plan-only", is_flag=True, help="stop after the plan; nothing on AWS changes")
@click.option(
    "--yes", is_flag=True, help="apply without asking; a plan that deletes data still stops"
)
@click.option(
    "--allow-data-loss", is_flag=True, help="apply even a plan that deletes data permanently"
)
@click.option(
    "--build/--no-build",
    default=True,
    help="whether to build the page and the zip first; default: yes",
)
@click.option(
    "--smoke-message",
    is_flag=True,
    help="let the smoke test send a message, which stays in the room; in an empty room it always "
    "does",
)
@click.option("--new-invite", is_flag=True, help="make a new invite and revoke all others")
@click.option(
    "--add-invite",
    is_flag=True,
    help="make a further invite, whose link this computer can print; others stay valid",
)
@click.option(
    "--new-owner-link",
    is_flag=True,
    help="make a new owner link, which this computer can print; older ones stop working",
)
@with_stage
@click.option(
    "--region",
    metavar="REGION",
    help="AWS Region; default: your profile's, or else us-east-1",
)
@click.option(
    "--var-file",
    "var_files",
    metavar="FILE",
    type=FILE,
    multiple=True,
    help="file of Terraform variables; overrides infra/stages/STAGE/stage.tfvars; repeatable",
)
def command(  # noqa: PLR0913 - one per option
    stage: Stage,
    *,
    plan_only: bool,
    yes: bool,
    allow_data_loss: bool,
    build: bool,
    smoke_message: bool,
    new_invite: bool,
    add_invite: bool,
    new_owner_link: bool,
    region: str | None,
    var_files: tuple[Path, ...],
) -> int:
    """Put the chat on AWS, or update it.

    It checks the account, builds, plans, explains what the plan changes and costs, asks, applies,
    tests the chat, and prints the link that lets people in.
    """
    if new_invite and add_invite:
        raise click.UsageError("--new-invite and --add-invite can't be combined.")
    options = DeployOptions(
        plan_only=plan_only,
        yes=yes,
        allow_data_loss=allow_data_loss,
        build=build,
        smoke_message=smoke_message,
        new_invite=new_invite,
        add_invite=add_invite,
        new_owner_link=new_owner_link,
        region=region,
        var_files=var_files,
    )
    return deploy(stage, options, DeployContext())
