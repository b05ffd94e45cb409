"""Stop the stage: what CloudWatch calls when an hour had more messages than may be paid for.

It sets the stage's throttles to 0, so that every message and every newcomer is answered with 429.
The next `terraform apply` sets them back. It runs once in a blue moon, so it may be slow: it takes
the SDK that is in Lambda's runtime.
"""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import boto3

API_ID, STAGE = "FIRESIDE_API_ID", "FIRESIDE_STAGE"

STOPPED: Mapping[str, float] = {"ThrottlingRateLimit": 0.0, "ThrottlingBurstLimit": 0}


class Stages(Protocol):
    """The part of API Gateway that we need."""

    def update_stage(self, **request: object) -> object:
        """Change what a stage is set to."""


def handler(event: Mapping[str, Any], _context: object) -> dict[str, str]:
    """Pull the brake."""
    stages: Stages = boto3.client("apigatewayv2")
    return pull(event, stages, os.environ, print)


def pull(
    event: Mapping[str, Any],
    stages: Stages,
    environ: Mapping[str, str],
    say: Callable[[str], object],
) -> dict[str, str]:
    """Stop the stage that the environment names, unless the alarm says that all is well."""
    alarm = event.get("alarmData", {})
    state = alarm.get("state", {}).get("value", "ALARM")
    if state != "ALARM":
        return {"stage": "as it was"}
    stages.update_stage(
        ApiId=environ[API_ID], StageName=environ[STAGE], DefaultRouteSettings=dict(STOPPED)
    )
    line = {
        "level": "error",
        "message": "the brake is on: nobody can come in or say anything until terraform apply",
        "stage": environ[STAGE],
        "alarm": alarm.get("alarmName", "by hand"),
    }
    say(json.dumps(line))
    return {"stage": "stopped"}
