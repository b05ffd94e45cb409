"""Plain HTTP by aiohttp, whose answers name no versions of what runs here."""

import asyncio
import logging
from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.http import RawRequestMessage
from aiohttp.http_exceptions import HttpProcessingError

SERVER = "localgateway"

_SECONDS = 0.5
"""How long a stop waits for answers on their way."""

KEEPALIVE_SECONDS = 15
"""How long a connection may wait for its next request."""

_UNREADABLE = "The request can't be read"


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

    def protocol(self) -> "HttpProtocol":
        """Return a protocol for one connection."""
        server = self._runner.server
        assert server is not None
        return HttpProtocol(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=KEEPALIVE_SECONDS,
            lingering_time=0,  # `close_when_read` drops what is left of a body that nobody read
            logger=_log,
            access_log=None,  # type: ignore[arg-type] # as aiohttp's own runners take it
        )


class HttpProtocol(web.RequestHandler):
    """aiohttp's, whose answer to what is no HTTP passes by the app."""

    __slots__ = ()

    def is_idle(self) -> bool:
        """Return whether it waits for a request."""
        return self._waiter is not None and not self._waiter.done()

    def end_after_answers(self) -> None:
        """End the connection once all that was asked is answered: nothing more will be."""
        if not self._messages:
            self.close()
            return
        message, payload = self._messages[-1]
        if isinstance(message, RawRequestMessage):
            self._messages[-1] = (message._replace(should_close=True), payload)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return an answer to an error, which names no version and no piece of the request."""
        super().handle_error(request, status, exc, message)  # it logs what is the server's fault
        text = _UNREADABLE if status == HTTPStatus.BAD_REQUEST else HTTPStatus(status).phrase
        answer = web.json_response({"message": text}, status=status, headers={hdrs.SERVER: SERVER})
        answer.force_close()
        return answer


async def _name_server(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers[hdrs.SERVER] = SERVER
