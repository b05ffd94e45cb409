"""The kill switch, deployed as the function `brake`: stops the stage to limit the bill.

CloudWatch invokes it when an hour has more messages than the budget allows. It sets the stage's
throttle to 0: every new connection is answered with 429, and no message should be taken. The next
`terraform apply` sets it back. It runs rarely, so it may start slowly: it uses the SDK that is in
Lambda's runtime.
"""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import boto3

from fireside import environment

STOPPED: Mapping[str, float] = {"ThrottlingRateLimit": 0.0, "ThrottlingBurstLimit": 0}


class Stages(Protocol):
    """The one method of API Gateway's client that is used."""

    def update_stage(self, **request: object) -> object:
        """Change the settings of a stage."""


def handler(event: Mapping[str, Any], _context: object) -> dict[str, str]:
    """Set the stage's throttle to 0, unless the alarm is over."""
    stages: Stages = boto3.client("apigatewayv2")
    return stop_stage(event, stages, os.environ, print)


def stop_stage(
    event: Mapping[str, Any],
    stages: Stages,
    environ: Mapping[str, str],
    write_line: Callable[[str], object],
) -> dict[str, str]:
    """Set the throttle of the stage in the environment to 0, unless the alarm is over."""
    alarm = event.get("alarmData", {})
    state = alarm.get("state", {}).get("value", "ALARM")
    if state != "ALARM":
        return {"stage": "unchanged"}
    stages.update_stage(
        ApiId=environ[environment.API_ID],
        StageName=environ[environment.STAGE],
        DefaultRouteSettings=dict(STOPPED),
    )
    line = {
        "level": "error",
        "message": "the stage's throttle is 0: no client can connect or send until terraform apply",
        "stage": environ[environment.STAGE],
        "alarm": alarm.get("alarmName", "none, invoked by hand"),
    }
    write_line(json.dumps(line))
    return {"stage": "stopped"}
