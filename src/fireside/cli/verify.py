"""`fireside verify`: check a running chat from outside."""

from pathlib import Path

import click
from click.core import ParameterSource

from fireside.cli.options.old_names import CommandWithOldNames
from fireside.cli.options.secrets import note_secret, read_secret, warn_of_secret
from fireside.cli.options.values import FILE
from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.verify.verify import MESSAGES_SENT, VerifyOptions, run
from fireside.server import settings


@click.command("verify", cls=CommandWithOldNames)
@click.option(
    "--url",
    metavar="URL",
    required=True,
    help="address of the chat: wss://HOST/ws, or that of its page",
)
@click.option(
    "--invite",
    metavar="LINK",
    envvar=settings.INVITE_LINK_VARIABLE,
    callback=note_secret,
    help="invite link or its secret; - reads it from stdin; default: that in --url, or the "
    f"variable {settings.INVITE_LINK_VARIABLE}",
)
@click.option(
    "--out",
    metavar="FOLDER",
    type=FILE,
    default=".",
    help="folder for the report; default: the current one",
)
@click.option("--read-only", is_flag=True, help="send no message to the room")
@click.option(
    "--yes",
    is_flag=True,
    help=f"don't ask before sending {MESSAGES_SENT} messages, which stay in the room",
)
@click.pass_context
def command(  # noqa: PLR0913 - one per option
    ctx: click.Context, *, url: str, invite: str | None, out: Path, read_only: bool, yes: bool
) -> int:
    """Check a running chat from outside, and write a report.

    It checks who may connect, the frames, the limits, and several people at once. It takes at most
    ten minutes and costs at most five cents. The report holds nothing private.
    """
    if "invite=" in url:
        warn_of_secret("give the address alone with --url, and the link with --invite -")
        if ctx.get_parameter_source("invite") is ParameterSource.ENVIRONMENT:
            invite = None  # it may be of another chat
    secret = read_secret(invite, "Invite link: ")
    return run(url, VerifyOptions(secret, out, read_only, yes), DeployContext())
