"""The half of a WebSocket that reads: which frames are handled when, and when none is read."""

import asyncio

from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side, State

from localgateway.machine.limits import Limits
from localgateway.net.incoming import FRAMES_A_TURN
from localgateway.net.reading import ReadingSocket


class Transport:
    is_reading = True

    def is_closing(self):
        return False

    def pause_reading(self):
        self.is_reading = False

    def resume_reading(self):
        self.is_reading = True


class Reading(ReadingSocket):
    """Counts an invocation for each frame, as the server does."""

    def __init__(self, transport, limits):
        super().__init__(transport, Protocol(Side.SERVER, state=State.OPEN), limits)
        self.handled = []

    def data_received(self, data):
        self._arrived(data)

    def _handle_frame(self, one: Frame):
        assert one.opcode is Opcode.TEXT
        self.handled.append(bytes(one.data).decode())
        self.invoked(len(one.data))

    def _send_protocol_data(self):
        pass


def reading(test):
    """Run a test on a loop, with such a socket for limits of its choice."""

    def run():
        def make(**limits):
            transport = Transport()
            return Reading(transport, Limits(**limits)), transport

        asyncio.run(test(make))

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


def texts(*all_of_them):
    return b"".join(Frame(Opcode.TEXT, text.encode()).serialize(mask=True) for text in all_of_them)


@reading
async def test_frames_beyond_those_that_may_be_under_way_wait_for_an_answer(make):
    socket, transport = make(pending_invocations=2)
    socket.data_received(texts("a", "b", "c"))
    assert (socket.handled, transport.is_reading) == (["a", "b"], False)

    socket.answered(1)
    assert (socket.handled, transport.is_reading) == (["a", "b", "c"], True)


@reading
async def test_long_texts_under_way_count_by_their_length(make):
    socket, _ = make(pending_characters=3)
    socket.data_received(texts("long", "b"))
    assert socket.handled == ["long"]

    socket.answered(4)
    assert socket.handled == ["long", "b"]


@reading
async def test_a_client_that_was_told_to_wait_is_read_but_not_handled(make):
    socket, transport = make()
    socket.wait(0)
    socket.data_received(texts("a"))
    assert (socket.handled, transport.is_reading) == ([], True)

    await asyncio.sleep(0.001)
    assert socket.handled == ["a"]


@reading
async def test_a_turn_handles_its_share_and_the_next_one_goes_on(make):
    socket, transport = make(pending_invocations=100_000)
    many = [f"{n:05}" for n in range(40 * FRAMES_A_TURN)]
    socket.data_received(texts(*many))
    assert FRAMES_A_TURN <= len(socket.handled) < len(many)
    assert not transport.is_reading

    while len(socket.handled) < len(many):
        before = len(socket.handled)
        await asyncio.sleep(0)
        assert len(socket.handled) > before
    assert socket.handled == many
    assert transport.is_reading


@reading
async def test_after_the_close_nothing_that_waited_is_handled(make):
    socket, _ = make(pending_invocations=1)
    socket.data_received(texts("a", "b"))
    socket._close = (1000, "")
    socket.answered(1)

    assert socket.handled == ["a"]
