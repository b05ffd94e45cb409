"""Build what is deployed: the page, if its sources are here, and the zip for Lambda."""

import os
import shutil
from pathlib import Path

import fireside
from fireside.cloud import package
from fireside.cloud.deploy import terraform
from fireside.console.exits import CannotStart, ExitCode
from fireside.console.terminal import WriteLine

PAGE = Path(fireside.__file__).parent / "web"
CHECKOUT = Path(fireside.__file__).parents[2]


def variables(infra: Path, start: Path) -> dict[str, str]:
    """Return Terraform's variables for the page and the zip.

    The paths are relative to `start`, where Terraform runs, so that they are the same on every
    computer.
    """
    return {
        "package_path": os.path.relpath(_zip_path(infra), start),
        "page_path": os.path.relpath(PAGE, start),
    }


def build(infra: Path, write_line: WriteLine) -> None:
    """Build the page and the zip.

    Raises:
        CannotStart: One of them can't be built.
    """
    _build_page(CHECKOUT, write_line)
    try:
        write_line(package.describe(package.write(_zip_path(infra))))
    except package.CannotPackage as why:
        raise CannotStart(str(why)) from why


def _zip_path(infra: Path) -> Path:
    return infra.parent / "build/fireside-lambda.zip"


def _build_page(checkout: Path, write_line: WriteLine) -> None:
    """Build the page if its sources are here; without them, use the one in the package.

    `make` also installs what the sources need, which may have changed since the last build.
    """
    make = shutil.which("make")
    if make is not None and (checkout / "Makefile").is_file():
        write_line(f"$ make --directory={os.path.relpath(checkout)} page")
        command = [make, "--no-print-directory", f"--directory={checkout}", "page"]
        code, _, _ = terraform.run(command, {}, write_line, write_line)
        if code != 0:
            sentence = "The page can't be built; the output above says why."
            raise CannotStart(sentence, ExitCode.PAGE)
    if not (PAGE / "index.html").is_file():
        raise CannotStart("The page was not built: run `make page`.", ExitCode.PAGE)
