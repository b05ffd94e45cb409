"""`fireside logs`: print the logs of the functions on AWS."""

import click

from fireside.cli.options.stage import with_stage
from fireside.cli.options.values import time_span
from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.logs import logs
from fireside.cloud.deploy.stage import Stage


@click.command("logs")
@click.option("--follow", is_flag=True, help="print new lines as they come, until Ctrl-C")
@click.option(
    "--function",
    "functions",
    metavar="NAME",
    multiple=True,
    help="chat, authorizer, fanout, brake, or access for API Gateway's log; repeatable; "
    "default: all",
)
@click.option(
    "--since",
    metavar="TIME",
    type=time_span,
    default="1h",
    help="how far to go back, such as 90s, 15m, 2h or 3d; default: 1h",
)
@with_stage
def command(stage: Stage, *, follow: bool, functions: tuple[str, ...], since: float) -> int:
    """Print the logs of the functions on AWS. They hold no text of any message."""
    return logs(stage, DeployContext(), functions=functions, since_seconds=since, follow=follow)
