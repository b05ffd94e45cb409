"""The server: performs the actions of the machine in `core.py`, on one event loop.

`door.py` and `sockets.py` bring it handshakes and messages.
"""

import asyncio
import contextlib
import logging
import math
import secrets
import time
from collections.abc import Callable, Iterable, Mapping

from aiohttp import web

from localgateway.dev.faults import Faults
from localgateway.functions.runner import Completed, MakeRunner, Runner
from localgateway.machine.actions import (
    Accept,
    Action,
    CloseWith,
    Invoke,
    Refuse,
    SendText,
    Throttle,
)
from localgateway.machine.api import Api
from localgateway.machine.connection import Connection, Instant
from localgateway.machine.core import Gateway
from localgateway.machine.events import Handshake, Ids, error_frame
from localgateway.machine.limits import (
    CLOSE_GOING_AWAY,
    CLOSE_NORMAL,
    CLOSE_POLICY,
    CLOSE_RESTART,
    Limits,
)
from localgateway.machine.metering import Meter
from localgateway.net.door import HeadReader
from localgateway.net.hosts import AllowedHosts
from localgateway.net.http_connections import HttpConnections
from localgateway.net.management import Management, Posted
from localgateway.net.outgoing import Outgoing, encode_frame
from localgateway.net.plain_http import HttpProtocol, PlainHttp
from localgateway.net.refusals import RefusalLog
from localgateway.net.sockets import Socket
from localgateway.platform.closing import abort_all, wait_until_closed
from localgateway.platform.handover import Handover
from localgateway.platform.listening import BACKLOG, listen
from localgateway.signing.access import Access

log = logging.getLogger(__name__)


_TICK_SECONDS = 1.0
_DRAIN_SECONDS = 2.5
_CLOSING_SECONDS = 1.0


class Server:
    """One API on one port."""

    app: web.Application
    transports: set[asyncio.BaseTransport]
    lingering: set[asyncio.BaseTransport]
    http_connections: HttpConnections
    refusals: RefusalLog
    loses_upgrades = False
    """Whether the last handshake came without its upgrade: a proxy in front does not pass it on."""
    hosts: AllowedHosts | None = None
    """The hosts and origins that are let in; all of them by default."""
    proxy_refusal: str | None = None
    """What a handshake is told that came through a proxy on this machine; without it, such proxies
    are let in."""
    throttled: Callable[[str, int], str] | None = None
    """Returns the answer to a text that came too fast, and says after how many milliseconds to go
    on; without it, the answer is API Gateway's own "Too Many Requests"."""
    _stopping = False
    _next_batch: list[Invoke] | None = None
    """Messages that waited for a batch, while its replies are sent."""
    _listeners: list[asyncio.Server]
    _loop: asyncio.AbstractEventLoop
    _handover: Handover[list[Completed]]
    _ticking: asyncio.TimerHandle

    def __init__(  # noqa: PLR0913 - the one place where everything meets
        self,
        api: Api,
        make_runner: MakeRunner,
        *,
        live: set[str] | None = None,
        site: web.Application | None = None,
        access: Access | None = None,
        faults: Faults | None = None,
        limits: Limits | None = None,
        last_message: Callable[[], bytes | None] = lambda: None,
        primary: "Server | None" = None,
        meter: Meter | None = None,
    ) -> None:
        """Wire a server.

        Args:
            api: Routes, authorizer and replies.
            make_runner: Makes what calls the API's functions.
            live: Kept as the ids of open connections, for handlers in this process.
            site: What answers plain HTTP; without one, 404.
            access: Who may use @connections over HTTP; without it, @connections is off.
            faults: What goes wrong on purpose; nothing by default.
            limits: Sizes and times; API Gateway's by default.
            last_message: Returns the text sent to each connection before a planned stop.
            primary: The server that listens, if this one shares its port with another stage.
            meter: Counts what API Gateway would bill.
        """
        self._meter = meter
        self.limits = limits or Limits()
        self.stage = api.stage
        self.gateway = Gateway(api, self.limits, Ids(secrets.token_bytes))
        self.sockets: dict[str, Socket] = {}
        self.outgoing = Outgoing(self.sockets, meter, faults)
        self._live = set() if live is None else live
        self.runner = make_runner(on_completed=self._on_completed)
        _check_handlers(api, self.runner)
        self.transports = set() if primary is None else primary.transports
        self.lingering = set() if primary is None else primary.lingering
        self.http_connections = (
            primary.http_connections if primary else HttpConnections(self.limits)
        )
        self.refusals = RefusalLog() if primary is None else primary.refusals
        self._primary = primary or self
        self._stages: dict[str, Server] = {} if primary is None else primary._stages  # noqa: SLF001 - of the same class
        self._stages[api.stage] = self
        self._waiting: dict[str, Socket] = {}
        self._last_message, self._faults = last_message, faults
        self.app = app = site or web.Application() if primary is None else primary.app
        if access is not None:
            app.middlewares.insert(0, Management(self, access, faults).answer)
        self._http = PlainHttp(app if primary is None else web.Application())
        self._tick_seconds = _tick_seconds(api, self.limits)
        self._listeners = []

    @property
    def port(self) -> int:
        """The port that is listened on, also when 0 was given."""
        if self._primary is not self:
            return self._primary.port
        return int(self._listeners[0].sockets[0].getsockname()[1])

    def let_in(self, hosts: AllowedHosts) -> None:
        """Refuse every other host and origin from now on."""
        self.hosts = hosts
        self.app.middlewares.insert(0, hosts.middleware(self._note_host))

    async def start(self, host: str, port: int) -> None:
        """Start, and listen unless the primary server does.

        Raises:
            OSError: The address can't be used.
        """
        self._loop = asyncio.get_running_loop()
        self._handover = Handover(self._completed, self._loop)
        self.outgoing.start(self._loop)
        await self._http.start()
        if self._primary is self:
            for bound in listen(host, port):
                self._listeners.append(
                    await self._loop.create_server(
                        lambda: HeadReader(self), sock=bound, backlog=BACKLOG
                    )
                )
        self.runner.start()
        self._tick()

    async def stop(self) -> bool:
        """Stop accepting, finish what was accepted, send the last message, close; within 5 seconds.

        Return whether the runner has ended: until then, what its handlers use must stay open.
        """
        self._stopping = True
        for listener in self._listeners:
            listener.close()
        for socket in (*self.sockets.values(), *self._waiting.values()):
            socket.pause()
        ended = await asyncio.to_thread(self.runner.stop, _DRAIN_SECONDS)
        abort_all(self.lingering)  # their clients had their answers before
        await asyncio.sleep(0)  # the last batch was handed to the loop, which takes it now
        self.flush()
        for socket in list(self.sockets.values()):
            text = self._last_message()
            if text is not None:
                socket.write(encode_frame(text))
            socket.close(CLOSE_RESTART, "Service restart")
        for socket in list(self._waiting.values()):
            socket.refuse(503, "The server is stopping")
        for transport in list(self.transports):
            if not isinstance(transport.get_protocol(), Socket):
                transport.close()
        await wait_until_closed(lambda: self.transports | self.lingering, _CLOSING_SECONDS)
        self._ticking.cancel()
        await self._http.stop()
        return ended

    def server_for(self, stage: str) -> "Server | None":
        """Return the server of a stage on this port."""
        return self._stages.get(stage)

    def http_protocol(self) -> HttpProtocol:
        """Return a protocol for plain HTTP on one connection."""
        return self._http.protocol()

    def is_full(self) -> bool:
        """Return whether another connection would be one too many."""
        return len(self.transports) >= self.limits.max_connections

    def handshake_received(self, socket: Socket, handshake: Handshake) -> None:
        """Take a valid upgrade request."""
        connection_id, actions = self.gateway.opened(handshake, _now())
        socket.connection_id = connection_id
        self._waiting[connection_id] = socket
        self.perform(actions)

    def text_received(self, socket: Socket, text: str) -> None:
        """Take a whole text message."""
        if self._meter is not None:
            self._meter.count_received(len(text.encode(errors="replace")))
        self.perform(self.gateway.text_received(socket.connection_id, text, _now()))

    def binary_received(self, socket: Socket) -> None:
        """Take a binary frame."""
        self.perform(self.gateway.binary_received(socket.connection_id))

    def socket_closed(self, socket: Socket, code: int, reason: str) -> None:
        """Take the end of a socket."""
        self.sockets.pop(socket.connection_id, None)
        self._live.discard(socket.connection_id)
        if self._meter is not None:
            self._meter.closed(socket.connection_id, time.monotonic())
        self._waiting.pop(socket.connection_id, None)
        if socket.connection_id in self.gateway.connections:
            log.info(
                "disconnected",
                extra={"connection": socket.connection_id, "code": code},
            )
            self.perform(self.gateway.closed(socket.connection_id, code, reason, _now()))

    def flush(self) -> None:
        """Write what waits for the next turn of the loop."""
        self.outgoing.flush()

    def find(self, connection_id: str) -> Connection | None:
        """Return the record of an open connection, or None."""
        socket = self.sockets.get(connection_id)
        if socket is None or not socket.is_open():
            return None
        socket.note_activity()
        return socket.connection

    def post(self, connection_id: str, data: bytes) -> Posted:
        """Send one text frame to a connection, unless too much waits for it."""
        self.flush()  # what waits for the connection counts
        if self.find(connection_id) is None:
            return Posted.GONE
        if not self.sockets[connection_id].has_room(len(data)):
            return Posted.FULL
        self.outgoing.broadcast((connection_id,), data)
        return Posted.SENT

    def count_request(self) -> bool:
        """Count a request to @connections; return whether it is within the quota."""
        return self.gateway.count_request(_now())

    def delete(self, connection_id: str) -> bool:
        """Close a connection as @connections does; return whether it was open."""
        if self.find(connection_id) is None:
            return False
        self.sockets[connection_id].close(CLOSE_NORMAL, "")
        return True

    def close_where(
        self, is_over: Callable[[Mapping[str, object]], bool], last_frame: bytes, reason: str
    ) -> int:
        """Send a last frame to the connections whose authorizer context is over, and close them.

        Return how many there were.
        """
        over = [
            connection_id
            for connection_id, socket in self.sockets.items()
            if is_over(socket.connection.info.authorizer or {})
        ]
        self.outgoing.broadcast(over, last_frame)
        for connection_id in over:
            self.sockets[connection_id].close(CLOSE_POLICY, reason)
        return len(over)

    def perform(self, actions: Iterable[Action]) -> None:
        """Perform the machine's actions, in order."""
        for action in actions:
            match action:
                case Invoke():
                    self._invoke(action)
                case SendText(connection_id, text):
                    self.outgoing.reply(connection_id, text.encode(errors="replace"))
                case Throttle():
                    self._throttle(action)
                case Accept(connection_id, subprotocol):
                    self._accept(connection_id, subprotocol)
                case Refuse(connection_id, status, message, why):
                    self._waiting.pop(connection_id).refuse(status, message, why)
                case CloseWith(connection_id, code, reason):
                    if connection_id in self.sockets:
                        self.sockets[connection_id].close(code, reason)

    def _note_host(self, why: str, address: str) -> None:
        self.refusals.note(why, address, 403)

    def _throttle(self, action: Throttle) -> None:
        """Answer, and let the sender wait: what it sends meanwhile costs nothing."""
        connection_id, text, request_id, seconds = action
        if self.throttled is None:
            frame = error_frame("Too Many Requests", connection_id, request_id)
        else:
            frame = self.throttled(text, math.ceil(seconds * 1000))
        self.outgoing.reply(connection_id, frame.encode(errors="replace"))
        self.sockets[connection_id].wait(seconds)

    def _invoke(self, action: Invoke) -> None:
        if self._stopping:
            return
        socket = self.sockets.get(action.connection_id)
        if socket is not None:
            socket.invoked(action.characters)
        if self._next_batch is None:
            self.runner.submit(action)
        else:
            self._next_batch.append(action)

    def _accept(self, connection_id: str, subprotocol: str | None) -> None:
        socket = self._waiting.pop(connection_id)
        log.info("connected", extra={"connection": connection_id})
        self.flush()  # what was sent before is not for this one
        self.sockets[connection_id] = socket
        self._live.add(connection_id)
        if self._meter is not None:
            self._meter.opened(connection_id, time.monotonic())
        socket.accept(self.gateway.connections[connection_id], subprotocol)
        lifetime = None if self._faults is None else self._faults.lifetime()
        if lifetime is not None:
            self._loop.call_later(lifetime, socket.close, CLOSE_GOING_AWAY, "Going away")

    def _on_completed(self, batch: list[Completed]) -> None:
        """Hand a durable batch to the loop; called on the handlers' thread."""
        # The loop may be gone when a stop ran out of time; then no connection is left either.
        with contextlib.suppress(RuntimeError):
            self._handover.put(batch)

    def _completed(self, batch: list[Completed]) -> None:
        """Send a batch's broadcasts and replies in the order in which the handlers ran.

        Messages that waited for it are submitted together: else the first would be a batch alone.
        """
        now, waited = _now(), list[Invoke]()
        self._next_batch = waited
        try:
            for completed in batch:
                self._reply(completed, now)
        finally:
            self._next_batch = None
            for invocation in waited:
                self.runner.submit(invocation)

    def _reply(self, completed: Completed, now: Instant) -> None:
        invocation, outcome, broadcasts = completed
        for broadcast in broadcasts:
            self.outgoing.broadcast(broadcast.connection_ids, broadcast.data)
            if broadcast.is_last:
                self._close(broadcast.connection_ids)
        socket = self.sockets.get(invocation.connection_id)
        if socket is not None:
            socket.answered(invocation.characters)
        self.perform(self.gateway.answered(invocation.invocation_id, outcome, now))

    def _close(self, connection_ids: Iterable[str]) -> None:
        """Close connections as @connections does, those that are still open."""
        for connection_id in connection_ids:
            if connection_id in self.sockets:
                self.sockets[connection_id].close(CLOSE_NORMAL, "")

    def _tick(self) -> None:
        self._ticking = self._loop.call_later(self._tick_seconds, self._tick)
        now = _now()
        for socket in self.sockets.values():
            socket.note_activity()
        self.perform(list(self.gateway.tick(now)))
        for socket in list(self.sockets.values()):
            socket.check_liveness(now.monotonic)


def _check_handlers(api: Api, runner: Runner) -> None:
    missing = api.integrations().difference(runner.functions)
    if missing:
        message = f"no handler for {', '.join(sorted(missing))}"
        raise ValueError(message)


def _tick_seconds(api: Api, limits: Limits) -> float:
    """Return the time between two ticks, so that the shortest timeout is at most a quarter late."""
    times = [limits.idle_seconds, limits.lifetime_seconds, limits.ping_seconds]
    times += [route.timeout_seconds for route in api.routes.values()]
    return min(_TICK_SECONDS, min(times) / 4)


def _now() -> Instant:
    return Instant(asyncio.get_running_loop().time(), time.time_ns() // 1_000_000)
