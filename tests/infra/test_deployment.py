"""API Gateway runs what was deployed: so whatever changes in api.json must be deployed anew."""

import json

import pytest

pytestmark = pytest.mark.timeout(1_800)

DEPLOYMENT = "module.websocket_api.aws_apigatewayv2_deployment.this"


def answer_no_more(api):
    api["routes"]["ping"]["twoWay"] = False


def wait_less(api):
    api["integrations"]["chat"]["timeoutMillis"] = 3_000


def ask_for_more(api):
    api["authorizers"]["authorizer"]["identitySource"].append("route.request.header.x-more")


def add_a_route(api):
    api["routes"]["wave"] = {"integration": "chat"}


def select_otherwise(api):
    api["routeSelectionExpression"] = "$request.body.kind"


@pytest.fixture
def edit(applied):
    """Change api.json beside what was applied, plan, and put it back."""
    path = applied.top / "api.json"
    before = path.read_text("utf-8")

    def plan_after(change):
        api = json.loads(before)
        change(api)
        path.write_text(json.dumps(api), "utf-8")
        return applied.changes()

    yield plan_after
    path.write_text(before, "utf-8")


@pytest.mark.parametrize(
    "change",
    [
        answer_no_more,
        wait_less,
        ask_for_more,
        add_a_route,
        select_otherwise,
    ],
)
def test_a_change_is_deployed(edit, change):
    changes = edit(change)

    assert changes[DEPLOYMENT] == ["create", "delete"]  # the new one first: nobody is cut off
    assert "module.websocket_api.aws_apigatewayv2_stage.this" in changes


def test_what_does_not_change_is_left_alone(edit):
    assert edit(lambda _: None) == {}
