"""A proxy in front of DynamoDB Local, which counts the units that AWS would bill."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, cast, get_args

from aiohttp import ClientSession, ClientTimeout, hdrs, web

from fireside.adapters.dynamodb import units
from fireside.adapters.dynamodb.client import ConditionFailed, Operation, failure
from fireside.cloud.rehearse.latency import Kind, LatencySimulator
from fireside.domain.hosts import is_loopback, plain_host
from localgateway.signing.access import is_from_page

_SECONDS = 10.0
_ONLY_FUNCTIONS = "Only functions of this rehearsal may ask here"
_OK = 200
_KINDS: Mapping[str, Kind] = {
    "GetItem": "read",
    "BatchGetItem": "read",
    "Query": "read",
    "DescribeTable": "read",
    "PutItem": "write",
    "BatchWriteItem": "write",
    "UpdateItem": "write",
    "TransactWriteItems": "transaction",
}
_MAX_REQUEST_BYTES = 16 * 1024 * 1024  # of DynamoDB
_FORWARDED_HEADERS = (
    "Authorization",
    "Content-Type",
    "X-Amz-Date",
    "X-Amz-Target",
    "X-Amz-Security-Token",
)


class CountedTables:
    """The proxy: on loopback, it forwards requests and responses unchanged.

    What a web page sends is refused: it could read the messages, or delete them.
    """

    def __init__(self, upstream: str, latency: LatencySimulator) -> None:
        """Forward to the address `upstream`, with simulated latency."""
        self.read_units = 0
        self.write_units = 0
        self.calls = 0
        self._upstream = upstream
        self._latency = latency
        self._session: ClientSession
        self._runner: web.AppRunner
        self._port = 0

    @property
    def address(self) -> str:
        """Return the address for the functions."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Listen on a free port."""
        self._session = ClientSession(
            timeout=ClientTimeout(total=_SECONDS), trust_env=False, auto_decompress=False
        )
        app = web.Application(client_max_size=_MAX_REQUEST_BYTES)
        app.router.add_post("/", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()
        await self._session.close()

    async def _answer(self, request: web.Request) -> web.Response:
        if not is_loopback(plain_host(request.host)) or is_from_page(request):
            return web.json_response({"message": _ONLY_FUNCTIONS}, status=403)
        began = asyncio.get_running_loop().time()
        operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        body = await request.read()
        headers = {
            name: request.headers[name] for name in _FORWARDED_HEADERS if name in request.headers
        }
        async with self._session.post(self._upstream, data=body, headers=headers) as answer:
            found = await answer.read()
            self._count(operation, body, answer.status, found)
            if operation in _KINDS:
                await self._latency.wait(_KINDS[operation], began)
            kept = {
                name: answer.headers[name]
                for name in (hdrs.CONTENT_TYPE, "x-amz-crc32", "x-amzn-RequestId")
                if name in answer.headers
            }
            return web.Response(status=answer.status, body=found, headers=kept)

    def _count(self, operation: str, body: bytes, status: int, found: bytes) -> None:
        """Count what AWS bills: successful calls, and writes whose condition failed."""
        if operation not in get_args(Operation):
            return
        known = cast("Operation", operation)
        self.calls += 1
        request, answer = json.loads(body), json.loads(found)
        if status == _OK:
            self.read_units += units.read(known, request, answer)
            self.write_units += units.written(known, request)
        elif _is_failed_condition(status, answer):
            self.write_units += units.written(known, request)


def _is_failed_condition(status: int, answer: Mapping[str, Any]) -> bool:
    code = str(answer.get("__type", "")).rpartition("#")[2]
    return isinstance(failure(code, status, answer), ConditionFailed)
