"""`fireside destroy`: destroy a stage on AWS, after an export and a confirmation."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fireside.adapters.dynamodb.client import RetryPolicy
from fireside.adapters.dynamodb.store import DynamoStore
from fireside.cloud.deploy import account
from fireside.cloud.deploy import plan as planning
from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.export import MessageSource, export
from fireside.cloud.deploy.plan import Plan
from fireside.cloud.deploy.session import NO_TERMINAL, ConnectedStage, StageSession
from fireside.cloud.deploy.stage import Stage
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.errors import ChatError
from fireside.system import new_epoch

_PROTECTED = [f"module.tables.aws_dynamodb_table.{name}" for name in ("messages", "people")]
_UNPROTECTED = "-var=protect_messages=false"


@dataclass(frozen=True, slots=True)
class DestroyOptions:
    """The options of `fireside destroy`, except those that name the stage."""

    yes: bool = False
    export: Path | None = None
    """The file for the messages."""
    no_export: bool = False


def messages_of(connected: ConnectedStage) -> MessageSource:
    """Return the messages of a stage."""
    tables = connected.aws.tables(connected.region)
    table = str(connected.outputs["tables"]["messages"])
    return DynamoStore(tables, table, new_epoch=new_epoch, retry=RetryPolicy())


def export_stage(stage: Stage, out: Path, context: DeployContext) -> int:
    """Write the messages of a stage to a file, for `fireside export`, and return the exit code.

    Raises:
        CannotStart: The messages can't be read or written.
    """
    retry_command = f"fireside export {stage.command_options} {shlex.quote(str(out))}"
    connected = StageSession(stage, context, retry_command).connect()
    _require_deployed(connected)
    _export(connected, out, context, messages_of)
    return int(ExitCode.OK)


def destroy(
    stage: Stage,
    options: DestroyOptions,
    context: DeployContext,
    messages: Callable[[ConnectedStage], MessageSource] = messages_of,
) -> int:
    """Destroy a stage, and return the exit code.

    Raises:
        CannotStart: It was not confirmed, or a step failed; the sentence says how to continue.
    """
    session = StageSession(stage, context, _retry_command(stage, options))
    connected = session.connect()
    files = _variables(connected)
    plan = _plan(session, connected, files)
    if not plan.changes:
        context.print_progress(f"There is nothing of {stage.prefix} on AWS.")
        return int(ExitCode.OK)
    context.print_progress("")
    context.print_progress(
        f"{stage.prefix} in {connected.region}, account {connected.identity.account}:"
    )
    for line in planning.summary(plan, each=False):
        context.print_progress(line)
    context.print_progress("")
    session.require(account.check_time_left(connected.aws.credentials(), plan, context.now()))
    with _explained_interrupt(session):
        is_settled = _offer_export(connected, options, context, messages)
    if is_settled:
        retry_command = _retry_command(stage, DestroyOptions(no_export=True))
        session = replace(session, retry_command=retry_command)
    with _explained_interrupt(session):
        _confirm(stage, options, context)
    _disable_protection(session, connected, plan, files)
    plan = _plan(session, connected, files)
    with session.guard(connected.terraform, "destroying", "What is left is in the state."):
        connected.terraform.apply(stage.plan_file)
    for file in (stage.plan_file, stage.settings_file, stage.invite.path, stage.owner.path):
        file.unlink(missing_ok=True)
    _print_remains(connected, context)
    return int(ExitCode.OK)


def _retry_command(stage: Stage, options: DestroyOptions) -> str:
    """Return the command that continues, with the same options about the export."""
    words = ["fireside destroy", stage.command_options]
    if options.export is not None:
        words.append(f"--export {shlex.quote(str(options.export))}")
    if options.no_export:
        words.append("--no-export")
    return " ".join(words)


@contextmanager
def _explained_interrupt(session: StageSession) -> Iterator[None]:
    """Raise CannotStart, which says how to continue, in place of Ctrl-C at a question."""
    try:
        yield
    except KeyboardInterrupt as cause:
        sentence = f"Stopped; nothing was destroyed. To continue: {session.retry_command}"
        raise CannotStart(sentence, ExitCode.INTERRUPTED) from cause


def _variables(connected: ConnectedStage) -> list[Path]:
    """Write the variables that Terraform requires to destroy, and return their file.

    The page and the zip must exist, as the configuration reads them; empty ones are enough.
    """
    stage = connected.stage
    empty = stage.folder / "empty"
    empty.mkdir(mode=0o700, exist_ok=True)
    for name in ("index.html", "package.zip"):
        (empty / name).touch()
    kept = {name: value for name, value in connected.settings.items() if value is not None}
    stage.write_settings(
        kept
        | {
            "project_name": stage.project,
            "stage_name": stage.name,
            "region": connected.region,
            "package_path": str(empty / "package.zip"),
            "page_path": str(empty),
        }
    )
    return [stage.settings_file]


def _plan(session: StageSession, connected: ConnectedStage, files: list[Path]) -> Plan:
    stage, terraform = connected.stage, connected.terraform
    with session.guard(terraform, "planning", "Nothing was changed."):
        terraform.plan(stage.plan_file, files, "-destroy", _UNPROTECTED)
        document = terraform.read_plan(stage.plan_file)
    stage.plan_file.chmod(0o600)
    return planning.read(document)


def _disable_protection(
    session: StageSession, connected: ConnectedStage, plan: Plan, files: list[Path]
) -> None:
    """Disable the deletion protection of the tables, where it is on: a separate apply."""
    protected = {change.address for change in plan.changes if change.is_protected}
    targets = [f"-target={address}" for address in _PROTECTED if address in protected]
    if not targets:
        return
    stage, terraform = connected.stage, connected.terraform
    so_far = (
        "All messages and people are still there, perhaps without protection; a deploy restores it."
    )
    with session.guard(terraform, "disabling the protection of the tables", so_far):
        terraform.plan(stage.plan_file, files, *targets, _UNPROTECTED)
        terraform.apply(stage.plan_file)


def _require_deployed(connected: ConnectedStage) -> None:
    if not connected.outputs.get("tables"):
        sentence = f"Nothing of {connected.stage.prefix} is on AWS: start with `fireside deploy`."
        raise CannotStart(sentence, ExitCode.CLOUD)


def _offer_export(
    connected: ConnectedStage,
    options: DestroyOptions,
    context: DeployContext,
    messages: Callable[[ConnectedStage], MessageSource],
) -> bool:
    """Export the messages if the person wants it; return whether that is settled.

    Return False if there are no messages to ask about.
    """
    if options.no_export or not connected.outputs.get("tables"):
        return options.no_export
    out = options.export
    if out is None:
        answer = context.ask("Export the messages first? A file's name, or Enter for no: ")
        if answer is None:
            sentence = "There is no terminal to ask: add --export FILE or --no-export."
            raise CannotStart(sentence, ExitCode.USAGE)
        out = Path(answer).expanduser() if answer else None
    if out is not None:
        _export(connected, out, context, messages)
        context.print_progress("Messages sent from now on are not in it.")
    return True


def _export(
    connected: ConnectedStage,
    out: Path,
    context: DeployContext,
    messages: Callable[[ConnectedStage], MessageSource],
) -> None:
    try:
        count = export(
            messages(connected), out, lambda so_far: context.print_progress(f"{so_far:,} messages")
        )
    except ChatError as why:
        sentence = f"The messages can't be read: {why}. Nothing was destroyed."
        raise CannotStart(sentence, ExitCode.CLOUD) from why
    context.print_progress(f"{out} has all {count:,} messages, one per line.")


def _confirm(stage: Stage, options: DestroyOptions, context: DeployContext) -> None:
    if options.yes:
        return
    answer = context.ask(f"Type {stage.name} to destroy it permanently: ")
    if answer is None:
        raise CannotStart(NO_TERMINAL, ExitCode.USAGE)
    if answer != stage.name:
        raise CannotStart("Nothing was destroyed.")


def _print_remains(connected: ConnectedStage, context: DeployContext) -> None:
    bucket = connected.stage.state_bucket(connected.identity.account)
    for line in (
        f"{connected.stage.prefix} is destroyed. What stays, and how to delete it:",
        f"  the bucket {bucket} with the states of all stages, for cents a year: empty it, then",
        f"    terraform -chdir={connected.stage.infra / 'bootstrap'} destroy",
        "  DynamoDB's own backup of the messages, for 35 days, free of charge",
        f"  {connected.stage.folder}, on this computer",
    ):
        context.print_progress(line)
