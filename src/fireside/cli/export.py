"""`fireside export`: write the messages of a chat on AWS to a file."""

from pathlib import Path

import click

from fireside.cli.options.stage import with_stage
from fireside.cli.options.values import FILE
from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.destroy import export_stage
from fireside.cloud.deploy.stage import Stage


@click.command("export")
@click.argument("file", metavar="FILE", type=FILE)
@with_stage
def command(stage: Stage, *, file: Path) -> int:
    """Write every message of a chat on AWS to FILE, one JSON object a line.

    FILE must not exist yet.
    """
    return export_stage(stage, file, DeployContext())
