"""Ends of connections for which bytes may still wait.

A transport's own `close` waits for its client to take them, and has no timeout.
"""

import asyncio
from collections.abc import Callable, Iterable


def close_at_once(transport: asyncio.Transport) -> None:
    """Close a connection; what waits for its client is lost."""
    if transport.get_write_buffer_size():
        transport.abort()
    else:
        transport.close()


def close_when_sent(transport: asyncio.Transport, seconds: float) -> None:
    """Close a connection when its client has taken all, or nothing for that many seconds."""
    transport.close()
    _cut_if_stuck_after(seconds, transport)


def abort_all(transports: Iterable[asyncio.BaseTransport]) -> None:
    """Cut connections, whatever still waits to be sent."""
    for transport in list(transports):
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


async def wait_until_closed(
    transports: Callable[[], set[asyncio.BaseTransport]], seconds: float
) -> None:
    """Wait for every transport to close, then abort those that are left."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while transports() and loop.time() < end:  # noqa: ASYNC110 - once, while stopping
        await asyncio.sleep(0.02)
    abort_all(transports())


def _cut_if_stuck_after(seconds: float, transport: asyncio.Transport) -> None:
    unsent = transport.get_write_buffer_size()
    if unsent:
        asyncio.get_running_loop().call_later(seconds, _cut_if_stuck, seconds, transport, unsent)


def _cut_if_stuck(seconds: float, transport: asyncio.Transport, unsent: int) -> None:
    if transport.get_write_buffer_size() < unsent:
        _cut_if_stuck_after(seconds, transport)
    else:
        transport.abort()
