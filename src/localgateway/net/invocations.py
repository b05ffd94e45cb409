"""Lambda's Invoke over HTTP: how one function calls another with AWS's SDKs.

It is middleware in front of the site, as @connections is, and answers for the API's functions.
"""

import json
import logging
import re
import uuid
from asyncio import Future
from collections.abc import Collection
from typing import Any, Protocol
from urllib.parse import unquote

from aiohttp import hdrs, web

from localgateway.machine.actions import Outcome, Raised
from localgateway.net.management import ERROR_TYPE, REQUEST_ID, Next
from localgateway.signing.access import Access, Refused, read_signed

log = logging.getLogger(__name__)

INVOKE_PATH = "/2015-03-31/functions/"
"""Start of the paths of Lambda's Invoke."""

LARGEST_EVENT = 1024 * 1024
"""Bytes of an asynchronous call (Lambda's quota since October 2025)."""

LARGEST_REQUEST = 6 * 1024 * 1024
"""Bytes of a synchronous call (the same)."""

LONGEST_QUEUE = 10_000
"""Asynchronous calls of one function that may wait; Lambda's own queue is longer."""

_SERVICE = "lambda"
_TARGET = re.compile(re.escape(INVOKE_PATH) + r"([^/]+)/invocations/?")
_NAME = re.compile(r"(?:(?:arn:[\w-]+:lambda:[\w-]+:)?\d{12}:function:)?([\w-]+)(?::[\w$-]+)?")


class Functions(Protocol):
    """The part of the runner that Invoke needs."""

    @property
    def functions(self) -> Collection[str]: ...
    def call(self, function: str, event: Any) -> Future[Outcome]: ...  # noqa: ANN401 - any JSON
    def is_busy(self, function: str) -> bool: ...
    def waiting(self, function: str) -> int: ...


class Invocations:
    """Answers POST on `/2015-03-31/functions/NAME/invocations` for one API's functions."""

    def __init__(self, api_name: str, runner: Functions, access: Access) -> None:
        """Wire it; a function is known by its own name and by `API-NAME`, as on Lambda."""
        self._prefix = f"{api_name}-"
        self._runner = runner
        self._access = access

    @web.middleware
    async def answer(self, request: web.Request, handler: Next) -> web.StreamResponse:
        """Answer calls to the API's functions; pass other requests on."""
        target = _TARGET.fullmatch(request.rel_url.raw_path)
        function = None if target is None else self._find(unquote(target[1]))
        if function is None or request.method != hdrs.METH_POST:
            return await handler(request)
        kind = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        try:
            body = await read_signed(request, self._access, _LARGEST.get(kind, 0), _SERVICE)
        except Refused as why:
            return _refusal(why.status, why.kind, str(why))
        if kind not in _LARGEST:
            return _refusal(400, "InvalidParameterValueException", f"Unknown type: {kind}")
        if body is None:
            text = f"Request must be smaller than {_LARGEST[kind]} bytes"
            return _refusal(413, "RequestTooLargeException", text)
        try:
            event = json.loads(body or b"{}")
        except ValueError:
            text = "Could not parse request body into json"
            return _refusal(400, "InvalidRequestContentException", text)
        return await self._invoke(function, event, kind)

    def _find(self, named: str) -> str | None:
        """Return the function that a name, a name with an alias, or an ARN stands for."""
        match = _NAME.fullmatch(named)
        if match is None:
            return None
        names = (match[1], match[1].removeprefix(self._prefix))
        return next((name for name in names if name in self._runner.functions), None)

    async def _invoke(self, function: str, event: object, kind: str) -> web.Response:
        if kind == "DryRun":
            return _response(204)
        if kind == "Event":
            if self._runner.waiting(function) >= LONGEST_QUEUE:
                return _throttled()
            self._runner.call(function, event)
            return _response(202)
        if self._runner.is_busy(function):
            return _throttled()
        outcome = await self._runner.call(function, event)
        return _returned(outcome)


_LARGEST = {"Event": LARGEST_EVENT, "RequestResponse": LARGEST_REQUEST, "DryRun": LARGEST_REQUEST}


def unknown_function(path: str) -> web.Response | None:
    """Return the error for a call to a function that no API here has; None for other requests."""
    target = _TARGET.fullmatch(path)
    if target is None:
        return None
    text = f"Function not found: {unquote(target[1])}"
    return _refusal(404, "ResourceNotFoundException", text)


def _returned(outcome: Outcome) -> web.Response:
    headers = {"X-Amz-Executed-Version": "$LATEST"}
    if isinstance(outcome, Raised):
        document: object = {"errorMessage": outcome.text, "errorType": "Exception"}
        return _response(200, document, headers | {"X-Amz-Function-Error": "Unhandled"})
    return _response(200, outcome.value, headers)


def _throttled() -> web.Response:
    headers = {"Retry-After": "1"}
    return _refusal(429, "TooManyRequestsException", "Rate Exceeded.", headers)


def _refusal(
    status: int, kind: str, text: str, headers: dict[str, str] | None = None
) -> web.Response:
    named = {ERROR_TYPE: kind, **(headers or {})}
    return _response(status, {"Type": "User", "message": text}, named)


_NOTHING = object()


def _response(
    status: int, document: object = _NOTHING, headers: dict[str, str] | None = None
) -> web.Response:
    named = {REQUEST_ID: str(uuid.uuid4()), **(headers or {})}
    if document is _NOTHING:
        return web.Response(status=status, headers=named)
    return web.json_response(document, status=status, headers=named)
