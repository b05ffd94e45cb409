"""A handler that posts to `https://{domainName}/{stage}` with boto3 gets here (row 26)."""

import pytest

from localgateway.signing.access import Access
from tests.gateway.harness import on_loop
from tests.gateway.processes import document, serving

NEVER_ISSUED = "AAAAAAAAAAACAAA="


@pytest.fixture(autouse=True)
def no_account(monkeypatch):
    """Let no setting of yours decide how botocore tries again, and keep it off the network."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@on_loop
async def test_a_handler_posts_to_its_own_and_to_other_connections():
    async with serving(document("posts.handler")) as running:
        client, other = await running.join(), await running.join()
        client.ask("echo", do="post")
        assert await client.text() == "posted"
        mine = (await client.json())["posted"]
        other.ask("echo", do="post", to=mine)

        assert await client.text() == "posted"
        assert await other.json() == {"posted": mine}


@on_loop
async def test_rows_47_and_52_a_handler_asks_after_a_connection_and_ends_it():
    async with serving(document("posts.handler")) as running:
        client = await running.join()
        client.ask("echo", do="look")
        assert (await client.json())["sourceIp"] == "127.0.0.1"
        client.ask("echo", do="end")

        assert (await client.closed())[0] == 1000


@on_loop
async def test_row_48_who_is_gone_is_a_gone_exception_by_name():
    async with serving(document("posts.handler")) as running:
        client = await running.join()
        client.ask("echo", do="post", to=NEVER_ISSUED)

        assert await client.json() == {"gone": "GoneException"}


@on_loop
async def test_what_the_workers_sign_with_is_what_a_strict_gateway_checks():
    keys = ("AKIDEXAMPLE", "secret/with+signs")
    access = Access(strict=True, secrets=dict([keys]))
    async with serving(document("posts.handler"), access=access, credentials=keys) as running:
        client = await running.join()
        client.ask("echo", do="post")

        assert await client.text() == "posted"


@on_loop
async def test_a_proxy_of_yours_is_not_asked_for_the_gateway(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with serving(document("posts.handler")) as running:
        client = await running.join()
        client.ask("echo", do="post")

        assert await client.text() == "posted"


@on_loop
async def test_requests_to_others_go_where_they_went_before():
    async with serving(document("posts.handler")) as running:
        client = await running.join()
        client.ask("echo", do="elsewhere")

        assert await client.json() == {"failed": "EndpointConnectionError"}
