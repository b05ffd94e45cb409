"""Replay: a recorded event reaches its handler in this process, where a debugger can be."""

import json
import os
import subprocess
import sys

import pytest

from localgateway.dev.replay import CannotReplay, replay
from localgateway.machine.api import ApiError, load

HANDLERS = """
import os

def talk(event, context):
    if event["body"] == "raise":
        raise RuntimeError("as asked")
    return {
        "statusCode": 200,
        "body": event["body"],
        "name": context.function_name,
        "variable": os.environ["WHERE"],
        "left": context.get_remaining_time_in_millis() > 0,
    }

def door(event, context):
    return {"principalId": event["methodArn"]}
"""
POSTING = """
import boto3

def talk(event, context):
    where = event["requestContext"]
    client = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"https://{where['domainName']}/{where['stage']}",
        region_name="local-1",
    )
    at = {"ConnectionId": where["connectionId"]}
    client.post_to_connection(Data=b"hi", **at)
    found = client.get_connection(**at)
    client.delete_connection(**at)
    return {"statusCode": 200, "connected": found["ConnectedAt"].isoformat()}
"""


@pytest.fixture
def api(tmp_path, monkeypatch):
    """Write an API into a folder, under a module name that no other test has."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(code=HANDLERS, **changes):
        module = f"replayed_{tmp_path.name}".replace("-", "_")
        (tmp_path / f"{module}.py").write_text(code)
        document = {
            "name": "test",
            "stage": "dev",
            "authorizers": {"door": {"handler": f"{module}.door"}},
            "integrations": {
                "talk": {"handler": f"{module}.talk", "environment": {"WHERE": "here"}}
            },
            "routes": {
                "$connect": {"integration": "talk", "authorizer": "door"},
                "talk": {"integration": "talk", "twoWay": True},
            },
        }
        path = tmp_path / "api.json"
        path.write_text(json.dumps(document | changes).replace("MODULE", module))
        return path

    return write


def event(tmp_path, name="0001.json", route="talk", **fields):
    context = {
        "routeKey": route,
        "requestId": "JC1dgf9yBQMCK-g=",
        "connectionId": "JC1dgf9yAoMCK-g=",
        "domainName": "localhost:8080",
        "stage": "dev",
    }
    path = tmp_path / name
    path.write_text(json.dumps({"requestContext": context, "body": "hi"} | fields))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_recorded_event_reaches_its_handler(api, tmp_path, capsys, encoding):
    before = dict(os.environ)
    file = event(tmp_path)
    file.write_bytes(file.read_text().encode(encoding))
    assert replay(load(api()), [file]) == 0

    assert json.loads(capsys.readouterr().out) == {
        "statusCode": 200,
        "body": "hi",
        "name": "test-talk",
        "variable": "here",
        "left": True,
    }
    assert dict(os.environ) == before
    assert str(tmp_path) not in sys.path


def test_an_authorizers_event_reaches_the_authorizer(api, tmp_path, capsys):
    asked = event(tmp_path, route="$connect", type="REQUEST", methodArn="arn:x")
    assert replay(load(api()), [asked]) == 0

    assert json.loads(capsys.readouterr().out) == {"principalId": "arn:x"}


def test_what_an_event_holds_moves_no_terminal(api, tmp_path, capsys):
    code = HANDLERS.replace("as asked", "as asked \\x9b2J")
    files = [event(tmp_path, body="\x9b2J\x7f"), event(tmp_path, "0002.json", body="raise")]
    assert replay(load(api(code)), files) == 1

    said = capsys.readouterr()
    assert json.loads(said.out)["body"] == "\x9b2J\x7f"
    assert r"as asked \x9b2J" in said.err
    assert not {"\x9b", "\x7f"} & {*said.out, *said.err}


def test_a_handler_that_raises_is_told_with_its_trace_and_the_rest_goes_on(api, tmp_path, capsys):
    files = [event(tmp_path, body="raise"), event(tmp_path, "0002.json")]
    assert replay(load(api()), files) == 1

    said = capsys.readouterr()
    assert "RuntimeError: as asked" in said.err
    assert json.loads(said.out)["body"] == "hi"


def test_what_boto3_posts_is_shown(api, tmp_path):
    recorded = event(tmp_path)
    command = [sys.executable, "-m", "localgateway", "replay", "--api", api(POSTING), recorded]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "statusCode": 200,
        "connected": "1970-01-01T00:00:00+00:00",
    }
    assert done.stderr.splitlines() == [
        "posted to JC1dgf9yAoMCK-g=: hi",
        "asked about JC1dgf9yAoMCK-g=",
        "deleted JC1dgf9yAoMCK-g=",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "it is not JSON"),
        ("[]", "it is no event"),
        ('{"requestContext": {"routeKey": "gone"}}', "has no route 'gone'"),
        ('{"requestContext": {"routeKey": ["x"]}}', "has no route"),
    ],
)
def test_a_file_that_is_no_event_is_named(api, tmp_path, text, sentence):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(CannotReplay, match=sentence) as caught:
        replay(load(api()), [path])
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_named(api, tmp_path):
    with pytest.raises(CannotReplay, match=r"missing\.json: it can't be read"):
        replay(load(api()), [tmp_path / "missing.json"])


def test_an_api_without_that_authorizer_or_handler_is_named(api, tmp_path):
    asked = event(tmp_path, route="$connect", type="REQUEST")
    with pytest.raises(CannotReplay, match=r"api\.json has none on \$connect"):
        replay(load(api(routes={"$connect": {"integration": "talk"}})), [asked])
    broken = {"talk": {"handler": "no_such_module.f"}}
    with pytest.raises(ApiError, match=r"integrations\.talk\.handler: .*'no_such_module'"):
        replay(load(api(integrations=broken)), [event(tmp_path)])
