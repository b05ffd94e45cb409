"""One event straight into the handlers: the samples have API Gateway's shape and are answered."""

import io
import json
import logging
import sys
from dataclasses import dataclass
from hashlib import sha256

import pytest

from fireside.adapters.memory import MemoryStore
from fireside.cli.invoke import ROUTES, rename, sample
from fireside.cli.main import main
from fireside.console.exits import ExitCode
from fireside.domain.entry import EntryRules
from fireside.handlers.authorizer import make_authorizer

COMMON = {
    "routeKey",
    "eventType",
    "extendedRequestId",
    "requestTime",
    "messageDirection",
    "stage",
    "connectedAt",
    "requestTimeEpoch",
    "identity",
    "requestId",
    "domainName",
    "connectionId",
    "apiId",
}
MESSAGE_ROUTES = [route for route in ROUTES if route not in {"$connect", "$disconnect"}]


@dataclass
class Ending:
    code: int
    out: str
    err: str

    @property
    def frame(self):
        return json.loads(json.loads(self.out)["body"])


@pytest.fixture(autouse=True)
def log():
    """Put the log back as it was: a later test would write to a stream that is closed by then."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def fireside(capsys):
    def run(*arguments):
        code = main(["invoke", *map(str, arguments)])
        captured = capsys.readouterr()
        return Ending(code, captured.out, captured.err)

    return run


@pytest.mark.parametrize("route", ROUTES)
def test_every_sample_has_the_context_that_every_event_has(route):
    context = sample(route)["requestContext"]

    assert set(context) >= COMMON | {"authorizer"}
    assert context["routeKey"] == route
    assert context["requestId"] == context["extendedRequestId"]
    for name in ("requestId", "connectionId"):
        assert len(context[name]) == 16
        assert context[name].endswith("=")


@pytest.mark.parametrize("route", ROUTES)
def test_every_sample_has_the_sender_that_the_authorizer_vouches_for(route):
    given = sample(route)["requestContext"]["authorizer"]
    event = {
        "methodArn": "arn:aws:execute-api:x",
        "headers": {"Host": "localhost"},
        "queryStringParameters": {"username": given["username"]},
    }
    answer = make_authorizer(lambda: EntryRules(invites=None))(event, None)

    said = {"principalId": answer["principalId"], **answer["context"]}
    assert said.items() <= given.items()


def test_a_renamed_sender_is_vouched_for_too():
    event = sample("hello")

    rename(event, "Zoë")

    assert event["requestContext"]["authorizer"] == {
        "principalId": sha256("zoë".encode()).hexdigest(),
        "username": "Zo%C3%AB",
        "userId": "zo%C3%AB",
    }


@pytest.mark.parametrize("route", MESSAGE_ROUTES)
def test_a_message_has_a_body_and_no_headers(route):
    event = sample(route)

    assert set(event) == {"requestContext", "body", "isBase64Encoded"}
    assert set(event["requestContext"]) == COMMON | {"authorizer", "messageId"}
    assert event["requestContext"]["eventType"] == "MESSAGE"
    assert route in {json.loads(event["body"])["action"], "$default"}


def test_a_connect_has_headers_and_a_query_and_no_body():
    event = sample("$connect")

    assert set(event) == {
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "requestContext",
        "isBase64Encoded",
    }
    assert set(event["requestContext"]) == COMMON | {"authorizer"}
    assert {"Connection", "Upgrade"}.isdisjoint(event["headers"])
    assert event["headers"]["X-Forwarded-Port"] == "443"


def test_a_disconnect_has_four_headers_and_the_reason():
    event = sample("$disconnect")

    assert set(event["headers"]) == {"Host", "x-api-key", "X-Forwarded-For", "x-restapi"}
    assert set(event["requestContext"]) == COMMON | {
        "authorizer",
        "disconnectStatusCode",
        "disconnectReason",
    }


@pytest.mark.parametrize("route", ROUTES)
def test_every_sample_is_answered(fireside, route):
    ending = fireside(route)

    assert ending.code == ExitCode.OK
    assert json.loads(ending.out)["statusCode"] == 200


@pytest.mark.parametrize(
    ("route", "type_"),
    [
        ("hello", "hello"),
        ("sendMessage", "ack"),
        ("getHistory", "history"),
        ("resume", "resumed"),
        ("ping", "pong"),
        ("$default", "error"),
    ],
)
def test_the_answer_is_the_one_of_the_route(fireside, route, type_):
    assert fireside(route).frame["type"] == type_


def test_what_the_room_is_sent_is_shown(fireside):
    assert '"message":"Hello"' in fireside("sendMessage").err


def test_the_sender_can_be_changed(fireside):
    assert fireside("hello", "--username", "Zoë").frame["user"] == {
        "userId": "zoë",
        "username": "Zoë",
        "claimed": False,
        "role": "member",
    }


def test_an_invalid_name_is_refused_at_connect(fireside):
    assert json.loads(fireside("$connect", "--username", "<b>").out)["statusCode"] == 400


@pytest.mark.parametrize("query", [None, {"queryStringParameters": None}])
def test_the_sender_can_be_changed_where_there_is_no_query(fireside, tmp_path, query):
    event = sample("$connect")
    del event["queryStringParameters"], event["multiValueQueryStringParameters"]
    (tmp_path / "event.json").write_text(json.dumps(event | (query or {})), "utf-8")

    ending = fireside("$connect", "--event", tmp_path / "event.json", "--username", "Zoë")

    assert json.loads(ending.out)["statusCode"] == 200


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_event_may_come_from_a_file(fireside, tmp_path, encoding):
    event = sample("sendMessage")
    event["body"] = '{"action": "sendMessage", "message": "From a file"}'
    (tmp_path / "event.json").write_text(json.dumps(event), encoding)

    assert "From a file" in fireside("sendMessage", "--event", tmp_path / "event.json").err


def test_an_event_may_come_from_stdin(fireside, monkeypatch):
    event = io.BytesIO(json.dumps(sample("ping")).encode("utf-8-sig"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(event))

    assert fireside("ping", "--event", "-").frame["type"] == "pong"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not an event"),
        ("[]", "it must be a JSON object"),
        ("{}", "The event is for route None"),
        ('{"requestContext": {"routeKey": "hello"}}', "The event is for route 'hello'"),
    ],
)
def test_what_is_not_an_event_for_the_route_is_a_usage_error(fireside, tmp_path, text, sentence):
    (tmp_path / "event.json").write_text(text, "utf-8")

    ending = fireside("ping", "--event", tmp_path / "event.json")

    assert ending.code == ExitCode.USAGE
    assert sentence in ending.err
    assert ending.out == ""


def test_a_file_that_is_not_there_is_a_usage_error(fireside, tmp_path):
    ending = fireside("ping", "--event", tmp_path / "nowhere.json")

    assert ending.code == ExitCode.USAGE
    assert "No such file" in ending.err


def test_an_unknown_route_is_a_usage_error(fireside):
    assert fireside("dance").code == ExitCode.USAGE


def test_messages_in_a_folder_stay_there(fireside, tmp_path):
    fireside("sendMessage", "--data", tmp_path / "chat")

    again = fireside("getHistory", "--data", tmp_path / "chat").frame

    assert [message["message"] for message in again["messages"]] == ["Hello"]


def test_a_folder_that_cannot_be_used_says_so(fireside, tmp_path):
    (tmp_path / "chat").touch()

    assert fireside("ping", "--data", tmp_path / "chat").code == ExitCode.DATA


def test_a_handler_that_breaks_exits_with_one(fireside, monkeypatch):
    def broken(_self, _room):
        raise RuntimeError("not today")

    monkeypatch.setattr(MemoryStore, "head", broken)

    assert fireside("ping").code == ExitCode.UNEXPECTED
