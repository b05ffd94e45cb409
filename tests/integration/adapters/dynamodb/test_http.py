"""DynamoDB without an SDK, in front of a server that answers well, badly, or not at all."""

import contextlib
import json
import socket
import ssl
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import get_args

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from fireside.adapters.dynamodb.client import ConditionFailed, Operation, Rejected, Transient
from fireside.adapters.dynamodb.http import DynamoDbApi
from fireside.adapters.http.sigv4 import Credentials
from tests.integration.faulty_server import (
    CERTIFICATE,
    answer,
    close,
    drip,
    end_half,
    faulty_server,
    hang,
    raw,
    reset,
)

QUERY = {"TableName": "messages"}
SECRET = "home/secret"


def saying(said, status=200, **headers):
    """Answer with JSON, as DynamoDB does."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    fields = headers | {"content-length": len(body), "x-amz-crc32": zlib.crc32(body)} | headers
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return raw(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body)


def one_of(*acts):
    turns = iter(acts)

    def act(visit):
        next(turns)(visit)

    return act


@pytest.fixture
def dynamodb():
    """Start a server, and the client before it."""
    with contextlib.ExitStack() as ends:

        def make(act, *, tls=False, **options):
            server = ends.enter_context(faulty_server(act, tls=tls))
            endpoint = f"http{'s' if tls else ''}://localhost:{server.port}"
            trusted = ssl.create_default_context(cafile=str(CERTIFICATE)) if tls else None
            credentials = Credentials("HOME", SECRET, "token")
            api = DynamoDbApi(endpoint, "eu-central-1", credentials, tls=trusted, **options)
            ends.callback(api.close)
            return api, server

        yield make


@pytest.fixture(autouse=True)
def only_ipv4(monkeypatch):
    """Look `localhost` up once: the server listens on one of its addresses alone."""
    found = socket.getaddrinfo("127.0.0.1", None, type=socket.SOCK_STREAM)
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda _host, port, **_options: [(*one[:4], (one[4][0], port)) for one in found],
    )


# --- what is asked ---


@pytest.mark.parametrize("operation", get_args(Operation))
def test_every_operation_is_signed_named_and_sent_as_json(dynamodb, operation, monkeypatch):
    asked = []

    def note(visit):
        lines = visit.head.split("\r\n")[1:]
        asked.append((dict(line.split(": ", 1) for line in lines), visit.path, visit.body))
        saying({"Items": []})(visit)

    api, _ = dynamodb(note)

    assert api.call(operation, {"name": "grüß 🔥 \x00"}) == {"Items": []}
    [(headers, path, body)] = asked
    assert path == "/"
    assert json.loads(body) == {"name": "grüß 🔥 \x00"}
    assert headers["x-amz-target"] == f"DynamoDB_20120810.{operation}"
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert headers["x-amz-security-token"] == "token"
    assert headers["host"] == api._url.netloc
    assert headers["authorization"] == botocore_signs(monkeypatch, headers, body)


def test_what_is_no_json_is_refused_before_it_is_sent(dynamodb):
    api, server = dynamodb(answer(200))

    with pytest.raises(Rejected):
        api.call("Query", {"Key": b"bytes"})
    assert server.seen == []


def botocore_signs(monkeypatch, headers, body):
    """Sign what arrived as the SDK would have."""
    at = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ")  # noqa: DTZ007 - botocore's way
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_args, **_options: at)
    signed = {name: headers[name] for name in ("content-type", "x-amz-target")}
    request = AWSRequest("POST", f"https://{headers['host']}/", headers=signed, data=body)
    credentials = BotoCredentials("HOME", SECRET, "token")
    SigV4Auth(credentials, "dynamodb", "eu-central-1").add_auth(request)
    return request.headers["Authorization"]


# --- what is answered ---


def test_a_large_answer_arrives_whole(dynamodb):
    rows = [{"text": {"S": "漢" * 1_000}}] * 400
    api, _ = dynamodb(saying({"Items": rows}), tls=True)

    assert api.call("Query", QUERY) == {"Items": rows}


def test_a_condition_that_failed_shows_what_stood_in_the_way(dynamodb):
    row = {"pk": {"S": "epoch"}}
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": row}]
    kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
    api, _ = dynamodb(saying({"__type": kind, "CancellationReasons": reasons}, 400))

    with pytest.raises(ConditionFailed) as failed:
        api.call("TransactWriteItems", {})
    assert failed.value.found == (None, row)


@pytest.mark.parametrize(
    ("act", "kind", "said"),
    [
        (saying({"__type": "a.b#ThrottlingException"}, 400), Transient, "ThrottlingException"),
        (saying({"__type": "a.b#InternalServerError"}, 500), Transient, "InternalServerError"),
        (saying(b"<h1>Bad Gateway</h1>", 502), Transient, "502"),
        (saying(b"[]", 503), Transient, "503"),
        (saying({"__type": "a.b#ResourceNotFoundException"}, 400), Rejected, "ResourceNotFound"),
        (saying({"__type": "AccessDeniedException"}, 400), Rejected, "AccessDeniedException"),
        (saying(b"", 403), Rejected, "403"),
        (saying(b"<h1>Hello</h1>"), Transient, "no JSON"),
        (saying({"Items": []}, x_amz_crc32=1), Transient, "a damaged answer"),
        (saying({"__type": "a.b#Refused"}, 400, x_amz_crc32=1), Transient, "a damaged answer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_that_is_none_says_whether_to_ask_again(dynamodb, act, kind, said):
    api, server = dynamodb(act)

    with pytest.raises(kind, match=said):
        api.call("Query", QUERY)
    assert len(server.seen) == 1


def test_an_answer_without_a_checksum_is_taken(dynamodb):
    api, _ = dynamodb(answer(200, b"{}"))

    assert api.call("Query", QUERY) == {}


# --- what is not answered ---


@pytest.mark.parametrize("act", [hang, drip], ids=["hangs", "never ends"])
def test_a_call_has_its_time_and_no_more(dynamodb, act, clock):
    api, server = dynamodb(late(act, clock), call_seconds=0.3)

    with pytest.raises(Transient, match="no answer"):
        api.call("Query", QUERY)
    assert len(server.seen) == 1


@pytest.mark.parametrize("act", [close, reset], ids=["closed", "reset"])
def test_what_may_have_been_read_is_not_asked_again(dynamodb, act):
    api, server = dynamodb(act)

    with pytest.raises(Transient, match="no answer"):
        api.call("TransactWriteItems", {})
    assert len(server.seen) == 1


def late(act, clock):
    """Let a call's time pass, and then do something."""

    def do(visit):
        clock.wait(0.3)
        act(visit)

    return do


def test_after_a_call_that_hung_the_next_one_works(dynamodb, clock):
    api, _ = dynamodb(one_of(late(hang, clock), saying({"Items": [1]})), call_seconds=0.3)

    with pytest.raises(Transient):
        api.call("Query", QUERY)

    assert api.call("Query", QUERY) == {"Items": [1]}


# --- connections ---


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_one_connection_carries_all_calls(dynamodb, tls):
    api, server = dynamodb(saying({}), tls=tls)

    for _ in range(20):
        api.call("Query", QUERY)

    assert server.connections == 1


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("ending", [close, end_half, reset], ids=["closed", "half closed", "reset"])
def test_a_frozen_function_whose_connection_ended_meanwhile_succeeds_at_once(dynamodb, ending, tls):
    is_frozen = threading.Event()

    def first(visit):
        saying({})(visit)
        is_frozen.wait(60)
        ending(visit)

    api, server = dynamodb(one_of(first, saying({"Items": [1]})), tls=tls)
    api.call("Query", QUERY)
    is_frozen.set()
    [channel] = api._idle
    assert channel.pool._selector.select(60), "the end has arrived"

    assert api.call("TransactWriteItems", {}) == {"Items": [1]}
    assert len(server.seen) == 2


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_a_function_that_slept_through_the_end_succeeds_at_once(dynamodb, tls):
    """Nothing of the end arrived: the other side has forgotten the connection, and says so."""
    api, server = dynamodb(one_of(saying({}), reset, saying({"Items": [1]})), tls=tls)
    api.call("Query", QUERY)

    assert api.call("TransactWriteItems", {}) == {"Items": [1]}
    assert server.connections == 2


def test_threads_do_not_get_in_each_others_way(dynamodb):
    together = threading.Barrier(8)

    def act(visit):
        if json.loads(visit.body)["number"][1] == 0:
            together.wait(60)
        saying(json.loads(visit.body))(visit)

    api, server = dynamodb(act, call_seconds=60)

    def ask(number):
        return [api.call("Query", {"number": [number, turn]}) for turn in range(10)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))

    assert answers == [[{"number": [n, turn]} for turn in range(10)] for n in range(8)]
    assert server.connections == 8


def test_secrets_are_not_shown(dynamodb):
    api, _ = dynamodb(answer(403))

    with pytest.raises(Rejected) as refusal:
        api.call("Query", QUERY)
    assert SECRET not in repr(refusal.value) + repr(vars(api))
