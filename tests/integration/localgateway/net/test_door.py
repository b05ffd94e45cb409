"""Plain HTTP on a counted connection: a client that reads nothing is not kept for ever."""

import asyncio
from types import SimpleNamespace

from localgateway.machine.limits import Limits
from localgateway.net.door import CountedHttp


class Wire(asyncio.Transport):
    """A transport that only tells when it is cut."""

    def __init__(self):
        super().__init__()
        self.cut = asyncio.Event()

    def abort(self):
        self.cut.set()


async def paused(seconds):
    """Make a connection whose client has stopped reading."""
    hub = SimpleNamespace(limits=Limits(ping_timeout_seconds=seconds), transports=set())
    counted, wire = CountedHttp(hub, asyncio.Protocol()), Wire()
    counted.connection_made(wire)
    counted.pause_writing()
    return counted, wire


def test_a_client_that_reads_nothing_is_cut():
    async def wait():
        _, wire = await paused(0.01)
        await asyncio.wait_for(wire.cut.wait(), 60)

    asyncio.run(wait())


def test_a_client_that_reads_again_is_not():
    async def read():
        counted, wire = await paused(60)
        timer = counted._stuck
        counted.resume_writing()
        return timer.cancelled(), wire.cut.is_set()

    assert asyncio.run(read()) == (True, False)
