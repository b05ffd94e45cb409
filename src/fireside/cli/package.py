"""`fireside package`: build the zip for AWS Lambda."""

from pathlib import Path

import click

from fireside.cli.options.values import FILE
from fireside.cloud import package
from fireside.console.exits import CannotStart, ExitCode


@click.command("package")
@click.option(
    "--out",
    metavar="FILE",
    type=FILE,
    default="build/fireside-lambda.zip",
    help="path of the zip; default: build/fireside-lambda.zip",
)
def command(out: Path) -> int:
    """Build the zip for AWS Lambda: the same bytes each time, on any machine."""
    try:
        print(package.describe(package.write(out)))
    except package.CannotPackage as why:
        raise CannotStart(str(why)) from why
    return ExitCode.OK
