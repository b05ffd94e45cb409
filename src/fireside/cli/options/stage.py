"""The options that name a chat on AWS."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from fireside.cli.options.run import Run, with_options
from fireside.cli.options.values import FILE
from fireside.cloud.deploy.stage import PROJECT, STAGE, find_stage

_STAGE_HELP = f"stage on AWS: the name of one deployed chat; default: {STAGE}"


def stage_options(
    *, default: str | None = STAGE, stage_help: str = _STAGE_HELP
) -> Callable[[Run], Run]:
    """Add `--stage`, `--project` and `--infra` to a command."""
    options = [
        click.option("--stage", metavar="NAME", default=default, help=stage_help),
        click.option(
            "--project",
            metavar="NAME",
            default=PROJECT,
            help=f"prefix of all names on AWS; default: {PROJECT}",
        ),
        click.option(
            "--infra",
            metavar="FOLDER",
            type=FILE,
            help="folder of the Terraform files; default: ./infra, or the infra folder of this "
            "program's checkout",
        ),
    ]
    return lambda run: with_options(run, options)


def with_stage(run: Run) -> Run:
    """Pass a command the `stage` that `--stage`, `--project` and `--infra` name."""

    @functools.wraps(run)
    def run_with_stage(*, stage: str, project: str, infra: Path | None, **given: Any) -> int:  # noqa: ANN401 - each command has its own
        return run(stage=find_stage(project, stage, infra), **given)

    return stage_options()(run_with_stage)
