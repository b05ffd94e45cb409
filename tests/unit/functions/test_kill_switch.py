"""The brake stops exactly one stage, and says so."""

import json

import boto3
import pytest
from botocore.stub import Stubber

from fireside.functions import aws, kill_switch

ENVIRON = {"FIRESIDE_API_ID": "abc123", "FIRESIDE_STAGE": "ws"}


def alarm(state):
    """What CloudWatch sends when an alarm calls a function."""
    return {
        "source": "aws.cloudwatch",
        "alarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:fireside-prod-brake",
        "alarmData": {"alarmName": "fireside-prod-brake", "state": {"value": state}},
    }


@pytest.fixture
def stages():
    """Give a client that knows what AWS takes, and expects one call or none."""
    client = boto3.client(
        "apigatewayv2",
        region_name="us-east-1",
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",
    )
    with Stubber(client) as stubber:
        yield client, stubber


def expect_a_stop(stubber):
    wanted = {
        "ApiId": "abc123",
        "StageName": "ws",
        "DefaultRouteSettings": {"ThrottlingRateLimit": 0.0, "ThrottlingBurstLimit": 0},
    }
    stubber.add_response("update_stage", {}, wanted)


def test_an_alarm_stops_the_stage(stages):
    client, stubber = stages
    expect_a_stop(stubber)
    said = []

    done = kill_switch.stop_stage(alarm("ALARM"), client, ENVIRON, said.append)

    stubber.assert_no_pending_responses()
    assert done == {"stage": "stopped"}
    (line,) = map(json.loads, said)
    assert line["alarm"] == "fireside-prod-brake"
    assert "terraform apply" in line["message"]


def test_it_can_be_pulled_by_hand(stages):
    client, stubber = stages
    expect_a_stop(stubber)

    assert kill_switch.stop_stage({}, client, ENVIRON, lambda _: None) == {"stage": "stopped"}


@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA"])
def test_an_alarm_that_ends_changes_nothing(stages, state):
    client, _ = stages  # which refuses any call that was not expected

    assert kill_switch.stop_stage(alarm(state), client, ENVIRON, print) == {"stage": "unchanged"}


def test_the_function_takes_all_from_the_environment(stages, monkeypatch, capsys):
    client, stubber = stages
    expect_a_stop(stubber)
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(kill_switch.boto3, "client", {"apigatewayv2": client}.__getitem__)

    assert aws.brake(alarm("ALARM"), None) == {"stage": "stopped"}
    assert json.loads(capsys.readouterr().out)["stage"] == "ws"
