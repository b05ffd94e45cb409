"""`fireside destroy`: take a stage away, after saying what goes, and what stays."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fireside.adapters.dynamodb.client import RetryPolicy
from fireside.adapters.dynamodb.store import DynamoStore
from fireside.cloud.deploy import plan as planning
from fireside.cloud.deploy.context import World
from fireside.cloud.deploy.export import Log, export
from fireside.cloud.deploy.plan import Plan
from fireside.cloud.deploy.session import Opened, Opening
from fireside.cloud.deploy.stage import Stage
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.errors import ChatError
from fireside.system import new_epoch

_MESSAGES = "module.tables.aws_dynamodb_table.messages"
_UNPROTECTED = "-var=protect_messages=false"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asked for."""

    yes: bool = False
    export: Path | None = None
    no_export: bool = False


def messages_of(opened: Opened) -> Log:
    """Find the messages of a stage."""
    tables = opened.aws.tables(opened.region)
    table = str(opened.outputs["tables"]["messages"])
    return DynamoStore(tables, table, new_epoch=new_epoch, retry=RetryPolicy())


def export_stage(stage: Stage, out: Path, world: World) -> int:
    """`fireside export`: write the messages of a stage to a file.

    Raises:
        CannotStart: They can't be read or written.
    """
    again = f"fireside export {stage.options} {shlex.quote(str(out))}"
    opened = Opening(stage, world, again).open()
    _require_deployed(opened)
    _export(opened, out, world, messages_of)
    return int(ExitCode.OK)


def destroy(
    stage: Stage, wishes: Wishes, world: World, messages: Callable[[Opened], Log] = messages_of
) -> int:
    """Take a stage away.

    Raises:
        CannotStart: Nobody agreed, or something went wrong; it says how to go on.
    """
    opening = Opening(stage, world, _again(stage, wishes))
    opened = opening.open()
    files = _variables(opened)
    plan = _plan(opening, opened, files)
    if not plan.changes:
        world.say(f"There is nothing of {stage.prefix} on AWS.")
        return int(ExitCode.OK)
    world.say("")
    world.say(f"{stage.prefix} in {opened.region}, account {opened.identity.account}:")
    for line in planning.summary(plan, each=False):
        world.say(line)
    world.say("")
    with _stoppable(opening):
        is_safe = _offer_export(opened, wishes, world, messages)
    if is_safe:
        opening = replace(opening, again=_again(stage, Wishes(no_export=True)))
    with _stoppable(opening):
        _agree(stage, wishes, world)
    _take_protection_off(opening, opened, plan, files)
    plan = _plan(opening, opened, files)
    with opening.step(opened.terraform, "destroying", "What is left is in the state."):
        opened.terraform.apply(stage.plan)
    for file in (stage.plan, stage.settings, stage.invite.path):
        file.unlink(missing_ok=True)
    _say_what_stays(opened, world)
    return int(ExitCode.OK)


def _again(stage: Stage, wishes: Wishes) -> str:
    """Write the command that goes on, with what was said about the messages."""
    words = ["fireside destroy", stage.options]
    if wishes.export is not None:
        words.append(f"--export {shlex.quote(str(wishes.export))}")
    if wishes.no_export:
        words.append("--no-export")
    return " ".join(words)


@contextmanager
def _stoppable(opening: Opening) -> Iterator[None]:
    """Say how to go on when somebody presses Ctrl-C in place of an answer."""
    try:
        yield
    except KeyboardInterrupt as cause:
        sentence = f"Stopped; nothing was destroyed. To go on: {opening.again}"
        raise CannotStart(sentence, ExitCode.INTERRUPTED) from cause


def _variables(opened: Opened) -> list[Path]:
    """Write what Terraform asks for even when it takes things away: it reads the files' names."""
    stage = opened.stage
    empty = stage.folder / "empty"
    empty.mkdir(mode=0o700, exist_ok=True)
    for name in ("index.html", "package.zip"):
        (empty / name).touch()
    kept = {name: value for name, value in opened.settings.items() if value is not None}
    stage.write_settings(
        kept
        | {
            "project_name": stage.project,
            "stage_name": stage.name,
            "region": opened.region,
            "package_path": str(empty / "package.zip"),
            "page_path": str(empty),
        }
    )
    return [stage.settings]


def _plan(opening: Opening, opened: Opened, files: list[Path]) -> Plan:
    stage, terraform = opened.stage, opened.terraform
    with opening.step(terraform, "planning", "Nothing was changed."):
        terraform.plan(stage.plan, files, "-destroy", _UNPROTECTED)
        document = terraform.show(stage.plan)
    stage.plan.chmod(0o600)
    return planning.read(document)


def _take_protection_off(opening: Opening, opened: Opened, plan: Plan, files: list[Path]) -> None:
    """Let the table of messages be deleted, if it is protected: that is an apply of its own."""
    if not any(change.address == _MESSAGES and change.is_protected for change in plan.changes):
        return
    stage, terraform = opened.stage, opened.terraform
    so_far = "The messages are all there, and may be unprotected now; a deploy protects them."
    with opening.step(terraform, "taking the protection off the messages", so_far):
        terraform.plan(stage.plan, files, f"-target={_MESSAGES}", _UNPROTECTED)
        terraform.apply(stage.plan)


def _require_deployed(opened: Opened) -> None:
    if not opened.outputs.get("tables"):
        sentence = f"Nothing of {opened.stage.prefix} is on AWS: `fireside deploy` begins."
        raise CannotStart(sentence, ExitCode.CLOUD)


def _offer_export(
    opened: Opened, wishes: Wishes, world: World, messages: Callable[[Opened], Log]
) -> bool:
    """Have the messages written to a file first, or hear that nobody wants them.

    Tell whether there is nothing more to say about them.
    """
    if wishes.no_export or not opened.outputs.get("tables"):
        return wishes.no_export
    out = wishes.export
    if out is None:
        answer = world.ask("Export the messages first? A file's name, or Enter for no: ")
        if answer is None:
            sentence = "Nobody is there to ask: say --export FILE or --no-export."
            raise CannotStart(sentence, ExitCode.USAGE)
        out = Path(answer).expanduser() if answer else None
    if out is not None:
        _export(opened, out, world, messages)
        world.say("People can go on talking until the table is gone: that is not in it.")
    return True


def _export(opened: Opened, out: Path, world: World, messages: Callable[[Opened], Log]) -> None:
    try:
        count = export(messages(opened), out, lambda so_far: world.say(f"{so_far:,} messages"))
    except ChatError as why:
        sentence = f"The messages can't be read: {why}. Nothing was destroyed."
        raise CannotStart(sentence, ExitCode.CLOUD) from why
    world.say(f"{out} has all {count:,} messages, one a line.")


def _agree(stage: Stage, wishes: Wishes, world: World) -> None:
    if wishes.yes:
        return
    answer = world.ask(f"Type {stage.name} to destroy it for good: ")
    if answer is None:
        sentence = "Nobody is there to agree: start it in a terminal, or with --yes."
        raise CannotStart(sentence, ExitCode.USAGE)
    if answer != stage.name:
        raise CannotStart("Nothing was destroyed.")


def _say_what_stays(opened: Opened, world: World) -> None:
    bucket = opened.stage.bucket(opened.identity.account)
    for line in (
        f"{opened.stage.prefix} is gone. What stays, and how to be rid of it:",
        f"  the bucket {bucket} with the states of all stages, for cents a year: empty it, then",
        f"    terraform -chdir={opened.stage.infra / 'bootstrap'} destroy",
        "  DynamoDB's own backup of the messages, for 35 days, free of charge",
        f"  {opened.stage.folder}, on this computer",
    ):
        world.say(line)
