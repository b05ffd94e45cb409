"""Plain HTTP by aiohttp, whose answers name no versions of what runs here."""

import asyncio
import logging

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

SERVER = "localgateway"

_SECONDS = 0.5
"""How long a stop waits for answers on their way."""

_KEEPALIVE_SECONDS = 75


def _is_server_fault(record: logging.LogRecord) -> bool:
    """Return False for bytes that are no HTTP: aiohttp logs those clients' faults at length."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


_log = logging.getLogger(__name__)
_log.addFilter(_is_server_fault)


class PlainHttp:
    """Answers plain HTTP with an app, on connections that are accepted elsewhere."""

    def __init__(self, app: web.Application) -> None:
        app.on_response_prepare.append(_name_server)
        self._runner = web.AppRunner(
            app,
            shutdown_timeout=_SECONDS,
            handler_cancellation=True,  # ends the handler that `take_over` waits in
        )

    async def start(self) -> None:
        """Start the app."""
        await self._runner.setup()

    async def stop(self) -> None:
        """End what is being answered, then the app."""
        await self._runner.cleanup()

    def protocol(self) -> asyncio.Protocol:
        """Return a protocol for one connection."""
        server = self._runner.server
        assert server is not None
        return _Protocol(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=_KEEPALIVE_SECONDS,
            lingering_time=0,  # `close_when_read` drops what is left of a body that nobody read
            logger=_log,
            access_log=None,  # type: ignore[arg-type] # as aiohttp's own runners take it
        )


class _Protocol(web.RequestHandler):
    """aiohttp's, whose answer to what is no HTTP passes by the app."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return aiohttp's answer to an error, without the versions."""
        response = super().handle_error(request, status, exc, message)
        response.headers[hdrs.SERVER] = SERVER
        return response


async def _name_server(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers[hdrs.SERVER] = SERVER
