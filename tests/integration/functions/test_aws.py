"""The functions on Lambda: what each is made of, and when, and what it says when it can't be."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from fireside.domain.invite import hash_of
from fireside.functions import aws

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "docs/reference/functions.md"
ENVIRON = {
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "KEY",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "FIRESIDE_MESSAGES_TABLE": "messages",
    "FIRESIDE_CONNECTIONS_TABLE": "connections",
    "FIRESIDE_PEOPLE_TABLE": "people",
    "FIRESIDE_ENDPOINT": "https://abc.execute-api.eu-central-1.amazonaws.com/ws",
    "FIRESIDE_FANOUT_FUNCTION": "fanout",
    "FIRESIDE_HOSTS": "Chat.example other.example",
}
BUILDERS = {"chat": aws.build_chat, "authorizer": aws.build_authorizer, "fanout": aws.build_fanout}
NEEDS = {
    "chat": set(ENVIRON),
    "authorizer": {"FIRESIDE_HOSTS"},
    "fanout": set(ENVIRON)
    - {
        "FIRESIDE_MESSAGES_TABLE",
        "FIRESIDE_PEOPLE_TABLE",
        "FIRESIDE_FANOUT_FUNCTION",
        "FIRESIDE_HOSTS",
    },
}


class Watched(Mapping):
    """Variables that note which of them are asked for."""

    def __init__(self, variables):
        self.variables, self.asked = variables, set()

    def __getitem__(self, name):
        self.asked.add(name)
        return self.variables[name]

    def __iter__(self):
        return iter(self.variables)

    def __len__(self):
        return len(self.variables)


@pytest.fixture(autouse=True)
def pools(monkeypatch):
    """Close what was made."""
    made = []
    make = aws.aws_clients.Pool.__init__

    def noting(self, *args, **options):
        make(self, *args, **options)
        made.append(self)

    monkeypatch.setattr("fireside.adapters.http.pool.Pool.__init__", noting)
    yield made
    for pool in made:
        pool.close()


@pytest.mark.parametrize("function", BUILDERS)
def test_each_function_is_made_of_what_it_needs_and_no_more(function):
    BUILDERS[function]({name: ENVIRON[name] for name in NEEDS[function]})


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize(
    ("function", "name"),
    [(function, name) for function in BUILDERS for name in sorted(NEEDS[function])],
)
def test_a_missing_variable_is_named(function, name, value):
    environ = {key: text for key, text in ENVIRON.items() if key != name}
    if value is not None:
        environ[name] = value

    with pytest.raises(aws.MissingVariable, match=f"^The environment variable {name} is not set: "):
        BUILDERS[function](environ)


def test_the_authorizer_has_no_way_to_anything(pools):
    aws.build_authorizer(ENVIRON)

    assert pools == []


def test_nothing_is_opened_before_it_is_used(pools):
    aws.build_chat(ENVIRON)

    assert pools
    assert not any(pool._idle for pool in pools)


def decision(**variables):
    authorizer = aws.build_authorizer(ENVIRON | variables)
    event = {
        "methodArn": "arn:aws:execute-api:x",
        "headers": {
            "Host": "chat.example",
            "Origin": "https://page.example",
            "Sec-WebSocket-Protocol": "fireside.v1, invite.one",
            "x-fireside-origin": "came through",
        },
        "queryStringParameters": {"username": "Ann"},
    }
    return authorizer(event, None)["policyDocument"]["Statement"][0]["Effect"]


@pytest.mark.parametrize(
    ("change", "effect"),
    [
        ({}, "Allow"),
        ({"FIRESIDE_INVITE_SHA256": "open"}, "Allow"),
        ({"FIRESIDE_INVITE_SHA256": ""}, "Deny"),
        ({"FIRESIDE_INVITE_SHA256": hash_of("two")}, "Deny"),
        ({"FIRESIDE_ORIGIN_SECRET_SHA256": hash_of("came through")}, "Allow"),
        ({"FIRESIDE_ORIGIN_SECRET_SHA256": hash_of("came past")}, "Deny"),
        ({"FIRESIDE_ORIGINS": ""}, "Deny"),
        ({"FIRESIDE_HOSTS": "other.example"}, "Deny"),
    ],
)
def test_the_rules_of_the_door_are_read_from_the_environment(change, effect):
    said = {
        "FIRESIDE_ORIGINS": "https://Page.example",
        "FIRESIDE_INVITE_SHA256": f"{hash_of('none')} {hash_of('one')}",
    }

    assert decision(**said | change) == effect


def test_why_a_handshake_was_refused_is_logged_once_and_names_nobody(caplog):
    """The client is not told; who deployed it needs to know, and a log costs by its length."""
    authorizer = aws.build_authorizer(
        ENVIRON | {"FIRESIDE_ORIGIN_SECRET_SHA256": hash_of("came through")}
    )
    for name in ("Ann", "Bob"):
        authorizer(
            {
                "methodArn": "arn:aws:execute-api:x",
                "headers": {"Host": "chat.example", "Sec-WebSocket-Protocol": "invite.hush-hush"},
                "queryStringParameters": {"username": name},
            },
            None,
        )

    [record] = caplog.records
    assert "refused" in record.message
    assert "the chat's own address" in record.message
    assert not any(word in record.message for word in ("Ann", "Bob", "hush"))


@pytest.mark.parametrize("function", ["chat", "authorizer"])
def test_a_secret_in_the_place_of_its_hash_stops_the_function_and_is_not_logged(function):
    started = start(
        f"fireside.functions.aws.{function}", **ENVIRON, FIRESIDE_INVITE_SHA256="hush-hush"
    )

    assert started.returncode != 0
    assert "FIRESIDE_INVITE_SHA256 must hold SHA-256 hashes" in started.stderr
    assert "hush" not in started.stderr


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"FIRESIDE_OWNER_SHA256": "hush-hush"}, "^FIRESIDE_OWNER_SHA256 must hold SHA-256 hashes"),
        ({"FIRESIDE_NAMES": "mine"}, "^FIRESIDE_NAMES is 'mine': set it to open or claimed"),
    ],
)
def test_what_is_no_owners_hash_or_no_rule_for_names_is_told(change, refusal):
    with pytest.raises(ValueError, match=refusal) as told:
        aws.build_chat(ENVIRON | change)
    assert "hush" not in str(told.value)


def documented():
    """Read the table: the functions of each variable."""
    rows = re.findall(
        r"^\| `([A-Z0-9_]+)` \| ([a-z, ]+) \|", REFERENCE.read_text("utf-8"), re.MULTILINE
    )
    return {name: set(functions.split(", ")) for name, functions in rows}


@pytest.mark.parametrize("function", BUILDERS)
def test_the_reference_has_every_variable_that_a_function_reads(function):
    watched = Watched(ENVIRON)

    BUILDERS[function](watched)

    assert watched.asked == {name for name, readers in documented().items() if function in readers}


# --- on Lambda ---


def start(handler, **environ):
    """Import the module in a bare Python, as a container does, and tell what was loaded."""
    program = (
        "import importlib, json, sys; importlib.import_module('fireside.functions.aws');"
        "print(json.dumps(sorted(sys.modules)))"
    )
    return subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={"PYTHONPATH": str(ROOT / "src"), "_HANDLER": handler, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_container_makes_its_function_while_it_starts():
    """Lambda gives it a whole CPU then, and answers nobody with what it can't make."""
    environ = {**ENVIRON, "FIRESIDE_MESSAGES_TABLE": ""}

    started = start("fireside.functions.aws.chat", **environ)

    assert started.returncode != 0
    assert "The environment variable FIRESIDE_MESSAGES_TABLE is not set" in started.stderr
    for other in (
        "fireside.functions.aws.authorizer",
        "fireside.functions.aws.fanout",
        "",
        "x",
    ):
        assert start(other, **environ).returncode == 0


@pytest.mark.parametrize("function", BUILDERS)
def test_a_cold_start_loads_the_standard_library_alone(function):
    loaded = json.loads(start(f"fireside.functions.aws.{function}", **ENVIRON).stdout)

    dear = {"aiohttp", "asyncio", "boto3", "botocore", "localgateway", "sqlite3", "websockets"}
    assert dear.isdisjoint(loaded)
    bare = {name.partition(".")[0] for name in loaded}
    assert bare <= {"__main__", "fireside", *sys.stdlib_module_names}


def test_the_functions_are_made_once(monkeypatch):
    made = []
    monkeypatch.setattr(aws, "setup_logging", lambda *_: None)

    def make(function):
        made.append(function)
        return lambda *_: function

    for function in BUILDERS:
        monkeypatch.setitem(aws._BUILDERS, function, lambda _environ, name=function: make(name))
    aws._handler.cache_clear()

    answers = [call({}, None) for call in (aws.chat, aws.authorizer, aws.fanout) * 2]
    aws._handler.cache_clear()

    assert answers == ["chat", "authorizer", "fanout"] * 2
    assert made == ["chat", "authorizer", "fanout"]


def test_a_log_line_is_json_on_stdout_and_a_metric_too():
    program = (
        "import logging, fireside.functions.aws as aws; aws._handler('authorizer');"
        "logging.getLogger('x').error('it broke'); aws.SYSTEM.write_line('{}')"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], env=ENVIRON, capture_output=True, text=True, check=True
    )

    logged, said = done.stdout.splitlines()
    assert json.loads(logged)["message"] == "it broke"
    assert (said, done.stderr) == ("{}", "")
