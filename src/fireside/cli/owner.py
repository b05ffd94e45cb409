"""`fireside owner`: print the link that makes who opens it an owner of the place."""

import sys
from pathlib import Path

import click

from fireside.adapters.secret_file import SecretUnusable
from fireside.cli.options.address import address_of, read_url, usage
from fireside.cli.options.settings import with_settings
from fireside.cli.options.stage import stage_options
from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.link import print_owner_link
from fireside.cloud.deploy.stage import PROJECT, find_stage
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.invite import owner_link
from fireside.server.data_folder import owner_file
from fireside.server.own_folder import require_own_folder
from fireside.server.settings import Settings


@click.command("owner")
@click.option("--new", is_flag=True, help="replace the secret; older owner links stop working")
@click.option("--url", metavar="URL", help="address of the chat; default: --public-url")
@with_settings("host", "port", "data", unless="stage")
@stage_options(
    default=None,
    stage_help="print the link of this stage on AWS (not with --new or --url); default: the chat "
    "on this machine",
)
def command(  # noqa: PLR0913 - one per option
    settings: Settings,
    *,
    new: bool,
    url: str | None,
    stage: str | None,
    project: str,
    infra: Path | None,
) -> int:
    """Print the owner link: who has claimed a name and opens it becomes an owner of the place.

    Keep it to yourself. The secret in it is made when it is first needed, and kept beside the
    messages. With --stage, print the link of a chat on AWS.
    """
    if stage is not None:
        if new or url is not None:
            raise usage("--stage goes alone: `fireside deploy` knows --new-owner-link.")
        return print_owner_link(find_stage(project, stage, infra), DeployContext())
    if project != PROJECT or infra is not None:
        raise usage("--project and --infra are for a chat on AWS: name it with --stage NAME.")
    return owner(settings, new=new, url=None if url is None else read_url(url))


def owner(settings: Settings, *, new: bool, url: str | None) -> int:
    """Print the link on stdout, and a note on stderr.

    Raises:
        CannotStart: The secret can't be stored safely, or the address is unknown.
    """
    place = address_of(settings, url)
    require_own_folder(settings.data)
    try:
        file = owner_file(settings.data)
        secret = file.replace() if new else file.secret()
    except SecretUnusable as cause:
        raise CannotStart(str(cause), ExitCode.DATA) from cause
    print(owner_link(place, secret))
    if new:
        print("Older owner links stop working now; owners stay owners.", file=sys.stderr)
    return int(ExitCode.OK)
