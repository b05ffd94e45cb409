"""`fireside rehearse`: run the zip for AWS Lambda on this machine."""

import sys
from pathlib import Path

import click

from fireside.cli.options.old_names import CommandWithOldNames
from fireside.cli.options.settings import with_settings
from fireside.cli.options.values import FILE, amount, count
from fireside.console.logs import setup_logging
from fireside.server.settings import Settings
from localgateway.platform.streams import background_output


@click.command("rehearse", cls=CommandWithOldNames)
@with_settings("host", "port", "public_url", "invites", "names", "aws_client", "log_format")
@click.option(
    "--keep",
    metavar="[FOLDER]",
    type=FILE,
    is_flag=False,
    flag_value="build/rehearsal",
    help="keep the messages in FOLDER, or in build/rehearsal; default: delete them at the end",
)
@click.option(
    "--latency",
    metavar="none|aws",
    type=click.Choice(["none", "aws"]),
    default="none",
    help="delay of calls to AWS; aws imitates the delays there; default: none",
)
@click.option(
    "--seed",
    metavar="N",
    type=int,
    default=0,
    help="random seed of the delays and of the simulated people; default: 0",
)
@click.option(
    "--duration",
    "seconds",
    metavar="SECONDS",
    type=amount,
    help="time to run, in seconds; default: until Ctrl-C",
)
@click.option(
    "--people",
    metavar="N",
    type=count,
    help="number of simulated people; the rehearsal ends after their last message; default: none",
)
@click.option(
    "--messages",
    metavar="N",
    type=count,
    default="10",
    help="number of messages from each simulated person; default: 10",
)
def command(  # noqa: PLR0913 - one per option
    settings: Settings,
    *,
    keep: Path | None,
    latency: str,
    seed: int,
    seconds: float | None,
    people: int | None,
    messages: int,
) -> int:
    """Build the zip for AWS Lambda and run it on this machine.

    It runs behind the local gateway, with signed @connections and DynamoDB Local. At the end, a
    report shows what AWS would have billed. Nothing can reach AWS.
    """
    from fireside.cloud.rehearse.rehearse import (  # noqa: PLC0415 - it loads aiohttp: --help need not wait
        RehearseOptions,
        rehearse,
    )

    options = RehearseOptions(keep, latency, seed, seconds, people or 0, messages)
    with background_output():
        setup_logging(settings.log_format, sys.stderr, color=settings.color)
        return rehearse(settings, options)
