"""What passes between the functions and DynamoDB Local is passed on whole, and counted."""

import asyncio
import json

import pytest
from aiohttp import ClientSession, web

from fireside.cloud.rehearse.counted_tables import CountedTables
from fireside.cloud.rehearse.latency import LatencySimulator

ROW = {"pk": {"S": "x" * 1_500}}
CONDITION = {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}
CANCELLED = {
    "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
    "CancellationReasons": [{"Code": "ConditionalCheckFailed"}, {"Code": "None"}],
}
THROTTLED = {"__type": "x#ProvisionedThroughputExceededException"}


async def asked(operation, request, status, answer, **more):
    """Send one call through to a stand-in that answers so; give the counts, and both sides."""
    heard = []

    async def dynamodb(got):
        heard.append((dict(got.headers), await got.text()))
        return web.json_response(answer, status=status, headers={"x-amz-crc32": "7"})

    app = web.Application()
    app.router.add_post("/", dynamodb)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    tables = CountedTables(f"http://127.0.0.1:{runner.addresses[0][1]}", LatencySimulator({}, 0))
    await tables.start()
    headers = {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Authorization": "signed"} | more
    try:
        async with (
            ClientSession() as session,
            session.post(tables.address, data=json.dumps(request), headers=headers) as got,
        ):
            seen = (got.status, got.headers.get("x-amz-crc32"), await got.json())
    finally:
        await tables.stop()
        await runner.cleanup()
    return tables, heard, seen


@pytest.mark.parametrize(
    ("operation", "request_", "status", "answer", "billed"),
    [
        ("Query", {}, 200, {"Items": [ROW] * 3}, (2, 0)),
        ("GetItem", {}, 200, {}, (1, 0)),
        ("PutItem", {"Item": ROW}, 200, {}, (0, 2)),
        ("PutItem", {"Item": ROW}, 400, CONDITION, (0, 2)),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"Item": ROW}}]}, 200, {}, (0, 4)),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"Item": ROW}}]}, 400, CANCELLED, (0, 4)),
        ("PutItem", {"Item": ROW}, 400, THROTTLED, (0, 0)),
        ("Query", {}, 500, {}, (0, 0)),
        ("DescribeTable", {}, 200, {}, (0, 0)),
    ],
)
def test_what_aws_would_bill_is_counted(operation, request_, status, answer, billed):
    tables, heard, seen = asyncio.run(asked(operation, request_, status, answer))

    assert (tables.read_units, tables.write_units) == billed
    assert seen == (status, "7", answer)
    [(headers, body)] = heard
    assert json.loads(body) == request_
    assert headers["Authorization"] == "signed"


@pytest.mark.parametrize(
    "header",
    [
        {"Host": "rebound.example:8000"},
        {"Host": "192.168.1.20"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:5173"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
def test_no_page_reaches_the_tables_by_it(header):
    """Neither one of another site, nor one whose name was pointed at this machine."""
    tables, heard, seen = asyncio.run(asked("Query", {}, 200, {"Items": [ROW]}, **header))

    assert (seen[0], heard, tables.calls) == (403, [], 0)
    assert seen[2] == {"message": "Only functions of this rehearsal may ask here"}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:80", "[::1]:8000"])
def test_this_machine_does_by_each_of_its_names(host):
    assert asyncio.run(asked("Query", {}, 200, {"Items": []}, Host=host))[2][0] == 200
