"""What is applied is what the rest of the project counts on."""

import importlib
import json
import math
import re
from typing import get_args

import aws_calls
import boto3
import pytest

from fireside.adapters.dynamodb import rows
from fireside.adapters.outbound.fanout import WIDE, deadlines_from
from fireside.cloud import package
from fireside.cloud.cost import bill
from fireside.functions import metrics
from fireside.server.local import PAGE_HEADERS
from localgateway.machine.api import load
from tests.infra.conftest import INVITE, ROOT

pytestmark = pytest.mark.timeout(1_800)

API = load(ROOT / "api.json")
FREE_ALARMS = 10
OUTPUTS = {
    "address",
    "api_endpoint",
    "destroy_command",
    "distribution_id",
    "functions",
    "log_groups",
    "site_bucket",
    "socket_url",
    "tables",
}
"""What other programs read."""


OWNER = "FIRESIDE_OWNER_SHA256"
"""Left out where nobody has made an owner link, as here: then nobody becomes an owner."""


def of_kind(resources, kind):
    return [values for address, values in resources.items() if f"{kind}." in f".{address}"]


def one(resources, kind, name):
    (found,) = (values for address, values in resources.items() if f"{kind}.{name}" in address)
    return found


@pytest.mark.parametrize(
    ("name", "definition"),
    [
        ("messages", rows.messages_table),
        ("connections", rows.connections_table),
        ("people", rows.people_table),
    ],
)
def test_a_table_has_the_keys_of_the_code(resources, name, definition):
    wanted = definition(f"fireside-prod-{name}")
    table = one(resources, "aws_dynamodb_table", name)

    keys = {key["KeyType"]: key["AttributeName"] for key in wanted["KeySchema"]}
    kinds = {one["AttributeName"]: one["AttributeType"] for one in wanted["AttributeDefinitions"]}
    assert table["name"] == wanted["TableName"]
    assert (table["hash_key"], table["range_key"]) == (keys["HASH"], keys["RANGE"])
    assert {one["name"]: one["type"] for one in table["attribute"]} == kinds
    assert table["billing_mode"] == wanted["BillingMode"]


def test_messages_and_people_are_protected_and_connections_are_not(resources):
    assert one(resources, "aws_dynamodb_table", "messages")["deletion_protection_enabled"]
    assert one(resources, "aws_dynamodb_table", "people")["deletion_protection_enabled"]
    assert not one(resources, "aws_dynamodb_table", "connections")["deletion_protection_enabled"]


def test_the_page_gets_the_headers_of_the_local_server(resources):
    (policy,) = of_kind(resources, "aws_cloudfront_response_headers_policy")
    security, further = policy["security_headers_config"][0], policy["custom_headers_config"][0]
    sent = {
        "Content-Security-Policy": security["content_security_policy"][0][
            "content_security_policy"
        ],
        "Referrer-Policy": security["referrer_policy"][0]["referrer_policy"],
        "X-Content-Type-Options": "nosniff" if security["content_type_options"] else "",
        **{item["header"]: item["value"] for item in further["items"]},
    }

    assert sent == PAGE_HEADERS


def test_all_of_the_page_is_uploaded_but_its_settings_are_made(resources):
    folder = ROOT / "infra/tests/page"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    uploaded = {values["key"]: values for values in of_kind(resources, "aws_s3_object")}

    assert set(uploaded) == files | {"config.json"}
    # The socket is on the page's own origin, so the page need not be told where.
    assert json.loads(uploaded["config.json"]["content"]) == {"invite": "required"}


def test_a_built_page_has_only_kinds_of_files_that_we_know():
    page = ROOT / "src/fireside/web"
    if not page.is_dir():
        pytest.skip("The page is not built: run `make page`")
    text = (ROOT / "infra/modules/site/main.tf").read_text("utf-8")
    (types,) = re.findall(r"types = \{\n(.*?)\}", text, re.DOTALL)

    for path in page.rglob("*.*"):
        assert path.suffix[1:] in re.findall(r"(\w+) +=", types), path


def test_the_functions_know_each_other_and_the_door(resources):
    functions = {
        values["handler"].rpartition(".")[2]: values["environment"][0]["variables"]
        for values in of_kind(resources, "aws_lambda_function")
    }

    assert set(functions) == {"chat", "authorizer", "fanout", "brake"}
    for function in (functions["chat"], functions["authorizer"]):
        assert function["FIRESIDE_INVITE_SHA256"] == INVITE
        assert function["FIRESIDE_ORIGINS"].startswith("https://")
    for name, read in aws_calls.environment().items():
        assert read - {OWNER} <= set(functions[name]), name
    assert OWNER not in functions["chat"], "there is an owner link"


AUTHORIZER = "module.websocket_api.aws_apigatewayv2_authorizer.this"
DEPLOYMENT = "module.websocket_api.aws_apigatewayv2_deployment.this"


def test_no_handshake_hangs_on_how_cloudfront_writes_a_header(resources):
    (authorizer,) = of_kind(resources, "aws_apigatewayv2_authorizer")
    document = json.loads((ROOT / "api.json").read_text("utf-8"))

    assert authorizer["identity_sources"] == document["authorizers"]["authorizer"]["identitySource"]


@pytest.mark.parametrize(("site", "asks"), [(True, True), (False, False)])
def test_api_gateway_asks_for_that_header_once_it_is_known_to_come(applied, site, asks):
    settings = {"invite_hashes": [INVITE], "origin_header_as_identity_source": True}
    origins = [] if site else ["https://example.org"]
    applied.set(site=site, allowed_origins=origins, **settings)
    try:
        changes = applied.changes()
    finally:
        applied.set(invite_hashes=[INVITE])

    assert (changes.get(f'{AUTHORIZER}["authorizer"]') == ["update"]) == asks
    assert (DEPLOYMENT in changes) == asks


def test_every_handler_is_in_the_zip(resources, tmp_path):
    built = package.write(tmp_path / "functions.zip")

    for values in of_kind(resources, "aws_lambda_function"):
        module, _, name = values["handler"].rpartition(".")
        assert module in built.modules
        assert callable(getattr(importlib.import_module(module), name))
    assert aws_calls.KILL_SWITCH in built.modules


def test_the_alarms_cost_nothing(resources):
    assert len(of_kind(resources, "aws_cloudwatch_metric_alarm")) <= FREE_ALARMS


def test_without_alarms_only_the_brakes_is_left(applied):
    applied.set(invite_hashes=[INVITE], alarms=False)
    try:
        changes = applied.changes()
    finally:
        applied.set(invite_hashes=[INVITE])

    assert {tuple(verbs) for verbs in changes.values()} == {("delete",)}
    assert len(changes) == FREE_ALARMS - 1
    assert all("aws_cloudwatch_metric_alarm." in address for address in changes)
    assert "aws_cloudwatch_metric_alarm.brake" not in changes


def test_alarms_look_at_metrics_that_are_there(resources):
    """Whoever alarms on a metric that nobody sends waits for ever."""
    known = {
        "AWS/Lambda": {"Errors", "Throttles"},
        "AWS/ApiGateway": {"IntegrationError", "IntegrationLatency", "MessageCount"},
        metrics.NAMESPACE: set(get_args(metrics.Metric)),
    }

    for alarm in of_kind(resources, "aws_cloudwatch_metric_alarm"):
        assert alarm["metric_name"] in known[alarm["namespace"]]


def test_the_worst_day_is_that_of_the_bill(resources, outputs):
    stage = one(resources, "aws_apigatewayv2_stage", "this")["default_route_settings"][0]
    (brake,) = (
        values["threshold"]
        for values in of_kind(resources, "aws_cloudwatch_metric_alarm")
        if values["metric_name"] == "MessageCount"
    )
    lines = bill.worst_day(
        throttle_rate=stage["throttling_rate_limit"],
        throttle_burst=stage["throttling_burst_limit"],
        brake_messages_per_hour=brake,
    )

    assert outputs["worst_day_dollars"] == math.ceil(bill.total(lines))


def test_the_worst_day_grows_with_what_a_call_may_take(applied, outputs):
    slow = {"broadcast_seconds": 3, "memory_megabytes": 1_024}
    applied.set(invite_hashes=[INVITE], **slow)
    try:
        applied.must("plan", "-refresh=false", "-input=false", "-no-color", "-out=test.tfplan")
        plan = json.loads(applied.must("show", "-json", "test.tfplan"))
    finally:
        applied.set(invite_hashes=[INVITE])
    variables = {name: one.get("value") for name, one in plan["variables"].items()}
    planned = plan["planned_values"]["outputs"]["worst_day_dollars"]["value"]

    assert planned > outputs["worst_day_dollars"]
    assert planned == math.ceil(bill.total(bill.worst_day(**bill.limits(variables))))


def test_the_functions_wait_as_long_as_the_code_does_by_default(resources):
    (chat,) = (
        values["environment"][0]["variables"]
        for values in of_kind(resources, "aws_lambda_function")
        if values["handler"].endswith(".chat")
    )

    assert deadlines_from(chat) == WIDE


def test_everything_is_named_for_project_and_stage(resources):
    for kind, attribute in [
        ("aws_lambda_function", "function_name"),
        ("aws_iam_role", "name"),
        ("aws_dynamodb_table", "name"),
        ("aws_cloudwatch_metric_alarm", "alarm_name"),
        ("aws_sns_topic", "name"),
        ("aws_s3_bucket", "bucket"),
    ]:
        for values in of_kind(resources, kind):
            assert values[attribute].startswith("fireside-prod-"), values[attribute]


def test_nobody_shares_a_role(resources):
    roles = [values["role"] for values in of_kind(resources, "aws_lambda_function")]

    assert len(set(roles)) == len(roles) == 4


def test_the_chat_adds_to_the_counts_of_persons_and_to_no_other_row(resources):
    (count,) = (
        statement
        for values in of_kind(resources, "aws_iam_role_policy")
        for statement in json.loads(values["policy"])["Statement"]
        if "dynamodb:UpdateItem" in statement["Action"]
    )

    assert count["Sid"] == "CountWhatPersonsUsed"
    assert count["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "person#*"}}
    assert rows.spending_key("ann", 1)["pk"]["S"].startswith("person#")


def test_every_star_in_a_policy_has_a_reason():
    for path in (ROOT / "infra").rglob("main.tf"):
        for line in path.read_text("utf-8").splitlines():
            if re.search(r'(actions|resources|keys|_arn) +=.*\*"', line):
                above = path.read_text("utf-8").partition(line)[0].splitlines()[-1]
                assert "# *:" in line or "# *:" in above, f"{path}: {line}"


def test_the_outputs_are_those_that_others_read(outputs):
    assert set(outputs) >= OUTPUTS
    assert outputs["socket_url"].endswith(f"/{API.stage}")
    assert outputs["address"] == outputs["socket_url"].replace("wss", "https").removesuffix("ws")
    assert outputs["api_endpoint"].startswith("https://")
    assert set(outputs["functions"]) == set(outputs["log_groups"]) == set(aws_calls.calls())


def test_the_sdk_knows_what_the_policies_allow(resources):
    """An action that AWS does not have would be granted in vain."""
    granted = {
        action
        for values in of_kind(resources, "aws_iam_role_policy")
        for statement in json.loads(values["policy"])["Statement"]
        for action in (
            [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        )
    }
    known = {
        f"{service}:{operation}"
        for service in ("dynamodb", "logs")
        for operation in client(service).meta.service_model.operation_names
    }
    others = {"execute-api:ManageConnections", "lambda:InvokeFunction", "apigateway:PATCH"}

    assert granted <= known | others


def client(service):
    return boto3.client(
        service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
