"""What Lambda puts around a handler: a context whose time runs, and its variables."""

import os
from pathlib import Path

from localgateway.functions.context import (
    GATEWAY_KEY,
    GATEWAY_SECRET,
    NO_CREDENTIALS,
    Context,
    environment,
    new_credentials,
)
from localgateway.machine.api import Function

FUNCTION = Function("app", "integrations.app", "code.handler", {"TABLE": "t"}, 512, 3.0)


def variables(inherited=None, credentials=None):
    return environment(FUNCTION, "shop", Path("/code"), inherited or {}, credentials)


def test_the_remaining_time_counts_down_and_stops_at_nothing():
    now = [100.0]
    context = Context("id", 101_500, variables(), clock=lambda: now[0])
    assert context.get_remaining_time_in_millis() == 1_500

    now[0] = 101.2
    assert context.get_remaining_time_in_millis() == 300

    now[0] = 200.0
    assert context.get_remaining_time_in_millis() == 0


def test_the_context_says_what_lambdas_says(capsys):
    context = Context("id", 0, variables())
    context.log("a line\n")

    assert context.aws_request_id == "id"
    assert context.function_name == "shop-app"
    assert context.memory_limit_in_mb == "512"
    assert context.invoked_function_arn == "arn:aws:lambda:local-1:000000000000:function:shop-app"
    assert context.identity.cognito_identity_id is None
    assert capsys.readouterr().out == "a line\n"


def test_a_functions_own_variables_win_over_lambdas_and_lambdas_over_yours():
    found = variables({"TABLE": "mine", "TZ": "Europe/Berlin", "HOME": "/home/ann"})

    assert (found["TABLE"], found["TZ"], found["HOME"]) == ("t", ":UTC", "/home/ann")


def test_a_relative_import_path_means_what_it_meant_to_you():
    found = variables({"PYTHONPATH": f"src{os.pathsep}/lib"})

    assert found["PYTHONPATH"] == f"{Path('src').absolute()}{os.pathsep}/lib"


def test_the_region_is_yours_if_you_have_one():
    assert variables({"AWS_DEFAULT_REGION": "eu-west-1"})["AWS_REGION"] == "eu-west-1"
    assert variables()["AWS_REGION"] == "local-1"


def test_credentials_are_the_gateways_or_yours_or_ones_that_open_nothing():
    yours = {"AWS_PROFILE": "work"}

    assert "AWS_ACCESS_KEY_ID" not in variables(yours)
    assert variables(yours, ("KEY", "SECRET"))["AWS_SECRET_ACCESS_KEY"] == "SECRET"
    assert variables()["AWS_ACCESS_KEY_ID"] == NO_CREDENTIALS[0]


def test_the_gateways_key_is_there_beside_yours_and_in_its_place_where_you_have_none():
    key = new_credentials()
    without = environment(FUNCTION, "shop", Path("/code"), {}, gateway_key=key)
    beside = environment(FUNCTION, "shop", Path("/code"), {"AWS_PROFILE": "work"}, gateway_key=key)

    assert (without["AWS_ACCESS_KEY_ID"], without["AWS_SECRET_ACCESS_KEY"]) == key
    assert (beside[GATEWAY_KEY], beside[GATEWAY_SECRET]) == key
    assert "AWS_ACCESS_KEY_ID" not in beside


def test_a_new_key_is_like_no_other():
    one, other = new_credentials(), new_credentials()

    assert one[0] != other[0]
    assert one[1] != other[1]
    assert new_credentials("SHOP")[0].startswith("SHOP")
