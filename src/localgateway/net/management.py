"""The @connections management API over HTTP, as AWS's SDKs call it.

It is middleware in front of the site: it answers requests below the stage as API Gateway does,
and passes the others on.
"""

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Protocol
from urllib.parse import unquote

from aiohttp import hdrs, web

from localgateway.dev.faults import GONE, Faults
from localgateway.machine.connection import Connection
from localgateway.machine.limits import Limits
from localgateway.signing.access import Access, Refused, read_signed

log = logging.getLogger(__name__)

REQUEST_ID, ERROR_TYPE = "x-amzn-RequestId", "x-amzn-ErrorType"
"""Headers of AWS's answers; SDKs read the name of an error from the second."""

_CONNECTIONS = "@connections"
_ID = re.compile(r"[A-Za-z0-9_-]{15}=")
_METHODS = frozenset({hdrs.METH_POST, hdrs.METH_GET, hdrs.METH_DELETE})
_READING = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Posted(Enum):
    """The outcome of a post."""

    SENT = auto()
    GONE = auto()
    FULL = auto()


class Hub(Protocol):
    """The part of the server that @connections needs."""

    stage: str
    limits: Limits

    def find(self, connection_id: str) -> Connection | None: ...
    def post(self, connection_id: str, data: bytes) -> Posted: ...
    def delete(self, connection_id: str) -> bool: ...
    def count_request(self) -> bool: ...
    def server_for(self, stage: str) -> object | None: ...


class Management:
    """Answers POST, GET and DELETE on `/STAGE/@connections/ID`."""

    def __init__(self, hub: Hub, access: Access, faults: Faults | None = None) -> None:
        self._hub = hub
        self._access = access
        self._faults = faults

    @web.middleware
    async def answer(self, request: web.Request, handler: Next) -> web.StreamResponse:
        """Answer requests to connections; pass other requests on to the site."""
        stage, _, below = request.rel_url.raw_path[1:].partition("/")
        route = unquote(below)
        if unquote(stage) != self._hub.stage:
            named = _CONNECTIONS in (unquote(stage), route.partition("/")[0])
            if named and self._hub.server_for(unquote(stage)) is None:
                return _refusal(403, "ForbiddenException", "Forbidden")
            return await handler(request)
        place, _, connection_id = route.partition("/")
        if place == _CONNECTIONS and connection_id and request.method in _METHODS:
            return await self._answer(request, connection_id)
        if route and (_CONNECTIONS in route or request.method not in _READING):
            text = f"No method found matching route {route} for http method {request.method}"
            return _refusal(404, "NotFoundException", text)
        return await handler(request)

    async def _answer(self, request: web.Request, connection_id: str) -> web.Response:
        """Check the caller, the quota, the id, the size, then whether the connection is open."""
        try:
            body = await read_signed(request, self._access, self._hub.limits.message_bytes)
        except Refused as why:
            return _refusal(why.status, why.kind, str(why))
        if not self._hub.count_request():
            return _refusal(429, "LimitExceededException", "Too Many Requests")
        if not _ID.fullmatch(connection_id):
            text = f"Invalid connectionId: {connection_id}"
            return _refusal(400, "BadRequestException", text)
        if body is None:
            return _refusal(413, "PayloadTooLargeException", "Message too long")
        match request.method:
            case hdrs.METH_POST:
                response = self._post(connection_id, body)
            case hdrs.METH_GET:
                response = self._get(connection_id)
            case _:
                response = self._delete(connection_id)
        log.info(
            "%s @connections",
            request.method,
            extra={"connection": connection_id, "status": response.status},
        )
        return response

    def _post(self, connection_id: str, body: bytes) -> web.Response:
        fault = None if self._faults is None else self._faults.post_error()
        if fault is not None:
            return _gone() if fault == GONE else _throttled()
        match self._hub.post(connection_id, _as_text(body)):
            case Posted.SENT:
                return _response(200)
            case Posted.GONE:
                return _gone()
            case Posted.FULL:
                return _throttled()

    def _get(self, connection_id: str) -> web.Response:
        connection = self._hub.find(connection_id)
        if connection is None:
            return _gone()
        info = connection.info
        now = asyncio.get_running_loop().time()
        idle_ms = int((now - connection.last_active) * 1000)
        return _response(
            200,
            {
                "connectedAt": _iso(info.connected_at),
                "identity": dict(info.identity),
                "lastActiveAt": _iso(time.time_ns() // 1_000_000 - idle_ms),
            },
        )

    def _delete(self, connection_id: str) -> web.Response:
        return _response(204) if self._hub.delete(connection_id) else _gone()


def _as_text(body: bytes) -> bytes:
    """Replace what is not UTF-8: AWS's own way is not known, and a browser would close."""
    return body.decode(errors="replace").encode()


def _gone() -> web.Response:
    """Return the answer for a closed connection: no body, SDKs read the name in the header."""
    return _response(410, kind="GoneException")


def _throttled() -> web.Response:
    return _refusal(429, "LimitExceededException", "Too many messages for this connection")


def _refusal(status: int, kind: str, text: str) -> web.Response:
    return _response(status, {"message": text}, kind)


def _response(status: int, document: object = None, kind: str | None = None) -> web.Response:
    headers = {REQUEST_ID: str(uuid.uuid4())}
    if kind is not None:
        headers[ERROR_TYPE] = kind
    if document is None:
        return web.Response(status=status, headers=headers)
    return web.json_response(document, status=status, headers=headers)


def _iso(epoch_ms: int) -> str:
    """Format a time as AWS does: 2026-11-22T11:49:08.123Z."""
    moment = datetime.fromtimestamp(epoch_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
