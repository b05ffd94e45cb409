"""Who may call @connections, before and beside the signature."""

from datetime import UTC, datetime, timedelta

import pytest

from localgateway.signing.access import BODY_SECONDS, MOST_UNREAD, Access
from tests.gateway.harness import gateway, on_loop, pass_time
from tests.gateway.test_management import NEVER_ISSUED, aside, signed_headers

PATH = f"/ws/@connections/{NEVER_ISSUED}"
KEY = Access(strict=True, secrets={"KEY": "SECRET"})


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
@pytest.mark.parametrize("header", ["Origin", "Sec-Fetch-Site"])
@on_loop
async def test_what_comes_from_a_page_is_refused_however_it_is_signed(method, header):
    async with gateway(access=KEY) as running:
        url = f"http://localhost:{running.server.port}{PATH}"
        headers = signed_headers(method, url, b"") | {header: "same-origin"}
        status, answer, _ = await aside(running, method, PATH, b"", headers)

    assert (status, answer["x-amzn-ErrorType"]) == (403, "ForbiddenException")


# --- Before a body is read --------------------------------------------------------------------


async def posting(running, *, length, headers=None, body=b""):
    """Send the head of a post, and at once with it what is given of the body it announces."""
    client = await running.client()
    url = f"http://localhost:{running.server.port}{PATH}"
    headers = headers or signed_headers("POST", url, b"x" * length)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    client.raw(
        client.head(PATH, *lines, f"Content-Length: {length}", method="POST", websocket=False)
        + body
    )
    return client


@pytest.mark.parametrize("how", ["key", "expired", "service", "unsigned"])
@on_loop
async def test_who_cannot_have_signed_it_is_answered_before_the_body_comes(how, monkeypatch):
    service, key = ("lambda" if how == "service" else "execute-api"), "KEY"
    if how == "expired":
        then = datetime.now(UTC) - timedelta(minutes=6)
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: then)
    if how == "key":
        key = "ANOTHER"
    async with gateway(access=KEY) as running:
        url = f"http://localhost:{running.server.port}{PATH}"
        headers = signed_headers("POST", url, b"", key, service=service)
        if how == "unsigned":
            headers.pop("Authorization")
        client = await posting(running, length=100_000, headers=headers)

        assert (await client.http())[0] == 403
        assert await client.ended() == b""


@on_loop
async def test_a_body_that_says_it_is_too_long_is_not_waited_for():
    async with gateway(access=Access()) as running:
        client = await posting(running, length=131_073)

        assert (await client.http())[0] == 413
        assert await client.ended() == b""


@on_loop
async def test_all_of_a_body_comes_in_time_or_the_connection_ends():
    access = Access()
    async with gateway(access=access) as running:
        client = await posting(running, length=10)
        await running.until(lambda: access.bodies.unread == 1)
        client.raw(b"12345")
        await pass_time(BODY_SECONDS - 0.1)
        client.raw(b"6789")
        await pass_time(0.2)

        status, headers, _ = await client.http()
        assert (status, headers["x-amzn-errortype"]) == (408, "requesttimeoutexception")
        assert await client.ended() == b""


@on_loop
async def test_few_bodies_are_waited_for_at_once_and_whole_ones_are_always_taken():
    access = Access()
    async with gateway(access=access) as running:
        clients = [await posting(running, length=2) for _ in range(MOST_UNREAD)]
        await running.until(lambda: access.bodies.unread == MOST_UNREAD)
        one_more = await posting(running, length=2)
        status, headers, _ = await one_more.http()
        whole = await (await posting(running, length=2, body=b"hi")).http()
        clients[0].raw(b"hi")
        finished = (await clients[0].http())[0]
        room = await posting(running, length=2)
        room.raw(b"hi")

        assert (status, headers["x-amzn-errortype"]) == (503, "serviceunavailableexception")
        assert whole[0] == finished == (await room.http())[0] == 410
    assert access.bodies.unread == 0
