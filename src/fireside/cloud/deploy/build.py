"""Build what is deployed: the page, where its sources are, and the zip for Lambda."""

import os
import shutil
from pathlib import Path

import fireside
from fireside.cloud import package
from fireside.cloud.deploy import terraform
from fireside.console.exits import CannotStart, ExitCode
from fireside.console.terminal import Say

PAGE = Path(fireside.__file__).parent / "web"
CHECKOUT = Path(fireside.__file__).parents[2]


def variables(infra: Path, start: Path) -> dict[str, str]:
    """Name the built things as Terraform, which runs in `start`, is to find them.

    The paths are relative, so that they are the same on every computer.
    """
    return {
        "package_path": os.path.relpath(_zip(infra), start),
        "page_path": os.path.relpath(PAGE, start),
    }


def build(infra: Path, say: Say) -> None:
    """Build both.

    Raises:
        CannotStart: One of them can't be built.
    """
    _page(CHECKOUT, say)
    try:
        say(package.describe(package.write(_zip(infra))))
    except package.CannotPackage as why:
        raise CannotStart(str(why)) from why


def _zip(infra: Path) -> Path:
    return infra.parent / "build/fireside-lambda.zip"


def _page(checkout: Path, say: Say) -> None:
    """Build the page if it can be built here; else the one that came along is taken.

    `make` fetches what the sources need now, which may be more than what they needed yesterday.
    """
    make = shutil.which("make")
    if make is not None and (checkout / "Makefile").is_file():
        say(f"$ make --directory={os.path.relpath(checkout)} page")
        command = [make, "--no-print-directory", f"--directory={checkout}", "page"]
        code, _, _ = terraform.run(command, {}, say, say)
        if code != 0:
            sentence = "The page can't be built; what was written above says why."
            raise CannotStart(sentence, ExitCode.PAGE)
    if not (PAGE / "index.html").is_file():
        raise CannotStart("The page was not built: run `make page`.", ExitCode.PAGE)
