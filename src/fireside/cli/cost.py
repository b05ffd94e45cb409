"""`fireside cost`: estimate the monthly bill from AWS."""

from typing import Any

import click

from fireside.cli.options.values import amount, count
from fireside.cloud.cost import cost
from fireside.console.exits import ExitCode


@click.command("cost")
@click.option("--users", metavar="N", type=count, required=True, help="number of users")
@click.option(
    "--messages-per-day",
    metavar="N",
    type=amount,
    required=True,
    help="messages per day, from all users together",
)
@click.option(
    "--hours", metavar="N", type=amount, help="hours per day each user is connected; default: 8"
)
@click.option("--days", metavar="N", type=amount, help="days per month with chat; default: 22")
@click.option(
    "--online",
    metavar="N",
    type=amount,
    help="users connected at the same time; default: users x hours / 24",
)
@click.option(
    "--online-per-room",
    metavar="N",
    type=amount,
    help="connected users in the room of a message; default: all connected users",
)
@click.option(
    "--visits",
    metavar="N",
    type=amount,
    help="times per day each user opens the page; default: 1",
)
@click.option(
    "--history-loads",
    metavar="N",
    type=amount,
    help="pages of history each user loads per visit; default: 1",
)
@click.option(
    "--message-bytes",
    metavar="N",
    type=count,
    help="bytes of text per message; default: 100",
)
@click.option(
    "--region",
    metavar="REGION",
    type=click.Choice(["us-east-1"]),
    default="us-east-1",
    help="AWS Region whose prices count; only us-east-1; default: us-east-1",
)
@click.option(
    "--free-tier/--no-free-tier",
    default=True,
    help="whether to subtract AWS's permanent free tier; default: yes",
)
@click.option("--json", "as_json", is_flag=True, help="JSON output")
def command(*, free_tier: bool, as_json: bool, **given: Any) -> int:  # noqa: ANN401 - the options above
    """Estimate the monthly bill from AWS's list prices.

    It shows each line's arithmetic and, for comparison, the bill of the usual design (a Scan per
    message, every message to every connection). It sends nothing to AWS.
    """
    write = cost.as_json if as_json else cost.report
    print(write(cost.workload(given), free_tier=free_tier))
    return ExitCode.OK
