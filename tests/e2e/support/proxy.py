"""A network that breaks on command, between a browser and a server: real sockets really end."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator

CHUNK = 65_536
LONGEST_SECONDS = 60
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Proxy:
    """Passes bytes both ways, until it is told to cut them off, or to keep them waiting."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self.turned_away = 0
        self._behind = port
        self._loop = asyncio.new_event_loop()
        self._refuses: Callable[[bytes], bool] = lambda _first: False
        self._refusal = b""
        self._open: dict[asyncio.StreamWriter, bytes] = {}
        self._flowing = {way: asyncio.Event() for way in ("up", "down")}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Break every connection and let none through."""
        self._do(lambda: self._cut(lambda _first: True))

    def cut_sockets(self) -> None:
        """Break WebSockets alone: the page itself can still be loaded."""
        self._do(lambda: self._cut(_is_socket))

    def forbid_sockets(self) -> None:
        """Break WebSockets, and answer the next ones with 403: no client is let in."""
        self._do(lambda: self._cut(_is_socket, FORBIDDEN))

    def close_sockets(self, code: int) -> None:
        """Close WebSockets with a code and no word before: a bare close frame of RFC 6455."""
        self._do(lambda: self._close_sockets(b"\x88\x02" + code.to_bytes(2, "big")))

    def hold(self, *ways: str) -> None:
        """Keep bytes waiting, as a dead network does: nothing is closed. "up" is to the server."""
        self._do(lambda: [self._flowing[way].clear() for way in ways])

    def restore(self) -> None:
        """Let everything through again, also what has waited."""
        self._do(self._restore)

    def run(self) -> None:
        """Serve until `end`; for a thread."""
        self._loop.run_forever()

    def start(self) -> None:
        server = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(server, self._loop).result(LONGEST_SECONDS)
        self.port = self._server.sockets[0].getsockname()[1]
        self.restore()

    def end(self) -> None:
        try:
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(LONGEST_SECONDS)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)

    async def _close(self) -> None:
        """Listen no more, and break all there is, also what is only just accepted."""
        self._server.close()
        for flowing in self._flowing.values():
            flowing.set()
        while left := asyncio.all_tasks() - {asyncio.current_task()}:
            self._cut(lambda _first: True)
            await asyncio.wait(left)  # what waited has nowhere to go
        await asyncio.sleep(0)  # for the last transports to be closed

    def _do(self, act: Callable[[], object]) -> None:
        async def once() -> None:
            act()

        asyncio.run_coroutine_threadsafe(once(), self._loop).result(LONGEST_SECONDS)

    def _cut(self, refuses: Callable[[bytes], bool], refusal: bytes = b"") -> None:
        self._refuses, self._refusal = refuses, refusal
        for writer, first in list(self._open.items()):
            if refuses(first):
                writer.transport.abort()

    def _close_sockets(self, frame: bytes) -> None:
        for writer, first in self._open.items():
            if _is_socket(first):
                writer.write(frame)
                writer.write_eof()  # what the server would still say comes no more

    def _restore(self) -> None:
        self._refuses = lambda _first: False
        for flowing in self._flowing.values():
            flowing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open[writer] = b""
        with contextlib.suppress(OSError):
            first = self._open[writer] = await reader.read(CHUNK)
            if self._refuses(first):
                self.turned_away += _is_socket(first)  # a browser asks for more than we told it to
                writer.write(self._refusal)
                await writer.drain()
                writer.write_eof()
                await reader.read(CHUNK)
            elif first:
                await self._join(first, reader, writer)
        del self._open[writer]
        writer.transport.abort()

    async def _join(
        self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        pumps = (
            asyncio.ensure_future(self._pump("up", reader, behind_writer, first)),
            asyncio.ensure_future(self._pump("down", behind_reader, writer)),
        )
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        behind_writer.transport.abort()
        writer.transport.abort()
        await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(
        self,
        way: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        data: bytes = b"",
    ) -> None:
        data = data or await reader.read(CHUNK)
        while data:
            await self._flowing[way].wait()
            writer.write(data)
            await writer.drain()
            data = await reader.read(CHUNK)


def _is_socket(first: bytes) -> bool:
    return first.startswith(b"GET /ws")


@contextlib.contextmanager
def proxied(port: int) -> Iterator[Proxy]:
    """Put a network before the server on `port`."""
    proxy = Proxy(port)
    thread = threading.Thread(target=proxy.run, daemon=True)
    thread.start()
    try:
        proxy.start()
        yield proxy
    finally:
        proxy.end()
        thread.join(LONGEST_SECONDS)
        proxy._loop.close()
