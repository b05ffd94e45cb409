"""`fireside destroy`: remove a chat from AWS."""

from pathlib import Path

import click

from fireside.cli.options import FILE, with_stage
from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.destroy import DestroyOptions, destroy
from fireside.cloud.deploy.stage import Stage


@click.command("destroy")
@click.option("--yes", is_flag=True, help="destroy without asking for the chat's name")
@click.option(
    "--export", metavar="FILE", type=FILE, help="new file for the messages, written before the end"
)
@click.option("--no-export", is_flag=True, help="delete the messages without a copy")
@with_stage
def command(stage: Stage, *, yes: bool, export: Path | None, no_export: bool) -> int:
    """Remove a chat from AWS, with its messages.

    It shows what will be deleted and what stays, and asks for the chat's name.
    """
    if export is not None and no_export:
        raise click.UsageError("--export and --no-export can't be combined.")
    return destroy(stage, DestroyOptions(yes, export, no_export), DeployContext())
