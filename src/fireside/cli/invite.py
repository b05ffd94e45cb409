"""`fireside invite`: print the link that lets people in, or make a new one with `--new`."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from fireside.adapters.secret_file import SecretUnusable
from fireside.cli.options.address import address_of, read_url, usage
from fireside.cli.options.settings import with_settings
from fireside.cli.options.stage import stage_options
from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.link import print_link
from fireside.cloud.deploy.stage import PROJECT, find_stage
from fireside.console.exits import CannotStart, ExitCode
from fireside.console.qr import show
from fireside.domain.invite import hash_of, link
from fireside.server.data_folder import invite_file, request_end
from fireside.server.own_folder import require_own_folder
from fireside.server.settings import Settings, asks_for_invite
from localgateway.platform.hosts import EVERYWHERE


@click.command("invite")
@click.option("--new", is_flag=True, help="replace the secret; older links stop working")
@click.option(
    "--end",
    is_flag=True,
    help="with --new: disconnect who came in by an older link; default: they stay until their "
    "connection ends",
)
@click.option("--url", metavar="URL", help="address of the chat; default: --public-url")
@click.option(
    "--hash",
    "as_hash",
    is_flag=True,
    help="print the secret's SHA-256 instead of the link, for invite_hashes in infra/",
)
@click.option(
    "--qr/--no-qr", default=None, help="whether to draw a QR code; default: on a terminal"
)
@with_settings("host", "port", "data", unless="stage")
@stage_options(
    default=None,
    stage_help="print the link of this stage on AWS (not with --new, --end, --hash or --url); "
    "default: the chat on this machine",
)
def command(  # noqa: PLR0913 - one per option
    settings: Settings,
    *,
    new: bool,
    end: bool,
    url: str | None,
    as_hash: bool,
    qr: bool | None,
    stage: str | None,
    project: str,
    infra: Path | None,
) -> int:
    """Print the link that lets people in, and its QR code on a terminal.

    The secret in the link is made when it is first needed, and kept beside the messages. With
    --stage, print the link of a chat on AWS.
    """
    if stage is not None:
        if new or end or as_hash or url is not None:
            raise usage(
                "--stage goes with --qr alone: "
                "`fireside deploy` knows --new-invite and --add-invite."
            )
        return print_link(find_stage(project, stage, infra), DeployContext(), qr=qr)
    if project != PROJECT or infra is not None:
        raise usage("--project and --infra are for a chat on AWS: name it with --stage NAME.")
    if end and not new:
        raise usage("--end goes with --new: it disconnects who came in by what that replaces.")
    place = None if url is None else read_url(url)
    return invite(settings, new=new, end=end, url=place, qr=qr, as_hash=as_hash)


def invite(  # noqa: PLR0913 - one per option
    settings: Settings,
    *,
    new: bool,
    url: str | None,
    qr: bool | None,
    as_hash: bool = False,
    end: bool = False,
) -> int:
    """Print the link on stdout, and on a terminal its QR code; print notes on stderr.

    With `as_hash`, print only the secret's hash, which is what functions on AWS have of it.

    Raises:
        CannotStart: The invite can't be stored safely, or the address is unknown.
    """
    place = "" if as_hash else address_of(settings, url)
    require_own_folder(settings.data)
    try:
        file = invite_file(settings.data)
        secret = file.replace() if new else file.secret()
        if end:
            request_end(settings.data)
    except SecretUnusable as cause:
        raise CannotStart(str(cause), ExitCode.DATA) from cause
    except OSError as cause:
        sentence = f"The invite was replaced, but nobody is disconnected ({cause.strerror})"
        raise CannotStart(f"{sentence}: restart the server.", ExitCode.DATA) from cause
    if as_hash:
        print(hash_of(secret))
        return int(ExitCode.OK)
    show(link(place, secret), qr=qr)
    for note in _notes(settings, new=new, end=end, url=url):
        print(note, file=sys.stderr)
    return int(ExitCode.OK)


def _notes(settings: Settings, *, new: bool, end: bool, url: str | None) -> Iterator[str]:
    if end:
        yield "Older links stop working now, and who came in by one is disconnected in a moment."
    elif new:
        yield (
            "Older links stop working now. "
            "People who are connected stay until their connection ends; --end disconnects them."
        )
    if settings.invites == "off":
        yield "But `invites` is off: people enter without one."
    elif url is None and not asks_for_invite(settings):
        yield "As long as only this machine can reach the chat, people enter without an invite."
    elif url is None and settings.public_url is None and settings.host in EVERYWHERE:
        yield "Only this machine can open that address: give the right one with --url."
