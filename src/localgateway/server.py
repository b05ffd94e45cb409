"""The server: carries out what the machine in `core.py` decides, all of it on one event loop.

With `sockets.py`, which it hands bytes to and gets messages from, it is all the I/O there is.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from localgateway.api import Api
from localgateway.core import (
    Accept,
    Action,
    CloseWith,
    Gateway,
    Instant,
    Invoke,
    Refuse,
    SendText,
)
from localgateway.events import Event, Handshake, Ids
from localgateway.limits import CLOSE_RESTART, Limits
from localgateway.management import Connections
from localgateway.runner import BatchRunner, Completed, Handler, Transaction
from localgateway.sockets import Door, Socket, encode_frame

log = logging.getLogger(__name__)


def _is_ours(record: logging.LogRecord) -> bool:
    """Tell our faults from bytes that are no HTTP: those are clients' faults, quoted at length."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


_http_log = logging.getLogger(f"{__name__}.http")
_http_log.addFilter(_is_ours)

_TICK_SECONDS = 1.0
_DRAIN_SECONDS = 3.0


class Server:
    """One API on one port."""

    def __init__(  # noqa: PLR0913 - the one place where everything meets
        self,
        api: Api,
        handlers: Mapping[str, Handler],
        transaction: Transaction,
        *,
        connections: Connections,
        on_lost_commit: Callable[[Event], object],
        site: web.Application | None = None,
        limits: Limits | None = None,
        farewell: Callable[[], bytes | None] = lambda: None,
    ) -> None:
        """Wire a server.

        Args:
            api: Routes, authorizer and replies.
            handlers: The functions that the API names; each is called on one thread.
            transaction: Begun before a batch of invocations and committed after it.
            connections: Where the handlers send.
            on_lost_commit: Gives the answer to an event whose commit failed.
            site: What answers plain HTTP; without one, 404.
            limits: Sizes and times; API Gateway's by default.
            farewell: Gives the text said to each connection before a planned stop.
        """
        missing = api.integrations() - handlers.keys()
        if missing:
            message = f"no handler for {', '.join(sorted(missing))}"
            raise ValueError(message)
        self.limits = limits or Limits()
        self.stage = api.stage
        self.gateway = Gateway(api, self.limits, Ids(secrets.token_bytes))
        self.sockets: dict[str, Socket] = {}
        self._live = connections.live
        self.runner = BatchRunner(
            handlers,
            transaction,
            connections,
            on_lost_commit=on_lost_commit,
            release=self._release,
        )
        self.doors: set[asyncio.BaseTransport] = set()
        self._waiting: dict[str, Socket] = {}
        self._dirty: list[Socket] = []
        self._flushing = False
        self._farewell = farewell
        self._site = web.AppRunner(
            site or web.Application(),
            access_log=None,
            logger=_http_log,
            keepalive_timeout=75,
            shutdown_timeout=1,
            handler_cancellation=True,  # ends the handler that `take_over` waits in
        )
        self._listener: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop
        self._ticking: asyncio.TimerHandle
        self._stopping = False

    @property
    def port(self) -> int:
        """The port that is listened on, also when 0 was asked for."""
        assert self._listener is not None
        return int(self._listener.sockets[0].getsockname()[1])

    async def start(self, host: str, port: int) -> None:
        """Listen.

        Raises:
            OSError: The address can't be had.
        """
        self._loop = asyncio.get_running_loop()
        await self._site.setup()
        self._listener = await self._loop.create_server(
            lambda: Door(self), host, port, backlog=1024
        )
        self.runner.start()
        self._tick()

    async def stop(self) -> None:
        """Stop accepting, finish what was accepted, say goodbye, close; within 5 seconds."""
        self._stopping = True
        if self._listener is not None:
            self._listener.close()
        for socket in (*self.sockets.values(), *self._waiting.values()):
            socket.pause()
        await asyncio.to_thread(self.runner.stop, _DRAIN_SECONDS)
        await asyncio.sleep(0)  # the last batch's release was queued by call_soon_threadsafe
        self._flush()
        for socket in list(self.sockets.values()):
            farewell = self._farewell()
            if farewell is not None:
                socket.write(encode_frame(farewell))
            socket.close(CLOSE_RESTART, "Service restart")
        for socket in list(self._waiting.values()):
            socket.refuse(503, "The server is stopping")
        for transport in list(self.doors):
            if not isinstance(transport.get_protocol(), Socket):
                transport.close()
        await self._emptied(1.0)
        self._ticking.cancel()
        await self._site.cleanup()

    def http_protocol(self) -> asyncio.Protocol:
        """Make what speaks plain HTTP on a connection."""
        factory = self._site.server
        assert factory is not None
        return factory()

    def is_full(self) -> bool:
        """Tell whether another connection would be one too many."""
        return len(self.doors) >= self.limits.connections

    def opened(self, socket: Socket, handshake: Handshake) -> None:
        """Take an upgrade request whose form is right."""
        connection_id, actions = self.gateway.opened(handshake, _now())
        socket.connection_id = connection_id
        self._waiting[connection_id] = socket
        self.perform(actions)

    def text(self, socket: Socket, text: str) -> None:
        """Take a whole text message."""
        self.perform(self.gateway.text_received(socket.connection_id, text, _now()))

    def binary(self, socket: Socket) -> None:
        """Take a binary frame."""
        self.perform(self.gateway.binary_received(socket.connection_id))

    def lost(self, socket: Socket, code: int, reason: str) -> None:
        """Take the end of a socket."""
        self.sockets.pop(socket.connection_id, None)
        self._live.discard(socket.connection_id)
        self._waiting.pop(socket.connection_id, None)
        if socket.connection_id in self.gateway.connections:
            log.info(
                "disconnected",
                extra={"connection": socket.connection_id, "code": code},
            )
            self.perform(self.gateway.closed(socket.connection_id, code, reason, _now()))

    def perform(self, actions: Iterable[Action]) -> None:
        """Carry out what the machine decided, in order."""
        for action in actions:
            match action:
                case Invoke():
                    self._invoke(action)
                case SendText(connection_id, text):
                    self._queue((connection_id,), encode_frame(text.encode(errors="replace")))
                case Accept(connection_id, subprotocol):
                    self._accept(connection_id, subprotocol)
                case Refuse(connection_id, status, message):
                    log.info("refused", extra={"connection": connection_id, "status": status})
                    self._waiting.pop(connection_id).refuse(status, message)
                case CloseWith(connection_id, code, reason):
                    if connection_id in self.sockets:
                        self.sockets[connection_id].close(code, reason)

    def _invoke(self, action: Invoke) -> None:
        if self._stopping:
            return
        socket = self.sockets.get(action.connection_id)
        if socket is not None:
            socket.invoked()
        self.runner.submit(action)

    def _accept(self, connection_id: str, subprotocol: str | None) -> None:
        socket = self._waiting.pop(connection_id)
        log.info("connected", extra={"connection": connection_id})
        self.sockets[connection_id] = socket
        self._live.add(connection_id)
        socket.accept(self.gateway.connections[connection_id], subprotocol)

    def _release(self, batch: list[Completed]) -> None:
        """Hand a durable batch to the loop; runs on the handlers' thread."""
        # The loop may be gone when a stop ran out of time; then nobody is left to be told.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._released, batch)

    def _released(self, batch: list[Completed]) -> None:
        """Send a batch's pushes and replies in the order in which the handlers ran."""
        now = _now()
        for invocation, outcome, pushes in batch:
            for push in pushes:
                self._queue(push.connection_ids, encode_frame(push.data))
            socket = self.sockets.get(invocation.connection_id)
            if socket is not None:
                socket.answered()
            self.perform(self.gateway.answered(invocation.invocation_id, outcome, now))

    def _queue(self, connection_ids: Iterable[str], frame: bytes) -> None:
        """Note a frame for each connection; all that is noted in one turn leaves in one write."""
        dirty = self._dirty
        for socket in map(self.sockets.get, connection_ids):
            if socket is None:
                continue
            pending = socket.pending
            if not pending:
                dirty.append(socket)
            pending.append(frame)
        if dirty and not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Write what was noted, one write per connection."""
        self._flushing = False
        dirty, self._dirty = self._dirty, []
        now = time.monotonic()
        for socket in dirty:
            socket.flush(now)

    def _tick(self) -> None:
        now = _now()
        self.perform(list(self.gateway.tick(now)))
        for socket in list(self.sockets.values()):
            socket.check_pulse(now.monotonic)
        limits = self.limits
        shortest = min(limits.idle_seconds, limits.lifetime_seconds, limits.ping_seconds)
        self._ticking = self._loop.call_later(min(_TICK_SECONDS, shortest / 4), self._tick)

    async def _emptied(self, seconds: float) -> None:
        """Wait for every socket to end, but not for ever."""
        end = self._loop.time() + seconds
        while self.doors and self._loop.time() < end:  # noqa: ASYNC110 - once, while stopping
            await asyncio.sleep(0.02)
        for transport in list(self.doors):
            if isinstance(transport, asyncio.Transport):
                transport.abort()


def _now() -> Instant:
    return Instant(time.monotonic(), time.time_ns() // 1_000_000)
