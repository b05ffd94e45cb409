"""`fireside deploy`: deploy the chat to AWS, step by step, after a confirmation.

Check, build, find the state, plan, explain the plan and its costs, ask, apply exactly that plan,
run the smoke test, and print the link. It can be interrupted and run again at every point.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fireside.cloud.cost import bill, prices
from fireside.cloud.cost.usage import Workload
from fireside.cloud.deploy import account, brake, build, stage_secrets
from fireside.cloud.deploy import plan as planning
from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.plan import Plan
from fireside.cloud.deploy.session import NO_TERMINAL, ConnectedStage, StageSession
from fireside.cloud.deploy.stage import Stage, choose_variables
from fireside.cloud.deploy.stage_secrets import Secrets
from fireside.cloud.verify.client import CheckFailed
from fireside.cloud.verify.smoke import smoke
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.invite import link, owner_link

EXAMPLE = Workload(users=50, messages_per_day=2_000, online_per_room=12)
"""An office, whose bill is shown as an example; `fireside cost` estimates any other."""


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """The options of `fireside deploy`, except those that name the stage."""

    plan_only: bool = False
    yes: bool = False
    allow_data_loss: bool = False
    """Whether to apply a plan that deletes data permanently."""
    build: bool = True
    smoke_message: bool = False
    """Whether the smoke test sends a message to a room in use."""
    new_invite: bool = False
    """Whether to make an invite that replaces all others."""
    add_invite: bool = False
    """Whether to make an invite for this computer beside the others."""
    new_owner_link: bool = False
    """Whether to replace the owner link by one of this computer."""
    region: str | None = None
    var_files: Sequence[Path] = field(default_factory=tuple)


def deploy(stage: Stage, options: DeployOptions, context: DeployContext) -> int:
    """Deploy a stage, or update it, and return the exit code.

    Raises:
        CannotStart: A step failed or was interrupted; the sentence says how to continue.
    """
    run = _Deployment(stage, options, context)
    try:
        _deploy(run)
    except KeyboardInterrupt as cause:
        sentence = f"Stopped between two steps. To continue: {run.retry_command}"
        raise CannotStart(sentence, ExitCode.INTERRUPTED) from cause
    return int(ExitCode.OK)


def _deploy(run: "_Deployment") -> None:
    stage, options, context = run.stage, run.options, run.context
    session = StageSession(
        stage, context, run.retry_command, options.region, run.confirm, options.plan_only
    )
    connected = session.connect()
    if options.build:
        build.build(stage.infra, context.print_progress)
    chosen = run.choose_secrets(connected)
    plan = run.plan(session, connected, chosen)
    run.explain(connected, plan)
    if options.plan_only:
        context.print_progress(
            f"That was the plan; nothing was changed. To apply it: {run.retry_command}"
        )
        return
    outputs = run.apply(session, connected, plan)
    brake.reset_alarm(connected, outputs, context.print_progress)
    stage_secrets.confirm_applied(stage)
    run.smoke_test(outputs, plan, chosen.invites)
    run.print_link(outputs, plan, chosen.invites)
    run.print_owner_link(outputs, chosen.owner)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The secrets of one deploy."""

    invites: Secrets
    owner: Secrets


@dataclass(frozen=True, slots=True)
class _Deployment:
    """The steps of one deploy."""

    stage: Stage
    options: DeployOptions
    context: DeployContext

    @property
    def retry_command(self) -> str:
        """Return the command that continues after this one, without --yes."""
        words = ["fireside deploy", self.stage.command_options]
        words += [f"--var-file {shlex.quote(str(file))}" for file in self.options.var_files]
        for is_given, option in (
            (self.options.new_invite, "--new-invite"),
            (self.options.add_invite, "--add-invite"),
            (self.options.new_owner_link, "--new-owner-link"),
            (self.options.region, f"--region {self.options.region}"),
            (not self.options.build, "--no-build"),
            (self.options.smoke_message, "--smoke-message"),
        ):
            words += [option] if is_given else []
        return " ".join(words)

    def confirm(self, word: str) -> None:
        """Ask a person to type a word before anything is created.

        Raises:
            CannotStart: They typed another, or there is no terminal.
        """
        if self.options.yes:
            return
        answer = self.context.ask(f"Type {word} to continue: ")
        if answer is None:
            raise CannotStart(NO_TERMINAL, ExitCode.USAGE)
        if answer != word:
            raise CannotStart(f"Nothing was changed. To continue: {self.retry_command}")

    def choose_secrets(self, connected: ConnectedStage) -> _Chosen:
        """Return the invites and the owner link of this deploy."""
        deployed, options = connected.settings, self.options
        return _Chosen(
            stage_secrets.choose_invites(
                self.stage,
                deployed.get("invite_hashes") or [],
                new=options.new_invite,
                add=options.add_invite,
            ),
            stage_secrets.choose_owner(
                self.stage, deployed.get("owner_sha256") or "", new=options.new_owner_link
            ),
        )

    def plan(self, session: StageSession, connected: ConnectedStage, chosen: _Chosen) -> Plan:
        """Write the plan to a file, and return it."""
        variables = choose_variables(
            self.stage,
            connected.settings,
            invites=chosen.invites.hashes,
            owner_hash=chosen.owner.hashes[0],
            region=connected.region,
        ) | build.variables(self.stage.infra, connected.terraform.directory.path)
        self.stage.write_settings(variables)
        files = self.stage.variable_files(self.options.var_files)
        with session.guard(connected.terraform, "planning", "Nothing was changed."):
            connected.terraform.plan(self.stage.plan_file, files)
            document = connected.terraform.read_plan(self.stage.plan_file)
        self.stage.plan_file.chmod(0o600)
        plan = planning.read(document)
        for name in ("project_name", "stage_name", "region"):
            self._require_same(name, plan.variables.get(name), variables[name])
        return plan

    def _require_same(self, name: str, planned: object, expected: object) -> None:
        """Raise if a file of variables contradicts the command line."""
        if planned != expected:
            option = f"--{name.removesuffix('_name')}"
            raise CannotStart(
                f"A file of variables has {name} = {planned!r}, but the stage has {expected!r}: "
                f"remove it from the file, and use {option} instead.",
                ExitCode.USAGE,
            )

    def explain(self, connected: ConnectedStage, plan: Plan) -> None:
        """Print what the plan changes and costs, and check what would make it fail.

        Raises:
            CannotStart: A check failed.
        """
        write_line, region = self.context.print_progress, connected.region
        write_line("")
        write_line(f"{self.stage.prefix} in {region}, account {connected.identity.account}:")
        for line in [*planning.summary(plan), *cost_summary(plan.variables)]:
            write_line(line)
        write_line(f"  The whole plan: {connected.terraform.show_command(self.stage.plan_file)}")
        write_line("")
        every = account.check_account(connected.aws, plan, region, self.context.now())
        checks = list(every) if plan.changes else []
        for check in checks:
            self.context.show(check)
        failed = [check.name for check in checks if check.verdict == "fail"]
        if failed:
            raise CannotStart(
                f"The apply would fail: {', '.join(failed)}. Correct that, "
                f"in {self.stage.variables_file} if it is a variable, then: {self.retry_command}",
                ExitCode.CLOUD,
            )

    def apply(
        self, session: StageSession, connected: ConnectedStage, plan: Plan
    ) -> Mapping[str, Any]:
        """Apply the plan after a confirmation, and return the outputs.

        Raises:
            CannotStart: It was not confirmed, would lose data, or failed.
        """
        if plan.is_empty:
            self.stage.plan_file.unlink(missing_ok=True)
            return connected.outputs
        if plan.losses and not self.options.allow_data_loss:
            raise CannotStart(
                "This plan deletes data permanently (see DANGER). To allow it, export first, "
                f"then: {self.retry_command} --allow-data-loss",
                ExitCode.USAGE,
            )
        self.confirm(self.stage.name)
        so_far = (
            "What was created so far is in the state, and the next run creates the rest; "
            f"`fireside destroy {self.stage.command_options}` destroys it."
        )
        with session.guard(connected.terraform, "applying", so_far):
            connected.terraform.apply(self.stage.plan_file)
            outputs = connected.terraform.outputs()
        self.stage.plan_file.unlink(missing_ok=True)
        return outputs

    def smoke_test(self, outputs: Mapping[str, Any], plan: Plan, chosen: Secrets) -> None:
        """Check the chat from outside, if this computer has the invite.

        Raises:
            CannotStart: A check failed.
        """
        is_open = bool(plan.variables.get("open"))
        if chosen.secret is None and not is_open:
            self.context.print_progress(_NOT_CHECKED)
            return
        secret = None if is_open else chosen.secret
        lines = smoke(
            self.context.target(str(outputs["socket_url"]), secret),
            send_message=self.options.smoke_message,
            pause=self.context.pause,
        )
        try:
            for line in lines:
                self.context.print_progress(f"ok    {line}")
        except CheckFailed as why:
            raise CannotStart(
                f"Everything was applied, but the smoke test failed: {why}. To see why: "
                f"fireside logs {self.stage.command_options}. To try again: {self.retry_command}",
                ExitCode.CLOUD,
            ) from why
        except KeyboardInterrupt as cause:
            raise CannotStart(
                "Everything was applied; only the smoke test was stopped. "
                f"To run it: {self.retry_command}",
                ExitCode.INTERRUPTED,
            ) from cause

    def print_link(self, outputs: Mapping[str, Any], plan: Plan, chosen: Secrets) -> None:
        """Print the chat's address, with the invite if this computer has it."""
        address = str(outputs["address"])
        if not plan.variables.get("site"):
            self.context.print_progress(
                "You serve the page yourself; put this beside it as config.json: "
                f"{outputs.get('page_config')}"
            )
        if plan.variables.get("open"):
            self.context.print_progress(stage_secrets.OPEN_NOTICE)
            self.context.print_result(address)
        elif chosen.secret is not None and self.context.is_for_a_person():
            self.context.print_result(link(address, chosen.secret))
        else:
            self.context.print_result(address)
            if chosen.secret is not None:
                command = f"fireside invite {self.stage.command_options}"
                self.context.print_progress(f"People need an invite to enter: {command}")

    def print_owner_link(self, outputs: Mapping[str, Any], chosen: Secrets) -> None:
        """Print the owner link, to a person alone, if this computer has it."""
        if chosen.secret is None:
            return
        if self.context.is_for_a_person():
            link_text = owner_link(str(outputs["address"]), chosen.secret)
            self.context.print_progress(f"Own this place with {link_text}")
        else:
            command = f"fireside owner {self.stage.command_options}"
            self.context.print_progress(f"To own this place: {command}")


def cost_summary(variables: Mapping[str, Any]) -> list[str]:
    """Return lines with the costs: a month of the example, and the worst day."""
    month = bill.total(bill.monthly(EXAMPLE))
    worst = bill.total(bill.worst_day(**bill.limits(variables)))
    lines = [
        (
            f"  costs    about ${month:,.2f} a month for {EXAMPLE.users} people who send "
            f"{EXAMPLE.messages_per_day:,g} messages a day (`fireside cost` estimates yours)"
        ),
        f"  at worst ${worst:,.2f} on one day, under attack, until the brake acts",
    ]
    if variables.get("site"):
        out, requests = prices.SITE_OUT, prices.SITE_REQUESTS
        lines.append(
            f"           except the page: CloudFront's free tier is {out.free:,g} GB and "
            f"{requests.free:,g} requests a month; then it is ${out.dollars:g} a GB, with no brake"
        )
    return lines


_NOT_CHECKED = (
    "The invite is on another computer, so this one can't check the chat or print its link: "
    "--add-invite makes one for this computer too."
)
