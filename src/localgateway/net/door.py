"""Read the first request of each TCP connection: the door through which all clients come.

An upgrade becomes a `Socket`; any other request goes to aiohttp, on whose kept-alive connections
an upgrade may follow (`take_over`).
"""

import asyncio
import re
from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import hdrs, web
from websockets.exceptions import InvalidHeader
from websockets.http11 import Request
from websockets.server import ServerProtocol

from localgateway.machine.events import Handshake
from localgateway.machine.persons import FORWARDED_FOR, client_address, is_loopback
from localgateway.net.counted_http import CountedHttp
from localgateway.net.lingering import AnsweringTransport, refuse
from localgateway.net.proxies import proxy_header
from localgateway.net.sockets import Hub, Socket, silent_log

_HEAD_END = b"\r\n\r\n"
_NO_UPGRADE = frozenset({HTTPStatus.UPGRADE_REQUIRED, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED})
_LOST_UPGRADE = (
    "a WebSocket handshake came without its upgrade: "
    "the proxy in front must pass on Upgrade and Connection, over HTTP/1.1"
)
_NOT_HTTP = re.compile(rb"[^\r!#$%&'*+.^_`|~0-9A-Za-z-]")
"""How no method begins, but a client that speaks TLS does."""
_FORWARDED_FOR = re.compile(rb"\r\nx-forwarded-for[ \t]*:([^\r]*)", re.IGNORECASE)
_UNREADABLE = 400, "The request can't be read"
_UPGRADE = re.compile(rb"\r\nupgrade[ \t]*:[ \t]*websocket[ \t]*\r\n", re.IGNORECASE)


class HeadReader(asyncio.Protocol):
    """Reads one request head, then gives the connection to a `Socket` or to aiohttp."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._head = bytearray()
        self._transport: asyncio.Transport
        self._deadline: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the timeout: a head that arrives too slowly is refused."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._address = _peer(transport)
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self._hub.limits.handshake_seconds, self._timed_out)
        is_full = self._hub.is_full() and not self._hub.http_connections.make_room()
        self._hub.transports.add(transport)
        if is_full:
            self._refuse(503, "Too many connections")
        else:
            self._enter(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget a connection that ended before its head was whole."""
        self._deadline.cancel()
        self._hub.transports.discard(self._transport)
        self._hub.http_connections.leave(self._transport)

    def data_received(self, data: bytes) -> None:
        """Collect the head, within its limit, and hand over."""
        before = len(self._head)
        if not before:
            self._hub.http_connections.began(self._transport)
        self._head += data
        start = max(0, before + 1 - len(_HEAD_END))
        end = self._head.find(_HEAD_END, start, self._hub.limits.head_bytes)
        stop = end if end >= 0 else len(self._head)
        if _NOT_HTTP.match(self._head) or self._has_bare_line_feed(before, stop):
            self._refuse(*_UNREADABLE)
            return
        if end < 0:
            if len(self._head) >= self._hub.limits.head_bytes:
                self._refuse(431, "The request's headers are too large")
            return
        self._deadline.cancel()
        end += len(_HEAD_END)
        forwarded = _FORWARDED_FOR.findall(self._head, 0, end)
        if forwarded and not self._enter(forwarded[-1].decode("latin-1")):
            return
        if _UPGRADE.search(self._head, 0, end):
            upgrade(self._hub, self._transport, bytes(self._head[:end]), bytes(self._head[end:]))
        else:
            self._hand_to_http()

    def _has_bare_line_feed(self, start: int, stop: int) -> bool:
        """Return whether a line feed in a part of the head has no carriage return before it."""
        line_feeds = self._head.count(b"\n", start, stop)
        return line_feeds != self._head.count(b"\r\n", max(0, start - 1), stop)

    def _enter(self, forwarded: str | None) -> bool:
        """Count the connection under its address, or refuse it."""
        self._address = client_address(_peer(self._transport), forwarded, self._hub.limits)
        if self._hub.http_connections.enter(self._transport, _peer(self._transport), forwarded):
            return True
        self._refuse(429, "Too many connections from your address")
        return False

    def _hand_to_http(self) -> None:
        http = CountedHttp(self._hub, self._hub.http_protocol())
        self._transport.set_protocol(http)
        http.connection_made(self._transport)
        http.data_received(bytes(self._head))

    def _timed_out(self) -> None:
        if self._head:
            self._refuse(408, "The request did not arrive in time")
        else:
            self._transport.close()

    def _refuse(self, status: int, message: str) -> None:
        self._deadline.cancel()
        self._hub.refusals.note(message, self._address, status)
        refuse(self._hub, self._transport, status, message)


def upgrade(
    hub: Hub,
    transport: asyncio.Transport,
    head: bytes,
    rest: bytes,
    previous: asyncio.Protocol | None = None,
) -> None:
    """Turn a connection into a WebSocket, or answer its request with an HTTP error."""
    protocol = ServerProtocol(logger=silent_log)
    protocol.receive_data(head)
    request = next((e for e in protocol.events_received() if isinstance(e, Request)), None)
    forwarded = [] if request is None else request.headers.get_all(FORWARDED_FOR)
    address = _address_of(transport, forwarded, hub)
    server = None if request is None else hub.server_for(_path(request)[1:])
    status, message = (
        _UNREADABLE if request is None else _check_address(request, hub, _peer(transport))
    )
    why, answer = message, None
    if request is not None and status == HTTPStatus.OK:
        answer = protocol.accept(request)
        status, message = answer.status_code, answer.body.decode().strip()
        why = _why_invalid(status, protocol.handshake_exc)
        hub.loses_upgrades |= status in _NO_UPGRADE
    if (
        request is None
        or answer is None
        or server is None
        or status != HTTPStatus.SWITCHING_PROTOCOLS
    ):
        hub.refusals.note(why, address, status)
        refuse(hub, transport, status, message)
        return
    hub.loses_upgrades = False
    hub.http_connections.leave(transport)
    socket = Socket(server, transport, answer, previous)
    socket.address = address
    transport.set_protocol(socket)
    server.handshake_received(socket, _handshake(request, transport))
    if rest:
        socket.data_received(rest)


def _why_invalid(status: int, cause: Exception | None) -> str:
    """Return what was wrong with a handshake, without what the client sent: it may be a secret."""
    if status in _NO_UPGRADE:
        return _LOST_UPGRADE
    if isinstance(cause, InvalidHeader):
        return f"The header {cause.name} is not valid"
    return "The handshake is not valid"


async def take_over(hub: Hub, request: web.Request) -> web.StreamResponse:
    """Take an upgrade that reached aiohttp on a kept-alive connection; answer other requests 426.

    aiohttp's handler waits here until the connection's end cancels it: it must not answer too.
    """
    if request.headers.get(hdrs.UPGRADE, "").lower() != "websocket":
        stage = request.rel_url.raw_path.split("/")[1]
        why = f"a plain GET of /{stage}: connect there with a WebSocket client"
        if hdrs.SEC_WEBSOCKET_KEY in request.headers:
            hub.loses_upgrades, why = True, _LOST_UPGRADE
        if request.transport is not None:
            forwarded = request.headers.getall(FORWARDED_FOR, [])
            hub.refusals.note(why, _address_of(request.transport, forwarded, hub), 426)
        document, headers = {"message": "Upgrade Required"}, {hdrs.UPGRADE: "websocket"}
        return web.json_response(document, status=426, headers=headers)
    seen: object = request.transport
    assert isinstance(seen, AnsweringTransport)
    if seen.has_client_ended:
        return web.json_response({"message": "The client has closed its side"}, status=400)
    transport = seen.wrapped
    lines = [f"{request.method} {request.rel_url.raw_path_qs} HTTP/1.1".encode()]
    lines += [b"%b: %b" % pair for pair in request.raw_headers]
    previous = transport.get_protocol()
    assert isinstance(previous, asyncio.Protocol)
    rest = _Rest()
    request.protocol.set_parser(rest)  # type: ignore[arg-type] # it needs these two methods only
    upgrade(hub, transport, b"\r\n".join(lines) + _HEAD_END, bytes(rest.data), previous)
    await asyncio.get_running_loop().create_future()
    raise AssertionError


class _Rest:
    """Takes from aiohttp the bytes that a client sent right after its upgrade request."""

    def __init__(self) -> None:
        self.data = bytearray()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.data += data
        return False, b""

    def feed_eof(self) -> None:
        """Do nothing: the transport reports the end to the socket itself."""


def _check_address(request: Request, hub: Hub, peer: str) -> tuple[int, str]:
    """Return status and message of what the WebSocket library does not check: the address."""
    if len(request.path) > hub.limits.target_characters:
        return 414, "The address is too long"
    if hub.server_for(_path(request)[1:]) is None:
        return 403, "Forbidden"
    hosts = request.headers.get_all("Host")
    if len(hosts) != 1:
        return 400, "The request needs one Host header"
    if hub.proxy_refusal is not None and is_loopback(peer):
        found = proxy_header(name for name, _ in request.headers.raw_items())
        if found is not None:
            return 403, f"{hub.proxy_refusal} ({found})"
    if hub.hosts is not None:
        why = hub.hosts.refusal(hosts, request.headers.get_all("Origin"))
        if why is not None:
            return 403, why
    return 200, ""


def _path(request: Request) -> str:
    return request.path.partition("?")[0]


def _handshake(request: Request, transport: asyncio.Transport) -> Handshake:
    return Handshake(
        stage=_path(request)[1:],
        query=request.path.partition("?")[2],
        headers=tuple(request.headers.raw_items()),
        source_ip=_peer(transport),
    )


def _address_of(transport: asyncio.BaseTransport, forwarded: Sequence[str], hub: Hub) -> str:
    """Return the address of a client, for the log."""
    return client_address(_peer(transport), forwarded[-1] if forwarded else None, hub.limits)


def _peer(transport: asyncio.BaseTransport) -> str:
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple) else ""
