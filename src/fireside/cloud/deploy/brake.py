"""The brake from outside: whether it is on, and its alarm after it was released.

An alarm of CloudWatch calls the brake once for each change of its state. So if a deploy releases
the brake while the alarm is still on, the brake would not be set again; therefore the alarm is set
to OK, and its next evaluation, within a minute, sets it to ALARM again if it is still true.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from fireside.cloud.deploy.session import ConnectedStage
from fireside.cloud.sdk import AwsError
from fireside.console.terminal import WriteLine


class ApiStage(NamedTuple):
    """The API's id and the name of its stage, by which API Gateway knows it."""

    api: str
    name: str


def api_stage(outputs: Mapping[str, Any]) -> ApiStage:
    """Return which stage an apply has made."""
    endpoint = urlsplit(str(outputs["api_endpoint"]))
    return ApiStage((endpoint.hostname or "").partition(".")[0], endpoint.path.strip("/"))


def is_on(connected: ConnectedStage, stage: ApiStage) -> bool:
    """Return whether the stage's throttle is 0.

    Raises:
        AwsError: No permission to read it.
    """
    found = connected.aws.call(
        "apigatewayv2", "get_stage", connected.region, ApiId=stage.api, StageName=stage.name
    )
    rate = (found.get("DefaultRouteSettings") or {}).get("ThrottlingRateLimit")
    return rate is not None and float(rate) == 0


def reset_alarm(
    connected: ConnectedStage, outputs: Mapping[str, Any], write_line: WriteLine
) -> None:
    """Set the brake's alarm to OK if it is on and the brake is not."""
    try:
        if _alarm_is_on(connected) and not is_on(connected, api_stage(outputs)):
            _set_to_ok(connected)
            write_line(
                "The brake's alarm was still on: it is reset, so the brake acts again within a "
                "minute if the last hour has more messages than brake_messages_per_hour."
            )
    except AwsError as error:
        write_line(
            f"No permission to reset the brake's alarm ({error.operation}: {error.code}): if it "
            "is on, the brake does not act again before it is over."
        )


def _alarm_name(connected: ConnectedStage) -> str:
    return f"{connected.stage.prefix}-brake"


def _alarm_is_on(connected: ConnectedStage) -> bool:
    found = connected.aws.call(
        "cloudwatch",
        "describe_alarms",
        connected.region,
        AlarmNames=[_alarm_name(connected)],
        StateValue="ALARM",
    )
    return bool(found.get("MetricAlarms"))


def _set_to_ok(connected: ConnectedStage) -> None:
    connected.aws.call(
        "cloudwatch",
        "set_alarm_state",
        connected.region,
        AlarmName=_alarm_name(connected),
        StateValue="OK",
        StateReason="fireside deploy released the brake",
    )
