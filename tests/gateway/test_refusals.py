"""What the log says of clients that are refused: why and from where, and never too much."""

import pytest
from aiohttp import web

from localgateway.machine.limits import Limits
from localgateway.net import refusals
from localgateway.net.hosts import AllowedHosts
from localgateway.net.refusals import LONGEST_REASON, RefusalLog
from tests.gateway.harness import gateway, on_loop, pass_time


def denied(reason=None):
    """Return an authorizer that lets no client in."""
    context = {} if reason is None else {"context": {"reason": reason}}

    def door(event, _context):
        statement = {
            "Action": "execute-api:Invoke",
            "Effect": "Deny",
            "Resource": event["methodArn"],
        }
        return {"principalId": "x", "policyDocument": {"Statement": [statement]}, **context}

    return door


def said(caplog):
    """Return the lines of refusals: text, address, status, and how many others were not said."""
    return [
        (line.message, line.address, line.status, getattr(line, "skipped", 0))
        for line in caplog.records
        if line.message.startswith("refused: ")
    ]


@on_loop
async def test_what_an_invalid_header_holds_is_not_logged(caplog):
    async with gateway() as running:
        client = await running.client()
        client.raw(client.head("/ws", "Sec-WebSocket-Key: s3cret"))
        assert (await client.http())[0] == 400

    assert said(caplog) == [
        ("refused: The header Sec-WebSocket-Key is not valid", "127.0.0.1", 400, 0)
    ]
    assert "s3cret" not in caplog.text


@on_loop
async def test_a_line_a_second_says_why_and_from_where_with_a_count_of_the_others(
    caplog, monkeypatch
):
    assert refusals.SECONDS == 1
    monkeypatch.setattr(refusals, "SECONDS", 1_000)  # longer than a busy machine takes
    async with gateway(authorizer=[], door=denied("No invite")) as running:
        for _ in range(50):
            client = await running.client()
            assert await client.refused("/ws?invite=s3cret") == (403, "Forbidden")
        assert said(caplog) == [("refused: No invite", "127.0.0.1", 403, 0)]
        await pass_time(1_001)
        await pass_time(1_001)
        client = await running.client()
        await client.refused("/elsewhere")

    assert said(caplog)[1:] == [
        ("refused: No invite", "127.0.0.1", 403, 48),
        ("refused: Forbidden", "127.0.0.1", 403, 0),
    ]
    assert "s3cret" not in caplog.text


@on_loop
async def test_without_a_reason_what_the_client_was_told_is_said(caplog):
    async with gateway(authorizer=[], door=denied()) as running:
        await (await running.client()).refused()

    assert said(caplog) == [("refused: Forbidden", "127.0.0.1", 403, 0)]


@pytest.mark.parametrize(
    ("limits", "address"),
    [(Limits(), "127.0.0.1"), (Limits(is_behind_proxy=True), "192.0.2.7")],
    ids=["no proxy is known", "a proxy is known"],
)
@pytest.mark.parametrize("kept_alive", [False, True])
@on_loop
async def test_a_forwarded_address_is_believed_only_behind_a_known_proxy(
    limits, address, kept_alive, caplog
):
    async with gateway(limits=limits, authorizer=[], door=denied()) as running:
        client = await running.client()
        if kept_alive:
            await client.get("/healthz")
        await client.refused("/ws", "X-Forwarded-For: 203.0.113.1, 192.0.2.7")

    assert [line[1] for line in said(caplog)] == [address]


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (b"\0", ("refused: The request can't be read", "127.0.0.1", 400, 0)),
        (
            b"GET /ws?a=s3cret HTTP/1.1\r\nHost: a\r\n\r\n",
            (
                "refused: a plain GET of /ws: connect there with a WebSocket client",
                "127.0.0.1",
                426,
                0,
            ),
        ),
    ],
    ids=["no HTTP", "no handshake"],
)
@on_loop
async def test_so_it_is_with_what_is_no_handshake(head, line, caplog):
    async with gateway() as running:
        client = await running.client()
        client.raw(head)
        await client.http()

    assert said(caplog) == [line]
    assert "s3cret" not in caplog.text


@on_loop
async def test_no_stranger_hides_a_fault_of_the_api(caplog, monkeypatch):
    monkeypatch.setattr(refusals, "SECONDS", 1_000)  # longer than a busy machine takes
    answers = iter([denied(), lambda *_: {}, denied(), denied()])

    def door(event, context):
        return next(answers)(event, context)

    async with gateway(authorizer=[], door=door) as running:
        statuses = [(await (await running.client()).refused())[0] for _ in range(4)]
        assert statuses == [403, 500, 403, 403]

    assert [(line[2], line[3]) for line in said(caplog)] == [(403, 0), (500, 0)]
    fault = next(line for line in caplog.records if getattr(line, "status", 0) == 500)
    assert fault.levelname == "ERROR"
    assert "the authorizer's answer has no principalId" in fault.message
    assert fault.connection == running.events[1]["requestContext"]["connectionId"]


@pytest.mark.parametrize("is_upgrade", [True, False])
@on_loop
async def test_a_host_that_is_not_let_in_has_one_line(is_upgrade, caplog):
    allowed = AllowedHosts()

    def site(_take_over):
        def note(why, address):
            running.server.refusals.note(why, address, 403)

        return web.Application(middlewares=[allowed.middleware(note)])

    async with gateway(site=site) as running:
        running.server.hosts = allowed
        client = await running.client()
        client.raw(client.head("/ws", "Host: evil.example", websocket=is_upgrade, host=False))
        assert (await client.http())[0] == 403

    why = "refused: Host 'evil.example' is not let in: allow its host with --allow-host"
    assert said(caplog) == [(why, "127.0.0.1", 403, 0)]


@on_loop
async def test_a_reason_has_an_end(caplog):
    RefusalLog().note("x" * 10_000, "192.0.2.1", 400)

    [line] = said(caplog)
    assert len(line[0]) == len("refused: ") + LONGEST_REASON
