"""`fireside status`: what is on AWS, and how it does."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from fireside.cloud.deploy.context import World
from fireside.cloud.deploy.session import Opened, Opening
from fireside.cloud.deploy.stage import Stage
from fireside.cloud.sdk import AwsError
from fireside.console.exits import ExitCode

DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Status:
    """What was found; None where AWS would not say."""

    stage: str
    account: str
    region: str
    deployed: bool
    begun: bool = False
    """Whether an apply has begun, though it may not have come to its end."""
    address: str | None = None
    socket: str | None = None
    versions: Mapping[str, str] | None = None
    invites: int | None = None
    open: bool | None = None
    brake: bool | None = None
    alarms: list[str] | None = None
    messages_a_day: int | None = None
    connects_a_day: int | None = None
    kept_messages: int | None = None


def status(stage: Stage, world: World, *, as_json: bool) -> int:
    """Print what there is.

    Raises:
        CannotStart: AWS or the state can't be asked.
    """
    opened = Opening(stage, world, f"fireside status {stage.options}").open()
    found = look(opened, world.now())
    if as_json:
        world.tell(json.dumps(asdict(found), indent=2))
    else:
        for line in lines(found, stage.options):
            world.tell(line)
    trouble = found.brake or found.alarms
    return int(ExitCode.UNEXPECTED if trouble else ExitCode.OK)


def look(opened: Opened, now: float) -> Status:
    """Ask AWS how the stage does."""
    outputs, settings = opened.outputs, opened.settings
    bare = Status(
        opened.stage.prefix,
        opened.identity.account,
        opened.region,
        deployed=outputs.keys() >= _NEEDED,
        begun=bool(outputs),
    )
    if not bare.deployed:
        return bare
    endpoint = urlsplit(str(outputs["api_endpoint"]))
    api, name = (endpoint.hostname or "").partition(".")[0], endpoint.path.strip("/")
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
        brake=_brake(opened, api, name),
        alarms=_alarms(opened),
        messages_a_day=_sum(opened, "MessageCount", api, name, now),
        connects_a_day=_sum(opened, "ConnectCount", api, name, now),
        kept_messages=_kept(opened),
    )


_NEEDED = {"address", "socket_url", "api_endpoint", "tables"}
"""What the first apply tells when it has come to its end."""


def lines(found: Status, options: str) -> Iterator[str]:
    """Write it for people."""
    yield f"{found.stage} in {found.region}, account {found.account}"
    if not found.deployed and found.begun:
        yield f"Only a part of it is on AWS. The rest: fireside deploy {options}"
        yield f"Or take it away: fireside destroy {options}"
        return
    if not found.deployed:
        yield f"Nothing of it is on AWS: fireside deploy {options}"
        return
    yield f"address   {found.address}"
    yield f"socket    {found.socket}"
    yield f"door      {_door(found)}"
    versions = ", ".join(f"{name} {number}" for name, number in (found.versions or {}).items())
    yield f"versions  {versions}"
    messages, connects = _count(found.messages_a_day), _count(found.connects_a_day)
    yield f"last day  {messages} messages both ways, {connects} connections"
    yield f"kept      about {_count(found.kept_messages)} rows of messages"
    if found.alarms is None:
        yield "alarms    I may not ask"
    else:
        yield f"alarms    {', '.join(found.alarms) or 'none'}"
    if found.brake:
        yield "BRAKE     it is on: nobody can come in or say anything until `fireside deploy`"


def _brake(opened: Opened, api: str, name: str) -> bool | None:
    """Tell whether the stage's throttle was set to 0."""
    found = _ask(opened, "apigatewayv2", "get_stage", ApiId=api, StageName=name)
    if found is None:
        return None
    rate = (found.get("DefaultRouteSettings") or {}).get("ThrottlingRateLimit")
    return rate is not None and float(rate) == 0


def _alarms(opened: Opened) -> list[str] | None:
    found = _ask(
        opened,
        "cloudwatch",
        "describe_alarms",
        AlarmNamePrefix=f"{opened.stage.prefix}-",
        StateValue="ALARM",
    )
    if found is None:
        return None
    return sorted(str(alarm["AlarmName"]) for alarm in found.get("MetricAlarms", []))


def _sum(opened: Opened, metric: str, api: str, name: str, now: float) -> int | None:
    """Add up a metric of API Gateway over a day."""
    found = _ask(
        opened,
        "cloudwatch",
        "get_metric_statistics",
        Namespace="AWS/ApiGateway",
        MetricName=metric,
        Dimensions=[{"Name": "ApiId", "Value": api}, {"Name": "Stage", "Value": name}],
        StartTime=datetime.fromtimestamp(now - DAY_SECONDS, UTC),
        EndTime=datetime.fromtimestamp(now, UTC),
        Period=DAY_SECONDS,
        Statistics=["Sum"],
    )
    if found is None:
        return None
    return int(sum(point["Sum"] for point in found.get("Datapoints", [])))


def _kept(opened: Opened) -> int | None:
    table = str(opened.outputs["tables"]["messages"])
    found = _ask(opened, "dynamodb", "describe_table", TableName=table)
    return None if found is None else int(found["Table"].get("ItemCount", 0))


def _ask(
    opened: Opened, service: str, operation: str, **fields: object
) -> Mapping[str, Any] | None:
    try:
        return opened.aws.call(service, operation, opened.region, **fields)
    except AwsError:
        return None


def _door(found: Status) -> str:
    if found.open:
        return "open to anybody"
    return "one invite opens it" if found.invites == 1 else f"{found.invites} invites open it"


def _count(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"
