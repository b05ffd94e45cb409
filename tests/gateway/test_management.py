"""@connections (rows 46 to 53): raw HTTP, and AWS's own client for it.

Tests with `target` run against a deployed API too; the others look inside the local server.
"""

import asyncio
import functools
import http.client
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed

from localgateway.dev.faults import Faults, Frequency, Plan, slow
from localgateway.machine.limits import Limits
from localgateway.signing.access import Access
from tests.gateway.harness import gateway, on_loop, pass_time

NEVER_ISSUED = "AAAAAAAAAAACAAA="
STRICT = Access(strict=True, secrets={"KEY": "SECRET"})


def connection_id_of(socket):
    """Ask the API who we are."""
    socket.send('{"action":"event"}')
    return json.loads(socket.recv(60))["requestContext"]["connectionId"]


def signed_headers(method, url, body=b"", key="KEY", private="SECRET", *, service="execute-api"):
    """Sign with AWS's own signer."""
    request = AWSRequest(method, url, data=body)
    SigV4Auth(Credentials(key, private), service, "eu-west-1").add_auth(request)
    return dict(request.headers)


def ask(base, method, path, body=b"", headers=None):
    """Send one request as it is; `path` is already encoded."""
    url = urlsplit(base)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.hostname, url.port, timeout=60)
    try:
        if headers is None:
            headers = signed_headers(method, f"{url.scheme}://{url.netloc}{path}", body)
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def below(base):
    """Return the path of a base address: the stage."""
    return urlsplit(base).path


# --- AWS's own client -------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"hi", "h\u00e9 \U0001f525".encode(), b'{"a":1}', b"x" * 131_072])
def test_row_47_boto3_posts_one_text_frame(target, data):
    with target.connect(max_size=None) as socket:
        answer = target.boto3().post_to_connection(ConnectionId=connection_id_of(socket), Data=data)

        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert socket.recv(60) == data.decode()


def test_row_47_boto3_gets_times_and_identity(target):
    with target.connect(user_agent_header="me/1") as socket:
        before = datetime.now(UTC)
        found = target.boto3().get_connection(ConnectionId=connection_id_of(socket))

        assert abs((found["ConnectedAt"] - before).total_seconds()) < 30
        assert found["LastActiveAt"] >= found["ConnectedAt"]
        assert re.fullmatch(r"[0-9a-f.:]+", found["Identity"]["SourceIp"])
        assert found["Identity"]["UserAgent"] == "me/1"


def test_row_52_boto3_deletes_and_the_client_sees_1000(target):
    with target.connect() as socket:
        answer = target.boto3().delete_connection(ConnectionId=connection_id_of(socket))

        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
        with pytest.raises(ConnectionClosed) as caught:
            socket.recv(60)
    assert caught.value.rcvd.code == 1000


@pytest.mark.parametrize("verb", ["post_to_connection", "get_connection", "delete_connection"])
@pytest.mark.parametrize("once", [True, False])
def test_row_48_who_left_or_never_was_is_gone_by_name(target, verb, once):
    connection_id = NEVER_ISSUED
    if once:
        with target.connect() as socket:
            connection_id = connection_id_of(socket)
    client = target.boto3()
    data = {"Data": b"hi"} if verb == "post_to_connection" else {}

    with pytest.raises(client.exceptions.GoneException) as caught:
        getattr(client, verb)(ConnectionId=connection_id, **data)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 410


def test_row_50_boto3_names_a_payload_that_is_too_large(target):
    client = target.boto3()
    with target.connect() as socket:
        connection_id = connection_id_of(socket)

        with pytest.raises(client.exceptions.PayloadTooLargeException) as caught:
            client.post_to_connection(ConnectionId=connection_id, Data=b"x" * 131_073)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
        assert connection_id_of(socket) == connection_id, "the connection lives on"


def test_row_49_boto3_hears_of_a_malformed_id(target):
    with pytest.raises(ClientError, match="Invalid connectionId: nonsense") as caught:
        target.boto3().get_connection(ConnectionId="nonsense")
    assert caught.value.response["Error"]["Code"] == "BadRequestException"


# --- Raw HTTP ---------------------------------------------------------------------------------


@pytest.fixture
def member(target):
    """Be connected: give the socket, and the path of its connection."""
    with target.connect() as socket:
        yield socket, f"{below(target.management_url)}/@connections/{connection_id_of(socket)}"


@pytest.mark.parametrize("at", ["@connections", "%40connections", "%40%63onnections"])
@pytest.mark.parametrize("equals", ["=", "%3D", "%3d"])
def test_row_46_the_address_may_be_percent_encoded(target, member, at, equals):
    socket, path = member
    path = path.replace("=", equals).replace("@connections", at)

    assert ask(target.management_url, "POST", path, b"hi")[::2] == (200, b"")
    assert socket.recv(60) == "hi"


def test_row_47_get_is_json_in_lower_camel_case(target, member):
    status, headers, body = ask(target.management_url, "GET", member[1])

    found = json.loads(body)
    assert (status, headers["Content-Type"].split(";")[0]) == (200, "application/json")
    assert {"connectedAt", "lastActiveAt", "identity"} == found.keys()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found["connectedAt"])
    assert "sourceIp" in found["identity"]


def test_row_47_delete_is_204_with_an_empty_body(target, member):
    assert ask(target.management_url, "DELETE", member[1])[::2] == (204, b"")


def test_row_48_gone_is_an_empty_body_and_a_name_in_the_header(target):
    path = f"{below(target.management_url)}/@connections/{NEVER_ISSUED}"
    status, headers, body = ask(target.management_url, "POST", path, b"hi")

    assert (status, headers["x-amzn-ErrorType"], body) == (410, "GoneException", b"")


@pytest.mark.parametrize("bad", ["x", "AAAAAAAAAAACAAA", "AAAAAAAAAAACAA%2B=", "a/b", "%00"])
def test_row_49_a_malformed_id_is_400(target, bad):
    path = f"{below(target.management_url)}/@connections/{bad}"
    status, headers, body = ask(target.management_url, "POST", path, b"hi")

    assert (status, headers["x-amzn-ErrorType"]) == (400, "BadRequestException")
    assert json.loads(body) == {"message": f"Invalid connectionId: {unquote(bad)}"}


def test_row_51_unsigned_is_403(target, member):
    socket, path = member
    for method in ("POST", "GET", "DELETE"):
        status, headers, body = ask(target.management_url, method, path, headers={})
        assert (status, json.loads(body)["message"]) == (403, "Missing Authentication Token")
        assert headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    connection_id_of(socket)


@pytest.mark.parametrize("stage", ["", "/another"])
def test_row_51_without_its_stage_an_address_is_forbidden(target, member, stage):
    path = member[1].replace(below(target.management_url), stage)
    status, _, body = ask(target.management_url, "POST", path, b"hi")

    assert (status, json.loads(body)) == (403, {"message": "Forbidden"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "more/@connections/AAAAAAAAAAACAAA="),
        ("POST", "connections/AAAAAAAAAAACAAA="),
        ("GET", "@connections/"),
        ("PUT", "@connections/AAAAAAAAAAACAAA="),
    ],
)
def test_row_51_a_wrong_path_names_itself(target, method, path):
    status, _, body = ask(target.management_url, method, f"{below(target.management_url)}/{path}")

    text = f"No method found matching route {path} for http method {method}"
    assert (status, json.loads(body)) == (404, {"message": text})


# --- Inside the local server ------------------------------------------------------------------


def aside(running, method, path, body=b"", headers=None):
    """Ask from another thread: the server's loop must turn meanwhile."""
    base = f"http://localhost:{running.server.port}"
    return asyncio.to_thread(ask, base, method, path, body, headers)


async def joined(running):
    """Be connected: give the client, and the path of its connection."""
    client = await running.join()
    (connection_id,) = running.server.sockets
    return client, f"/ws/@connections/{connection_id}"


@on_loop
async def test_row_17_a_delete_fires_disconnect_with_1000():
    async with gateway(access=Access()) as running:
        client, path = await joined(running)
        assert (await aside(running, "DELETE", path))[0] == 204
        assert (await aside(running, "DELETE", path))[0] == 410, "it is closing"
        assert (await aside(running, "POST", path, b"hi"))[0] == 410

        assert await client.closed() == (1000, "")
        (event,) = await running.event("DISCONNECT")
        context = event["requestContext"]
        assert context["disconnectStatusCode"] == 1000
        assert context["disconnectReason"] == "Connection Closed Normally"


@on_loop
async def test_row_09_inside_its_own_connect_a_connection_is_gone():
    statuses = []

    def handler(event, _context):
        context = event["requestContext"]
        if context["eventType"] == "CONNECT":
            port = context["domainName"].rpartition(":")[2]
            path = f"/ws/@connections/{context['connectionId']}"
            statuses.append(ask(f"http://127.0.0.1:{port}", "POST", path, b"hi")[0])
        return {"statusCode": 200}

    async with gateway(handler, access=Access()) as running:
        await running.join()

    assert statuses == [410]


@on_loop
async def test_row_50_a_full_queue_is_429_and_the_connection_lives_on():
    async with gateway(access=Access(), limits=Limits(queue_bytes=200_000)) as running:
        client, path = await joined(running)
        client.writer.transport.pause_reading()
        status, posts = 200, 0
        while status == 200:
            status, headers, _ = await aside(running, "POST", path, b"x" * 100_000)
            posts += status == 200
        assert (status, headers["x-amzn-ErrorType"]) == (429, "LimitExceededException")

        client.writer.transport.resume_reading()
        for _ in range(posts):
            assert len(await client.text()) == 100_000
        assert (await aside(running, "POST", path, b"hi"))[0] == 200
        assert await client.text() == "hi"


@on_loop
async def test_row_50_more_requests_than_the_quota_are_429():
    limits = Limits(requests_per_second=0.01, requests_burst=2)
    async with gateway(access=Access(), limits=limits) as running:
        _, path = await joined(running)
        answers = [await aside(running, "GET", path) for _ in range(3)]

    assert [status for status, _, _ in answers] == [200, 200, 429]
    assert answers[2][1]["x-amzn-ErrorType"] == "LimitExceededException"


@on_loop
async def test_row_50_a_payload_that_is_too_large_is_not_read_to_its_end():
    async with gateway(access=Access()) as running:
        _, path = await joined(running)
        status, headers, _ = await aside(running, "POST", path, b"x" * 131_073)

    assert (status, headers["x-amzn-ErrorType"]) == (413, "PayloadTooLargeException")


@on_loop
async def test_row_47_bytes_that_are_no_text_do_not_cost_the_client_its_connection():
    async with gateway(access=Access()) as running:
        client, path = await joined(running)
        assert (await aside(running, "POST", path, b"a\xffb"))[0] == 200

        assert await client.text() == "a\N{REPLACEMENT CHARACTER}b"


@on_loop
async def test_row_47_a_post_counts_as_activity():
    async with gateway(access=Access()) as running:
        _, path = await joined(running)
        before = json.loads((await aside(running, "GET", path))[2])["lastActiveAt"]
        await pass_time(5)
        await aside(running, "POST", path, b"hi")

        assert json.loads((await aside(running, "GET", path))[2])["lastActiveAt"] > before


@on_loop
async def test_row_53_a_post_to_a_half_open_peer_is_taken():
    async with gateway(access=Access()) as running:
        client, path = await joined(running)
        client.writer.transport.pause_reading()

        assert (await aside(running, "POST", path, b"hi"))[0] == 200


@on_loop
async def test_without_access_there_is_no_management():
    async with gateway() as running:
        _, path = await joined(running)

        assert (await aside(running, "POST", path, b"hi"))[0] == 405
        assert (await aside(running, "GET", path))[0] == 426


@on_loop
async def test_the_site_is_as_it_was():
    async with gateway(access=Access()) as running:
        assert (await aside(running, "GET", "/healthz"))[0] == 200
        assert (await aside(running, "GET", "/ws"))[0] == 426
        assert (await aside(running, "POST", "/ws"))[0] == 405
        assert (await aside(running, "POST", "/elsewhere"))[0] == 405


# --- Strict: the signature is verified --------------------------------------------------------


@on_loop
async def test_row_46_a_good_signature_is_verified():
    async with gateway(access=STRICT) as running:
        client, path = await joined(running)
        path = path.replace("@", "%40").replace("=", "%3D")
        assert (await aside(running, "POST", path, b"hi"))[0] == 200

        assert await client.text() == "hi"


@on_loop
async def test_row_46_boto3_is_verified():
    async with gateway(access=STRICT) as running:
        _, path = await joined(running)
        client = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=f"http://127.0.0.1:{running.server.port}/ws",
            aws_access_key_id="KEY",
            aws_secret_access_key="SECRET",
            region_name="eu-west-1",
        )
        connection_id = path.rpartition("/")[2]
        found = await asyncio.to_thread(client.get_connection, ConnectionId=connection_id)

    assert found["Identity"]["SourceIp"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ({"private": "WRONG"}, "InvalidSignatureException"),
        ({"key": "WRONG"}, "UnrecognizedClientException"),
        ({"at": timedelta(minutes=-6)}, "InvalidSignatureException"),
        ({"body": b"another"}, "InvalidSignatureException"),
    ],
    ids=["secret", "key", "expired", "body"],
)
@on_loop
async def test_row_50_a_bad_signature_is_403_when_it_is_verified(how, kind, monkeypatch):
    async with gateway(access=STRICT) as running:
        _, path = await joined(running)
        if "at" in how:
            then = datetime.now(UTC) + how.pop("at")
            monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: then)
        url = f"http://localhost:{running.server.port}{path}"
        headers = signed_headers("POST", url, **({"body": b"hi"} | how))
        status, answer, _ = await aside(running, "POST", path, b"hi", headers)

    assert (status, answer["x-amzn-ErrorType"]) == (403, kind)


@on_loop
async def test_a_malformed_signature_is_403_even_when_it_is_not_verified():
    async with gateway(access=Access()) as running:
        _, path = await joined(running)
        headers = {"Authorization": "AWS4-HMAC-SHA256 nonsense"}
        status, answer, _ = await aside(running, "POST", path, b"hi", headers)

    assert (status, answer["x-amzn-ErrorType"]) == (403, "IncompleteSignatureException")


# --- Faults -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "status"), [("gone", 410), ("throttle", 429)])
@on_loop
async def test_a_fault_refuses_the_posts_it_is_asked_to(kind, status):
    faults = Faults(Plan({kind: Frequency(turns=frozenset({2}))}))
    async with gateway(access=Access(), faults=faults) as running:
        client, path = await joined(running)
        statuses = [(await aside(running, "POST", path, b"hi"))[0] for _ in range(3)]

        assert statuses == [200, status, 200]
        assert [await client.text(), await client.text()] == ["hi", "hi"]


@on_loop
async def test_pushes_are_dropped_doubled_and_overtaken_as_the_plan_says():
    turns = {"drop": 1, "double": 2, "reorder": 3}
    faults = Faults(
        Plan({kind: Frequency(turns=frozenset({turn})) for kind, turn in turns.items()})
    )
    async with gateway(access=Access(), faults=faults) as running:
        client, path = await joined(running)
        for text in (b"1", b"2", b"3", b"4"):
            await aside(running, "POST", path, text)

        assert [await client.text() for _ in range(4)] == ["2", "2", "4", "3"]


@on_loop
async def test_a_connection_is_cut_after_its_shortened_life():
    faults = Faults(Plan({"cut": Frequency(chance=1)}, {"cutMillis": (50, 60)}))
    async with gateway(faults=faults) as running:
        client = await running.join()

        assert await client.closed() == (1001, "Going away")


@on_loop
async def test_an_answer_that_is_late_on_purpose_is_a_time_out():
    asked = Faults(Plan({"timeout": Frequency(turns=frozenset({2}))}))
    wrap = functools.partial(slow, faults=asked)
    async with gateway(wrap=wrap, millis=60) as running:
        client = await running.join()
        client.ask("echo", n=1)
        assert (await client.json())["message"] == "Endpoint request timed out"
        client.ask("echo", n=2)

        assert (await client.json())["n"] == 2
        assert len(running.events) == 3, "the function ran"
