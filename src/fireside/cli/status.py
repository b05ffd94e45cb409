"""`fireside status`: show what is on AWS and whether it is healthy."""

import click

from fireside.cli.options.stage import with_stage
from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.stage import Stage
from fireside.cloud.deploy.status import status


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="JSON output")
@with_stage
def command(stage: Stage, *, as_json: bool) -> int:
    """Show what is on AWS and whether it is healthy.

    The exit code is 1 when an alarm is active, or when the brake (too many
    messages in an hour) has stopped the chat.
    """
    return status(stage, DeployContext(), as_json=as_json)
