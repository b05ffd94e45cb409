"""`fireside status`: what is deployed on AWS, and whether it works."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from fireside.cloud.deploy import brake
from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.session import ConnectedStage, StageSession
from fireside.cloud.deploy.stage import Stage
from fireside.cloud.sdk import AwsError
from fireside.console.exits import ExitCode
from fireside.functions import metrics
from fireside.system import DAY_SECONDS


@dataclass(frozen=True, slots=True)
class Status:
    """What AWS returned; None without permission. The names are the keys of --json."""

    stage: str
    account: str
    region: str
    deployed: bool
    begun: bool = False
    """Whether an apply has started, even if it did not complete."""
    address: str | None = None
    socket: str | None = None
    versions: Mapping[str, str] | None = None
    invites: int | None = None
    open: bool | None = None
    names: str | None = None
    owner_link: bool | None = None
    """Whether there is a link that makes an owner."""
    brake: bool | None = None
    alarms: list[str] | None = None
    messages_a_day: int | None = None
    connects_a_day: int | None = None
    broadcast_p99_ms: int | None = None
    """Within which 99 of 100 messages reached their room, from when they were stored."""
    kept_messages: int | None = None


def status(stage: Stage, context: DeployContext, *, as_json: bool) -> int:
    """Print the status, and return the exit code: 1 if an alarm or the brake is on.

    Raises:
        CannotStart: AWS or the state can't be read.
    """
    connected = StageSession(stage, context, f"fireside status {stage.command_options}").connect()
    found = fetch_status(connected, context.now())
    if as_json:
        context.print_result(json.dumps(asdict(found), indent=2))
    else:
        for line in lines(found, stage.command_options):
            context.print_result(line)
    has_problem = found.brake or found.alarms
    return int(ExitCode.UNEXPECTED if has_problem else ExitCode.OK)


def fetch_status(connected: ConnectedStage, now: float) -> Status:
    """Return the status at `now`, in seconds since 1970."""
    outputs, settings = connected.outputs, connected.settings
    bare = Status(
        connected.stage.prefix,
        connected.identity.account,
        connected.region,
        deployed=outputs.keys() >= _NEEDED,
        begun=bool(outputs),
    )
    if not bare.deployed:
        return bare
    api, name = brake.api_stage(outputs)
    return Status(
        bare.stage,
        bare.account,
        bare.region,
        deployed=True,
        begun=True,
        address=str(outputs["address"]),
        socket=str(outputs["socket_url"]),
        versions=dict(outputs.get("live_versions") or {}),
        invites=len(settings.get("invite_hashes") or []),
        open=bool(settings.get("open")),
        names=str(settings.get("names") or "open"),
        owner_link=bool(settings.get("owner_sha256")),
        brake=_brake(connected),
        alarms=_alarms(connected),
        messages_a_day=_sum(connected, "MessageCount", api, name, now),
        connects_a_day=_sum(connected, "ConnectCount", api, name, now),
        broadcast_p99_ms=_broadcast_p99(connected, now),
        kept_messages=_stored_messages(connected),
    )


_NEEDED = {"address", "socket_url", "api_endpoint", "tables"}
"""The outputs of an apply that has completed."""


def lines(found: Status, options: str) -> Iterator[str]:
    """Yield the status as lines of text."""
    yield f"{found.stage} in {found.region}, account {found.account}"
    if not found.deployed and found.begun:
        yield f"It is deployed in part. To complete it: fireside deploy {options}"
        yield f"To destroy it: fireside destroy {options}"
        return
    if not found.deployed:
        yield f"It is not deployed: fireside deploy {options}"
        return
    yield f"address   {found.address}"
    yield f"socket    {found.socket}"
    yield f"access    {_access(found)}"
    yield f"names     {_names(found)}"
    versions = ", ".join(f"{name} {number}" for name, number in (found.versions or {}).items())
    yield f"versions  {versions}"
    messages, connects = _count(found.messages_a_day), _count(found.connects_a_day)
    yield f"last day  {messages} messages both ways, {connects} connections"
    yield f"posts     {_posts(found.broadcast_p99_ms)}"
    yield f"stored    about {_count(found.kept_messages)} rows of messages"
    if found.alarms is None:
        yield "alarms    no permission to read them"
    else:
        yield f"alarms    {', '.join(found.alarms) or 'none'}"
    if found.brake:
        yield "BRAKE     it is on: no client can connect or send messages until `fireside deploy`"


def _brake(connected: ConnectedStage) -> bool | None:
    """Return whether the brake is on; None without permission."""
    try:
        return brake.is_on(connected, brake.api_stage(connected.outputs))
    except AwsError:
        return None


def _alarms(connected: ConnectedStage) -> list[str] | None:
    found = _ask(
        connected,
        "cloudwatch",
        "describe_alarms",
        AlarmNamePrefix=f"{connected.stage.prefix}-",
        StateValue="ALARM",
    )
    if found is None:
        return None
    return sorted(str(alarm["AlarmName"]) for alarm in found.get("MetricAlarms", []))


def _sum(connected: ConnectedStage, metric: str, api: str, name: str, now: float) -> int | None:
    """Return the sum of a metric of API Gateway over the day before `now`."""
    points = _points(
        connected,
        now,
        Namespace="AWS/ApiGateway",
        MetricName=metric,
        Dimensions=[{"Name": "ApiId", "Value": api}, {"Name": "Stage", "Value": name}],
        Statistics=["Sum"],
    )
    return None if points is None else int(sum(point["Sum"] for point in points))


def _broadcast_p99(connected: ConnectedStage, now: float) -> int | None:
    """Return the 99th percentile of the times of posts; None if there were none."""
    chat = f"{connected.stage.prefix}-chat"
    points = _points(
        connected,
        now,
        Namespace=metrics.NAMESPACE,
        MetricName="FanOutMs",
        Dimensions=[{"Name": metrics.DIMENSION, "Value": chat}],
        ExtendedStatistics=["p99"],
    )
    return max((round(point["ExtendedStatistics"]["p99"]) for point in points or ()), default=None)


def _points(
    connected: ConnectedStage, now: float, **fields: object
) -> list[Mapping[str, Any]] | None:
    """Return a metric's data points of the day before `now`; None without permission."""
    found = _ask(
        connected,
        "cloudwatch",
        "get_metric_statistics",
        StartTime=datetime.fromtimestamp(now - DAY_SECONDS, UTC),
        EndTime=datetime.fromtimestamp(now, UTC),
        Period=DAY_SECONDS,
        **fields,
    )
    return None if found is None else list(found.get("Datapoints", []))


def _stored_messages(connected: ConnectedStage) -> int | None:
    table = str(connected.outputs["tables"]["messages"])
    found = _ask(connected, "dynamodb", "describe_table", TableName=table)
    return None if found is None else int(found["Table"].get("ItemCount", 0))


def _ask(
    connected: ConnectedStage, service: str, operation: str, **fields: object
) -> Mapping[str, Any] | None:
    try:
        return connected.aws.call(service, operation, connected.region, **fields)
    except AwsError:
        return None


def _access(found: Status) -> str:
    if found.open:
        return "open to everyone"
    return "with one invite" if found.invites == 1 else f"with {found.invites} invites"


def _names(found: Status) -> str:
    names = "only claimed ones" if found.names == "claimed" else "need not be claimed"
    return names if found.owner_link else f"{names}; there is no owner link: deploy makes one"


def _posts(p99_ms: int | None) -> str:
    if p99_ms is None:
        return "not measured in the last day"
    return f"99 of 100 messages reached their room within {p99_ms:,} ms"


def _count(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"
