"""Finds faults in a Terraform state that no single resource shows.

    terraform -chdir=infra show -json | python tools/audit_infra.py

It prints a sentence for each fault and exits with 1 if there are any. It reads only the state and
the code, so it works after a real apply as well as after a rehearsal with stand-ins.
"""

import json
import re
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import aws_calls
from aws_calls import Call

API = json.loads((aws_calls.ROOT / "api.json").read_text("utf-8"))
FUNCTIONS = ("chat", "authorizer")
"""The integration and the authorizer of api.json; the functions have the same names."""

LOGGING = {"logs:CreateLogStream": ":*", "logs:PutLogEvents": ":*"}
"""The permissions Lambda needs to write logs, and the part of the ARN after the log group."""

NO_COOKIES, NO_CACHE = "none", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALWAYS_CACHED = (404, 414, 500, 501, 502, 503, 504)
"""The errors that CloudFront keeps for 10 seconds whatever the cache policy says."""

LONGEST_ANSWER_SECONDS = 29

RESTORABLE = {"messages", "people"}
"""The tables whose contents nothing else has."""

Values = dict[str, Any]


class Resource(NamedTuple):
    """A resource in the state."""

    address: str
    values: Values


class State:
    """The resources of a state, by type."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._resources: dict[str, list[Resource]] = {}
        self._read((document.get("values") or {}).get("root_module") or {})
        self.functions = {
            one.values["handler"].rpartition(".")[2]: one for one in self.all("lambda_function")
        }

    def all(self, kind: str) -> list[Resource]:
        """Return all resources of a type, which is given without `aws_`."""
        return self._resources.get(f"aws_{kind}", [])

    def one(self, kind: str) -> Values:
        """Return the values of the only resource of a type, empty if there is none."""
        found = self.all(kind)
        return found[0].values if found else {}

    def alias(self, function: str) -> Values:
        """Return the alias through which a function is called."""
        name = self.functions[function].values["function_name"]
        found = [one.values for one in self.all("lambda_alias")]
        return next((one for one in found if one["function_name"] == name), {})

    def environment(self, function: str) -> dict[str, str]:
        """Return a function's environment variables."""
        blocks = self.functions[function].values.get("environment") or [{}]
        return blocks[0].get("variables") or {}

    def _read(self, module: dict[str, Any]) -> None:
        for item in module.get("resources", []):
            if item["mode"] == "managed":
                found = Resource(item["address"], item["values"])
                self._resources.setdefault(item["type"], []).append(found)
        for child in module.get("child_modules", []):
            self._read(child)


def audit(document: dict[str, Any]) -> list[str]:
    """Return the faults of a state in the format of `terraform show -json`."""
    state = State(document)
    missing = set(aws_calls.calls()) - set(state.functions)
    if missing or not state.all("apigatewayv2_api"):
        return [f"There is no function {name}" for name in sorted(missing)] or ["There is no API"]
    checks = (_routes, _authorizers, _permissions, _stage, _functions, _variables, _rights, _tables)
    later = (_brake, _site, _buckets)
    return [fault for check in (*checks, *later) for fault in check(state)]


# --- The socket --------------------------------------------------------------------------------


def _routes(state: State) -> Iterator[str]:
    """Compare the routes with api.json."""
    integrations = {one.values["id"]: one.values for one in state.all("apigatewayv2_integration")}
    answered = {one.values["route_id"] for one in state.all("apigatewayv2_route_response")}
    authorizers = {one.values["id"]: one.values for one in state.all("apigatewayv2_authorizer")}
    made = {one.values["route_key"]: one.values for one in state.all("apigatewayv2_route")}
    for key in made.keys() ^ API["routes"].keys():
        yield f"Route {key} is {'not in api.json' if key in made else 'only in api.json'}"
    for key in made.keys() & API["routes"].keys():
        values, wanted = made[key], API["routes"][key]
        integration = integrations.get((values["target"] or "").removeprefix("integrations/"), {})
        arn = state.alias(wanted["integration"]).get("invoke_arn")
        if not integration or integration["integration_uri"] != arn:
            yield f"Route {key} does not call the alias of {wanted['integration']}"
        millis = API["integrations"][wanted["integration"]].get("timeoutMillis", 29_000)
        if integration and integration["timeout_milliseconds"] != millis:
            yield f"Route {key} waits for {integration['timeout_milliseconds']} ms, not {millis}"
        asked = authorizers.get(values.get("authorizer_id") or "", {}).get("name")
        if asked != wanted.get("authorizer"):
            known = wanted.get("authorizer")
            yield f"The authorizer of route {key} is {asked or 'none'}, not {known or 'none'}"
        two_way = values["id"] in answered and bool(values["route_response_selection_expression"])
        if two_way != wanted.get("twoWay", False):
            yield f"Route {key} {'has' if two_way else 'lacks'} a route response"


def _authorizers(state: State) -> Iterator[str]:
    for one in state.all("apigatewayv2_authorizer"):
        name = one.values["name"]
        if one.values["authorizer_uri"] != state.alias(name).get("invoke_arn"):
            yield f"Authorizer {name} is not the alias of {name}"
        wanted, asked = API["authorizers"][name]["identitySource"], one.values["identity_sources"]
        may = {f"route.request.header.{header}" for header in _origin_headers(state)}
        for source in sorted(set(wanted) - set(asked)):
            yield f"Authorizer {name} does not ask for {source}"
        for source in sorted(set(asked) - may.union(wanted)):
            yield f"Authorizer {name} asks for {source}, which no client sends"


def _permissions(state: State) -> Iterator[str]:
    """Check that API Gateway may call the functions of its routes and authorizers."""
    api, stage = state.one("apigatewayv2_api"), API["stage"]
    wanted = {
        (route["integration"], f"{api['execution_arn']}/{stage}/{key}")
        for key, route in API["routes"].items()
    }
    for authorizer in state.all("apigatewayv2_authorizer"):
        source = f"{api['execution_arn']}/authorizers/{authorizer.values['id']}"
        wanted.add((authorizer.values["name"], source))
    for function, source in sorted(wanted):
        if not _may_call(state, function, "apigateway.amazonaws.com", source):
            yield f"Nothing lets API Gateway call {function} for {source.rpartition(':')[2]}"


def _may_call(state: State, function: str, principal: str, source: str) -> bool:
    alias = state.alias(function)
    return any(
        one.values["function_name"] == alias.get("function_name")
        and one.values["qualifier"] == alias.get("name")
        and one.values["principal"] == principal
        and one.values["source_arn"] == source
        and one.values["action"] == "lambda:InvokeFunction"
        for one in state.all("lambda_permission")
    )


def _stage(state: State) -> Iterator[str]:
    stage = state.one("apigatewayv2_stage")
    if stage.get("name") != API["stage"]:
        yield f"The stage is {stage.get('name')}, and the page looks for /{API['stage']}"
    limits = (stage.get("default_route_settings") or [{}])[0]
    if not (limits.get("throttling_rate_limit") and limits.get("throttling_burst_limit")):
        yield "The stage's throttle is 0: every call is answered with 429"
    if limits.get("data_trace_enabled") or limits.get("logging_level") not in ("OFF", None):
        yield "The stage logs users' texts or names"
    for settings in stage.get("access_log_settings") or []:
        told = re.findall(r"path|querystring|requestOverride|sourceIp|body", settings["format"])
        if told:
            yield f"The access log shows {', '.join(sorted(set(told)))}"
    deployments = {one.values["id"]: one.values for one in state.all("apigatewayv2_deployment")}
    if not (deployments.get(stage.get("deployment_id")) or {}).get("triggers"):
        yield "The stage has no deployment that is renewed with each change"


# --- The functions -----------------------------------------------------------------------------


def _functions(state: State) -> Iterator[str]:
    groups = {one.values["name"]: one.values for one in state.all("cloudwatch_log_group")}
    roles = {one.values["arn"]: one.values["name"] for one in state.all("iam_role")}
    for name, (_, values) in state.functions.items():
        group = groups.get(f"/aws/lambda/{values['function_name']}", {})
        if not group.get("retention_in_days"):
            yield f"{name} has no log group with a retention: Lambda's own would never expire"
        if values["runtime"] != "python3.13" or values["architectures"] != ["arm64"]:
            yield f"{name} does not run on Python 3.13 and arm64"
        if not state.alias(name):
            yield f"{name} has no alias, so there is no way back"
        if values["role"] not in roles:
            yield f"{name} has a role that is not here"
    for name in FUNCTIONS:
        if state.functions[name].values["timeout"] > LONGEST_ANSWER_SECONDS:
            yield f"{name} may run for longer than API Gateway waits"
    retries = {
        (one.values["function_name"], one.values["qualifier"]): one.values["maximum_retry_attempts"]
        for one in state.all("lambda_function_event_invoke_config")
    }
    alias = state.alias("fanout")
    if retries.get((alias.get("function_name"), alias.get("name"))) != 0:
        yield "Lambda retries fanout when it fails: users would see messages twice"


def _variables(state: State) -> Iterator[str]:
    """Check that environment variables name resources of the state."""
    api = state.one("apigatewayv2_api")
    host = api["api_endpoint"].removeprefix("wss://")
    tables = {_noun(one.values): one.values["name"] for one in state.all("dynamodb_table")}
    right = {
        "FIRESIDE_API_ID": api["id"],
        "FIRESIDE_CONNECTIONS_TABLE": tables.get("connections"),
        "FIRESIDE_ENDPOINT": f"https://{host}/{API['stage']}",
        "FIRESIDE_FANOUT_FUNCTION": state.alias("fanout").get("arn"),
        "FIRESIDE_HOSTS": host,
        "FIRESIDE_MESSAGES_TABLE": tables.get("messages"),
        "FIRESIDE_PEOPLE_TABLE": tables.get("people"),
        "FIRESIDE_STAGE": API["stage"],
    }
    for name, read in aws_calls.environment().items():
        environment = state.environment(name)
        for variable in sorted(read & right.keys()):
            if environment.get(variable) != right[variable]:
                yield f"{name} has {variable} = {environment.get(variable)}, not {right[variable]}"


def _rights(state: State) -> Iterator[str]:
    """Compare each function's permissions with its calls: neither missing nor unused."""
    targets = _targets(state)
    policies = {one.values["role"]: one.values["policy"] for one in state.all("iam_role_policy")}
    roles = {one.values["arn"]: one.values["id"] for one in state.all("iam_role")}
    for name, asked in aws_calls.calls().items():
        values = state.functions[name].values
        group = next(
            (
                one.values["arn"]
                for one in state.all("cloudwatch_log_group")
                if one.values["name"].endswith(f"/{values['function_name']}")
            ),
            "?",
        )
        needed = {(call.action, targets[call.target]) for call in asked}
        needed |= {(action, f"{group}{end}") for action, end in LOGGING.items()}
        granted = set(_granted(policies.get(roles.get(values["role"], ""), "{}")))
        for action, arn in sorted(needed - granted):
            yield f"{name} may not {action} on {arn}, and its code does"
        for action, arn in sorted(granted - needed):
            yield f"{name} may {action} on {arn}, and its code never does"


def _targets(state: State) -> dict[str, str]:
    api, stage = state.one("apigatewayv2_api"), state.one("apigatewayv2_stage")
    tables = {_noun(one.values): one.values["arn"] for one in state.all("dynamodb_table")}
    return {
        "FIRESIDE_MESSAGES_TABLE": tables.get("messages", "?"),
        "FIRESIDE_PEOPLE_TABLE": tables.get("people", "?"),
        "FIRESIDE_CONNECTIONS_TABLE": tables.get("connections", "?"),
        aws_calls.CONNECTIONS: f"{api['execution_arn']}/{API['stage']}/POST/@connections/*",
        aws_calls.ENDINGS: f"{api['execution_arn']}/{API['stage']}/DELETE/@connections/*",
        aws_calls.FUNCTION: state.alias("fanout").get("arn", "?"),
        aws_calls.STAGE: stage.get("arn", "?"),
    }


def _granted(policy: str) -> Iterator[Call]:
    for statement in _listed(json.loads(policy).get("Statement")):
        if not statement.get("Sid") or statement["Effect"] != "Allow":
            yield Call("do something unnamed", str(statement.get("Resource")))
        for action in _listed(statement.get("Action")):
            for arn in _listed(statement.get("Resource")):
                yield Call(action, arn)


# --- The rest ----------------------------------------------------------------------------------


def _tables(state: State) -> Iterator[str]:
    for one in state.all("dynamodb_table"):
        name, ttl = one.values["name"], (one.values.get("ttl") or [{}])[0]
        if (ttl.get("attribute_name"), ttl.get("enabled")) != ("ttl", True):
            yield f"{name} never deletes expired rows"
        restorable = (one.values.get("point_in_time_recovery") or [{}])[0].get("enabled")
        if _noun(one.values) in RESTORABLE and not restorable:
            yield f"{name} can't be restored to a moment"


def _brake(state: State) -> Iterator[str]:
    arn = state.alias("brake").get("arn")
    name = state.one("apigatewayv2_stage").get("name")
    stage = {"ApiId": state.one("apigatewayv2_api")["id"], "Stage": name}
    alarms = [
        one.values
        for one in state.all("cloudwatch_metric_alarm")
        if one.values["metric_name"] == "MessageCount" and one.values["dimensions"] == stage
    ]
    if not any(arn in (one["alarm_actions"] or []) for one in alarms):
        yield "No alarm on the stage's messages invokes the brake"
    for one in alarms:
        if not _may_call(state, "brake", "lambda.alarms.cloudwatch.amazonaws.com", one["arn"]):
            yield "Nothing lets the alarm call the brake"
    for one in (one.values for one in state.all("cloudwatch_metric_alarm")):
        if not one["alarm_actions"]:
            yield f"The alarm {one['alarm_name']} notifies no one"


def _site(state: State) -> Iterator[str]:
    """Check that CloudFront passes the socket on, and that the functions can tell."""
    if not state.all("cloudfront_distribution"):
        return
    distribution = state.one("cloudfront_distribution")
    paths = {one["path_pattern"]: one for one in distribution["ordered_cache_behavior"]}
    if set(paths) != {f"/{API['stage']}"}:
        yield f"CloudFront leads {', '.join(paths) or 'nothing'} to the socket, not /{API['stage']}"
    policies = {
        one.values["id"]: one.values for one in state.all("cloudfront_origin_request_policy")
    }
    for path, one in paths.items():
        policy = policies.get(one.get("origin_request_policy_id") or "")
        sent = _headers(policy) if policy else set()
        if not {"Origin", "Sec-WebSocket-Protocol"} <= sent or "Host" in sent:
            yield f"CloudFront sends the wrong headers to {path}: Origin and Protocol, never Host"
        if policy and policy["cookies_config"][0]["cookie_behavior"] != NO_COOKIES:
            yield f"CloudFront sends cookies to {path}"
        if one["cache_policy_id"] != NO_CACHE:
            yield f"CloudFront caches {path}"
    kept = {
        one["error_code"]: one["error_caching_min_ttl"]
        for one in distribution["custom_error_response"]
    }
    repeated = [str(code) for code in ALWAYS_CACHED if kept.get(code) != 0]
    if repeated:
        yield f"CloudFront repeats its errors {', '.join(repeated)} to other clients"
    known = {state.environment(name).get("FIRESIDE_ORIGIN_SECRET_SHA256") for name in FUNCTIONS}
    secrets = {
        header["value"] for origin in distribution["origin"] for header in origin["custom_header"]
    }
    if {sha256(secret.encode()).hexdigest() for secret in secrets} != known:
        yield "The functions do not know the secret that CloudFront sends"


def _buckets(state: State) -> Iterator[str]:
    policies = {one.values["bucket"]: one.values["policy"] for one in state.all("s3_bucket_policy")}
    shut = {
        one.values["bucket"]
        for one in state.all("s3_bucket_public_access_block")
        if all(
            one.values[name] for name in one.values if re.match(r"(block|ignore|restrict)_", name)
        )
    }
    for bucket in (one.values["bucket"] for one in state.all("s3_bucket")):
        if bucket not in shut:
            yield f"The bucket {bucket} may be made public"
        if "aws:SecureTransport" not in policies.get(bucket, ""):
            yield f"The bucket {bucket} can be read without TLS"
        if state.one("cloudfront_distribution").get("arn", "?") not in policies.get(bucket, ""):
            yield f"CloudFront may not read the bucket {bucket}"


def _origin_headers(state: State) -> Iterator[str]:
    for origin in state.one("cloudfront_distribution").get("origin", []):
        for header in origin["custom_header"]:
            yield header["name"]


def _headers(policy: Values) -> set[str]:
    return {
        item
        for config in policy["headers_config"]
        for headers in config["headers"]
        for item in headers["items"]
    }


def _noun(table: Values) -> str:
    """Return what a table keeps, by the end of its name."""
    return str(table["name"]).rpartition("-")[2]


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - IAM takes one or a list of anything
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def main() -> int:
    """Read a state, print its faults, and return the exit code."""
    source = Path(sys.argv[1]).read_text("utf-8") if len(sys.argv) > 1 else sys.stdin.read()
    faults = audit(json.loads(source))
    print("\n".join(faults) or "No faults")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
