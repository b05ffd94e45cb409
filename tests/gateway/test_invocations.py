"""Lambda's Invoke on the gateway's port: AWS's own client finds what it finds on AWS."""

import asyncio
import http.client
import json
from contextlib import asynccontextmanager

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from localgateway.net.invocations import LARGEST_EVENT
from localgateway.serve import Options, host_all
from tests.gateway.harness import on_loop
from tests.gateway.processes import document

KEYS = ("KEY", "SECRET")


@asynccontextmanager
async def serving(folder, *, concurrency=2, further=()):
    """Serve APIs with a further function each; give the first one and AWS's client for it."""
    files = []
    for name in ("test", *further):
        function = {"handler": "calls.other", "environment": {"GREETING": name}}
        api = document("calls.handler") | {"name": name, "stage": name}
        files.append(folder / f"{name}.json")
        files[-1].write_text(json.dumps(api | {"functions": {"other": function}}))
    hosted = host_all(Options(files, ports=(0,), concurrency=concurrency, credentials=KEYS))
    try:
        for one in hosted:
            await one.server.start("127.0.0.1", 0)
        yield hosted[0], client(hosted[0].server.port)
    finally:
        for one in hosted:
            await one.server.stop()


def client(port, key=KEYS[0], private=KEYS[1]):
    return boto3.client(
        "lambda",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="eu-west-1",
        aws_access_key_id=key,
        aws_secret_access_key=private,
        config=Config(retries={"total_max_attempts": 1}),
    )


async def invoke(aws, payload, name="other", **options):
    """Invoke; give the answer with its payload read."""

    def ask():
        found = aws.invoke(FunctionName=name, Payload=json.dumps(payload), **options)
        return found | {"Payload": found["Payload"].read().decode()}

    return await asyncio.to_thread(ask)


async def refused(aws, payload, name="other", **options):
    with pytest.raises(ClientError) as caught:
        await invoke(aws, payload, name, **options)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


ARN = "arn:aws:lambda:eu-west-1:123456789012:function:test-other"


@on_loop
async def test_a_function_is_called_by_any_of_its_names(tmp_path):
    async with serving(tmp_path) as (_, aws):
        for name in ("other", "test-other", "test-other:live", ARN, f"{ARN}:$LATEST"):
            answer = await invoke(aws, {"say": "hi"}, name)

            assert answer["StatusCode"] == 200
            assert answer["ExecutedVersion"] == "$LATEST"
            assert json.loads(answer["Payload"]) == {
                "heard": {"say": "hi"},
                "name": "test-other",
                "greeting": "test",
            }


@on_loop
async def test_an_event_is_accepted_at_once_and_runs_later(tmp_path):
    said = tmp_path / "said"
    async with serving(tmp_path) as (hosted, aws):
        answer = await invoke(aws, {"file": str(said)}, InvocationType="Event")
        await asyncio.wait(hosted.runner._tasks, timeout=60)

    assert (answer["StatusCode"], answer["Payload"]) == (202, "")
    assert said.read_text() == "test-other"


@on_loop
async def test_events_wait_for_a_process_and_others_are_throttled(tmp_path):
    async with serving(tmp_path, concurrency=1) as (hosted, aws):
        answers = [await invoke(aws, number, InvocationType="Event") for number in range(3)]
        throttled = await refused(aws, "now")
        while hosted.runner._tasks:
            await asyncio.wait(hosted.runner._tasks)
        free = await invoke(aws, "now")

    assert [answer["StatusCode"] for answer in answers] == [202] * 3
    assert throttled == (429, "TooManyRequestsException")
    assert free["StatusCode"] == 200


@on_loop
async def test_a_queue_has_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr("localgateway.net.invocations.LONGEST_QUEUE", 0)
    async with serving(tmp_path) as (_, aws):
        assert await refused(aws, 1, InvocationType="Event") == (429, "TooManyRequestsException")


@on_loop
async def test_what_a_function_raises_is_an_answer(tmp_path):
    async with serving(tmp_path) as (_, aws):
        answer = await invoke(aws, "break")

    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"])["errorMessage"] == "broken"


@on_loop
async def test_a_dry_run_calls_nobody(tmp_path):
    async with serving(tmp_path) as (hosted, aws):
        answer = await invoke(aws, {"file": str(tmp_path / "said")}, InvocationType="DryRun")

        assert answer["StatusCode"] == 204
        assert not hosted.runner._tasks
    assert not (tmp_path / "said").exists()


@on_loop
async def test_what_is_not_there_or_not_signed_or_too_long_is_refused(tmp_path):
    async with serving(tmp_path) as (hosted, aws):
        long = "x" * LARGEST_EVENT
        stranger = client(hosted.server.port, private="another")

        assert await refused(aws, 1, "nobody") == (404, "ResourceNotFoundException")
        assert await refused(aws, long, InvocationType="Event") == (413, "RequestTooLargeException")
        assert (await refused(stranger, 1))[0] == 403
        assert (await invoke(aws, long))["StatusCode"] == 200


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"{}", 403),
        ({"Authorization": "nonsense"}, b"{}", 403),
        ({"X-Amz-Invocation-Type": "Sometime"}, b"{}", 403),
    ],
)
def test_who_does_not_sign_learns_nothing(tmp_path, headers, body, status):
    async def try_it():
        async with serving(tmp_path) as (hosted, _):
            return await asyncio.to_thread(post, hosted.server.port, headers, body)

    assert asyncio.run(try_it()) == status


def post(port, headers, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/2015-03-31/functions/other/invocations", body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@on_loop
async def test_a_kind_that_is_not_known_and_a_body_that_is_no_json_are_told(tmp_path):
    async with serving(tmp_path) as (_, aws):
        aws.meta.events.register("before-sign.lambda.Invoke", _spoil)
        found = await refused(aws, 1)
        aws.meta.events.unregister("before-sign.lambda.Invoke", _spoil)
        aws.meta.events.register("before-sign.lambda.Invoke", _rename)
        unknown = await refused(aws, 1)

    assert found == (400, "InvalidRequestContentException")
    assert unknown == (400, "InvalidParameterValueException")


def _spoil(request, **_):
    request.data = b"{"


def _rename(request, **_):
    request.headers["X-Amz-Invocation-Type"] = "Sometime"
    request.data = b""


@on_loop
async def test_apis_on_one_port_answer_for_their_own_functions(tmp_path):
    async with serving(tmp_path, further=("second",)) as (_, aws):
        answer = await invoke(aws, 1, "second-other")

    assert json.loads(answer["Payload"])["greeting"] == "second"


@on_loop
async def test_a_call_under_way_when_the_gateway_stops_is_given_up(tmp_path):
    async with serving(tmp_path) as (hosted, _):
        call = hosted.runner.call("other", {})
        await hosted.runner.end(0)

        assert call.cancelled() or call.done()
