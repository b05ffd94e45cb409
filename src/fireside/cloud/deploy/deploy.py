"""`fireside deploy`: from what is here to a chat on AWS, each step shown, none taken unasked.

Look, build, find the state, plan, say what it means and costs, ask, apply exactly that plan, try
the chat from outside, and print where it is. Running it again is safe at every point.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fireside.cloud.cost import bill, prices
from fireside.cloud.cost.usage import Workload
from fireside.cloud.deploy import account, build, invites
from fireside.cloud.deploy import plan as planning
from fireside.cloud.deploy.context import World
from fireside.cloud.deploy.invites import Invites
from fireside.cloud.deploy.plan import Plan
from fireside.cloud.deploy.session import Opened, Opening
from fireside.cloud.deploy.stage import Stage, chosen
from fireside.cloud.verify import smoke as smoking
from fireside.cloud.verify.client import CheckFailed
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.invite import link

FIFTY = Workload(users=50, messages_per_day=2_000, online_per_room=12)
"""An office whose bill is shown; `fireside cost` reckons another."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asked for."""

    plan_only: bool = False
    yes: bool = False
    accept_losses: bool = False
    build: bool = True
    smoke_message: bool = False
    new_invite: bool = False
    add_invite: bool = False
    region: str | None = None
    var_files: Sequence[Path] = field(default_factory=tuple)


def deploy(stage: Stage, wishes: Wishes, world: World) -> int:
    """Bring a stage to what is here.

    Raises:
        CannotStart: With what to do about it.
    """
    run = _Run(stage, wishes, world)
    try:
        _deploy(run)
    except KeyboardInterrupt as cause:
        sentence = f"Stopped between two steps. To go on: {run.again}"
        raise CannotStart(sentence, ExitCode.INTERRUPTED) from cause
    return int(ExitCode.OK)


def _deploy(run: "_Run") -> None:
    stage, wishes, world = run.stage, run.wishes, run.world
    opening = Opening(stage, world, run.again, wishes.region, run.agree, wishes.plan_only)
    found = opening.open()
    if wishes.build:
        build.build(stage.infra, world.say)
    known = invites.decide(
        stage,
        found.settings.get("invite_hashes") or [],
        new=wishes.new_invite,
        add=wishes.add_invite,
    )
    plan = run.plan(opening, found, known)
    run.explain(found, plan)
    if wishes.plan_only:
        world.say(f"That was the plan; nothing was changed. To apply it: {run.again}")
        return
    outputs = run.apply(opening, found, plan)
    invites.settle(stage)
    run.try_it(outputs, plan, known)
    run.hand_over(outputs, plan, known)


@dataclass(frozen=True, slots=True)
class _Run:
    """One deploy, step by step."""

    stage: Stage
    wishes: Wishes
    world: World

    @property
    def again(self) -> str:
        """Write the command that goes on from wherever this one ended."""
        words = ["fireside deploy", self.stage.options]
        words += [f"--var-file {shlex.quote(str(file))}" for file in self.wishes.var_files]
        for said, option in (
            (self.wishes.new_invite, "--new-invite"),
            (self.wishes.add_invite, "--add-invite"),
            (self.wishes.region, f"--region {self.wishes.region}"),
            (not self.wishes.build, "--no-build"),
            (self.wishes.smoke_message, "--smoke-message"),
        ):
            words += [option] if said else []
        return " ".join(words)

    def agree(self, word: str) -> None:
        """Have somebody type a word before anything is made.

        Raises:
            CannotStart: They don't, or nobody is there.
        """
        if self.wishes.yes:
            return
        answer = self.world.ask(f"Type {word} to go on: ")
        if answer is None:
            sentence = "Nobody is there to agree: start it in a terminal, or with --yes."
            raise CannotStart(sentence, ExitCode.USAGE)
        if answer != word:
            raise CannotStart(f"Nothing was changed. To go on: {self.again}")

    def plan(self, opening: Opening, found: Opened, known: Invites) -> Plan:
        """Plan to a file, and read it."""
        variables = chosen(
            self.stage, found.settings, invites=known.hashes, region=found.region
        ) | build.variables(self.stage.infra, found.terraform.folder.path)
        self.stage.write_settings(variables)
        files = self.stage.files(self.wishes.var_files)
        with opening.step(found.terraform, "planning", "Nothing was changed."):
            found.terraform.plan(self.stage.plan, files)
            document = found.terraform.show(self.stage.plan)
        self.stage.plan.chmod(0o600)
        plan = planning.read(document)
        for name in ("project_name", "stage_name", "region"):
            self._require_ours(name, plan.variables.get(name), variables[name])
        return plan

    def _require_ours(self, name: str, planned: object, ours: object) -> None:
        """Refuse a file of variables that says something else than the command line."""
        if planned != ours:
            option = f"--{name.removesuffix('_name')}"
            raise CannotStart(
                f"A file of variables says {name} = {planned!r}, but this is {ours!r}: "
                f"take it out of there, and say {option} instead.",
                ExitCode.USAGE,
            )

    def explain(self, found: Opened, plan: Plan) -> None:
        """Say what the plan means and costs, and look for what would make it fail.

        Raises:
            CannotStart: The account would refuse it.
        """
        world = self.world
        world.say("")
        world.say(f"{self.stage.prefix} in {found.region}, account {found.identity.account}:")
        for line in [*planning.summary(plan), *cost(plan.variables)]:
            world.say(line)
        world.say(f"  The whole plan: {found.terraform.shows(self.stage.plan)}")
        world.say("")
        checks = list(account.examine(found.aws, plan, found.region)) if plan.changes else []
        for check in checks:
            world.show(check)
        failed = [check.name for check in checks if check.verdict == "fail"]
        if failed:
            raise CannotStart(
                f"The apply would fail: {', '.join(failed)}. Mend that, "
                f"in {self.stage.wishes} where it is a variable, then: {self.again}",
                ExitCode.CLOUD,
            )

    def apply(self, opening: Opening, found: Opened, plan: Plan) -> Mapping[str, Any]:
        """Do what was planned, after somebody agreed; return the outputs."""
        if plan.is_empty:
            self.stage.plan.unlink(missing_ok=True)
            return found.outputs
        if plan.losses and not self.wishes.accept_losses:
            raise CannotStart(
                "This plan loses what can't be had again (see DANGER). If you mean it, export "
                f"first, then: {self.again} --allow-data-loss",
                ExitCode.USAGE,
            )
        self.agree(self.stage.name)
        so_far = (
            "What was made so far is in the state, and the next run makes the rest; "
            f"`fireside destroy {self.stage.options}` takes it away."
        )
        with opening.step(found.terraform, "applying", so_far):
            found.terraform.apply(self.stage.plan)
            outputs = found.terraform.outputs()
        self.stage.plan.unlink(missing_ok=True)
        return outputs

    def try_it(self, outputs: Mapping[str, Any], plan: Plan, known: Invites) -> None:
        """Try the chat from outside.

        Raises:
            CannotStart: It does not do what it should.
        """
        is_open = bool(plan.variables.get("open"))
        if known.secret is None and not is_open:
            self.world.say(_UNTRIED)
            return
        target = self.world.target(str(outputs["socket_url"]), None if is_open else known.secret)
        lines = smoking.smoke(
            target, send_message=self.wishes.smoke_message, pause=self.world.pause
        )
        try:
            for line in lines:
                self.world.say(f"ok    {line}")
        except CheckFailed as why:
            raise CannotStart(
                f"Everything was applied, but the smoke test failed: {why}. To see why: "
                f"fireside logs {self.stage.options}. To try again: {self.again}",
                ExitCode.CLOUD,
            ) from why
        except KeyboardInterrupt as cause:
            raise CannotStart(
                f"Everything was applied; only the smoke test was stopped. Again: {self.again}",
                ExitCode.INTERRUPTED,
            ) from cause

    def hand_over(self, outputs: Mapping[str, Any], plan: Plan, known: Invites) -> None:
        """Print where it is, and how to let people in."""
        place = str(outputs["address"])
        if not plan.variables.get("site"):
            self.world.say(
                "The page is yours to serve; put this beside it as config.json: "
                f"{outputs.get('page_config')}"
            )
        if plan.variables.get("open"):
            self.world.say("The place is open: anybody who has the address comes in.")
            self.world.tell(place)
        else:
            self.world.tell(place if known.secret is None else link(place, known.secret))


def cost(variables: Mapping[str, Any]) -> list[str]:
    """Say what it costs: a month of an office, and the worst day."""
    month = bill.total(bill.monthly(FIFTY))
    worst = bill.total(
        bill.worst_day(
            throttle_rate=float(variables["throttle_rate"]),
            throttle_burst=float(variables["throttle_burst"]),
            brake_messages_per_hour=float(variables["brake_messages_per_hour"]),
        )
    )
    lines = [
        (
            f"  costs    about ${month:,.2f} a month for {FIFTY.users} people who say "
            f"{FIFTY.messages_per_day:,g} things a day (`fireside cost` reckons yours)"
        ),
        f"  at worst ${worst:,.2f} on one day, under attack, until the brake acts",
    ]
    if variables.get("site"):
        out, asked = prices.SITE_OUT, prices.SITE_REQUESTS
        lines.append(
            f"           but for the page: CloudFront gives away {out.free:,g} GB and "
            f"{asked.free:,g} requests a month; then it is ${out.dollars:g} a GB, and no brake"
        )
    return lines


_UNTRIED = (
    "The invite is on another computer, so this one can't try the chat or print its link: "
    "--add-invite makes one for this computer too."
)
