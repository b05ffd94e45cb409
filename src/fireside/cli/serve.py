"""`fireside serve`: run the chat on this machine."""

import sys

import click

from fireside.cli.options.old_names import CommandWithOldNames
from fireside.cli.options.settings import with_settings
from fireside.console.logs import setup_logging
from fireside.server.settings import Settings
from localgateway.platform.streams import background_output


@click.command("serve", cls=CommandWithOldNames)
@with_settings(
    "host",
    "port",
    "data",
    "public_url",
    "invites",
    "names",
    "limits",
    "keep_free",
    "open",
    "allow_origin",
    "isolated",
    "log_format",
)
def command(settings: Settings) -> int:
    """Run the chat until Ctrl-C, and print the address to open."""
    from fireside.server import run  # noqa: PLC0415 - it loads aiohttp: --help need not wait

    with background_output():
        setup_logging(settings.log_format, sys.stderr, color=settings.color)
        return run.serve(settings)
