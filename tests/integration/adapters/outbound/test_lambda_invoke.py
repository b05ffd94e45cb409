"""Having another function run soon: our own client and the SDK's do the same."""

import contextlib
import time
from datetime import UTC, datetime
from urllib.parse import quote

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from fireside.adapters.http.pool import Pool
from fireside.adapters.http.sigv4 import Credentials
from fireside.adapters.outbound.boto import BotoFunctions
from fireside.adapters.outbound.lambda_invoke import LambdaApi
from localgateway.signing import signature
from tests.integration.faulty_server import answer, close, faulty_server, hang

KEY, SECRET, TOKEN = "HOME", "home/secret", "token+/="
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:fireside-fanout:live"
ACCEPTED = answer(202)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers another test's key
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    with faulty_server(ACCEPTED) as server:
        yield server


@pytest.fixture(params=["own", pytest.param("boto3", marks=pytest.mark.long)])
def functions_at(request):
    with contextlib.ExitStack() as ends:

        def make(server, seconds=60):
            if request.param == "boto3":
                address = f"http://127.0.0.1:{server.port}"
                functions = BotoFunctions.connect("eu-central-1", address, seconds=seconds)
                ends.callback(functions.close)
                return functions
            pool = Pool("127.0.0.1", server.port)
            ends.callback(pool.close)
            host = f"127.0.0.1:{server.port}"
            credentials = Credentials(KEY, SECRET, TOKEN)
            return LambdaApi(host, "eu-central-1", credentials, pool, seconds=seconds)

        yield make


def headers(visit):
    return [line.partition(": ")[::2] for line in visit.head.split("\r\n")[1:]]


@pytest.mark.parametrize("function", ["fireside-fanout", "fireside-fanout:live", ARN])
def test_it_is_asked_as_lambda_wants_to_be_asked(server, functions_at, function):
    visits = []

    def look(visit):
        request = signature.SignedRequest("POST", visit.path, "", headers(visit), visit.body)
        claimed = signature.read(request)
        wanted = signature.sign(request, claimed, request.value("x-amz-date"), SECRET)
        visits.append((visit.path, visit.body, request.value("x-amz-invocation-type")))
        assert (claimed.service, claimed.hex_digest) == ("lambda", wanted)
        assert request.value("x-amz-security-token") == TOKEN
        ACCEPTED(visit)

    server.act = look

    assert functions_at(server).invoke(function, [b'{"v":1}', b'{"v":2}']) == [True, True]

    path = f"/2015-03-31/functions/{quote(function, safe='')}/invocations"
    assert sorted(visits) == [(path, b'{"v":1}', "Event"), (path, b'{"v":2}', "Event")]


def test_signatures_equal_botocores(server, monkeypatch):
    """The colons of an ARN are encoded once to be sent, and once more to be signed."""
    moment = 1_795_345_200
    now = datetime.fromtimestamp(moment, UTC).replace(tzinfo=None)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: now)
    monkeypatch.setattr("fireside.adapters.outbound.lambda_invoke.time.time", lambda: moment)
    visits = []
    server.act = lambda visit: visits.append((visit.path, dict(headers(visit)))) or ACCEPTED(visit)
    pool = Pool("127.0.0.1", server.port)
    host = "lambda.eu-central-1.amazonaws.com"
    api = LambdaApi(host, "eu-central-1", Credentials(KEY, SECRET, TOKEN), pool)

    assert api.invoke(ARN, ["Grüße".encode()]) == [True]
    pool.close()

    [(path, sent)] = visits
    theirs = AWSRequest(
        "POST",
        f"https://{host}{path}",
        headers={"x-amz-invocation-type": "Event"},
        data="Grüße".encode(),
    )
    SigV4Auth(BotoCredentials(KEY, SECRET, TOKEN), "lambda", "eu-central-1").add_auth(theirs)
    assert sent["authorization"] == theirs.headers["Authorization"]


@pytest.mark.parametrize(
    "act",
    [answer(429, b"{}"), answer(500, b"{}"), answer(404, b"{}"), answer(200, b"{}"), close],
    ids=["throttled", "broken", "not there", "was run at once", "no answer"],
)
def test_what_is_not_accepted_is_told_and_logged_and_not_tried_again(
    server, functions_at, act, caplog
):
    server.act = lambda visit: (act if b"bad" in visit.body else ACCEPTED)(visit)

    accepted = functions_at(server).invoke("fanout", [b'"good"', b'"bad"', b'"good"'])

    assert accepted == [True, False, True]
    assert [body for _, body in server.seen].count(b'"bad"') == 1
    assert "a function was not invoked" in caplog.text
    assert "bad" not in caplog.text


@pytest.mark.parametrize("payloads", [1, 40])
def test_nobody_waits_longer_than_the_time_however_many_there_are(server, functions_at, payloads):
    server.act = hang
    functions = functions_at(server, seconds=1)
    began = time.monotonic()

    assert functions.invoke("fanout", [b"{}"] * payloads) == [False] * payloads

    assert time.monotonic() - began < 20, "one after the other they take 40 s"
