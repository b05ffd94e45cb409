"""`fireside destroy`: remove a chat from AWS."""

from pathlib import Path

import click

from fireside.cli.options.stage import with_stage
from fireside.cli.options.values import FILE
from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.destroy import DestroyOptions, destroy
from fireside.cloud.deploy.stage import Stage


@click.command("destroy")
@click.option(
    "--yes",
    is_flag=True,
    help="don't ask for the stage's name; without a terminal add --export or --no-export",
)
@click.option(
    "--export",
    metavar="FILE",
    type=FILE,
    help="save the messages to this new file before anything is deleted; default: ask",
)
@click.option("--no-export", is_flag=True, help="don't save the messages, and don't ask")
@with_stage
def command(stage: Stage, *, yes: bool, export: Path | None, no_export: bool) -> int:
    """Remove a chat from AWS, with its messages.

    It shows what will be deleted and what stays, and asks you to type the stage's name.
    """
    if export is not None and no_export:
        raise click.UsageError("--export and --no-export can't be combined.")
    return destroy(stage, DestroyOptions(yes, export, no_export), DeployContext())
