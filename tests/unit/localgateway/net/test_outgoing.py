"""Frames on their way: what is queued in a turn of the loop, and what each connection gets."""

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from localgateway.machine.metering import Meter
from localgateway.net.outgoing import Outgoing, encode_frame

ONE, TWO, SIX = (encode_frame(text) for text in (b"one", b"two", b"six"))


class Turns:
    """A loop that is turned by hand."""

    def __init__(self):
        self.due = []

    def time(self):
        return 7.0

    def call_soon(self, callback):
        self.due.append(callback)

    def turn(self):
        due, self.due = self.due, []
        for callback in due:
            callback()


class Receiver:
    """A connection that keeps what it is sent, each write by itself."""

    def __init__(self):
        self.connection_id = ""
        self.writes = []
        self.is_cut = False

    def send(self, data, now):
        self.writes.append(data)
        self.sent_at = now

    def abort(self):
        self.is_cut = True


class Broken(Receiver):
    def send(self, *_):
        raise RuntimeError


@pytest.fixture
def loop():
    return Turns()


@pytest.fixture
def receivers():
    return {"a": Receiver(), "b": Receiver()}


@pytest.fixture
def outgoing(receivers, loop):
    return started(Outgoing(receivers, None, None), loop)


def started(outgoing, loop):
    outgoing.start(loop)
    return outgoing


def test_nothing_leaves_before_the_turn_ends(outgoing, receivers, loop):
    outgoing.broadcast(("a", "b"), b"one")
    assert receivers["a"].writes == []

    loop.turn()

    assert receivers["a"].writes == receivers["b"].writes == [ONE]
    assert receivers["a"].sent_at == 7.0


def test_a_lone_message_is_a_broadcast_and_an_acknowledgement(outgoing, receivers, loop):
    outgoing.broadcast(("b",), b"one")
    outgoing.reply("a", b"two")
    loop.turn()

    assert (receivers["a"].writes, receivers["b"].writes) == ([TWO], [ONE])


def test_what_a_connection_is_sent_in_one_turn_leaves_in_one_write_and_in_order(
    outgoing, receivers, loop
):
    outgoing.broadcast(("a", "b"), b"one")
    outgoing.reply("a", b"two")
    outgoing.broadcast(("b", "a"), b"six")
    loop.turn()

    assert receivers["a"].writes == [ONE + TWO + SIX]
    assert receivers["b"].writes == [ONE + SIX]


@pytest.mark.parametrize("more", [0, 1, 2])
def test_a_connection_that_is_gone_is_passed_over(outgoing, receivers, loop, more):
    for _ in range(1 + more):
        outgoing.broadcast(("gone", "a"), b"one")
    loop.turn()

    assert b"".join(receivers["a"].writes) == ONE * (1 + more)


@pytest.mark.parametrize("more", [0, 1, 2])
def test_a_connection_that_breaks_is_cut_and_delays_no_other(receivers, loop, more, caplog):
    broken = Broken()
    outgoing = started(Outgoing({"broken": broken} | receivers, None, None), loop)
    for _ in range(1 + more):
        outgoing.broadcast(("broken", "a"), b"one")
    loop.turn()

    assert b"".join(receivers["a"].writes) == ONE * (1 + more)
    assert broken.is_cut
    assert "a connection broke" in caplog.text


def test_what_is_flushed_early_does_not_leave_again(outgoing, receivers, loop):
    outgoing.broadcast(("a",), b"one")
    outgoing.flush()
    loop.turn()

    assert receivers["a"].writes == [ONE]


def test_one_turn_asks_the_loop_once(outgoing, loop):
    outgoing.broadcast(("a",), b"one")
    outgoing.reply("b", b"two")

    assert len(loop.due) == 1


def test_each_delivery_is_metered(receivers, loop):
    meter = Meter()
    outgoing = started(Outgoing(receivers, meter, None), loop)

    outgoing.broadcast(("a", "b"), b"one")
    outgoing.reply("a", b"two")

    assert meter.sent == 3


# --- frames ---


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 131_072])
def test_a_frame_is_what_the_protocol_library_writes(size):
    data = b"x" * size

    assert encode_frame(data) == Frame(Opcode.TEXT, data).serialize(mask=False)


def test_a_frame_can_be_read_back():
    reader = StreamReader()
    reader.feed_data(encode_frame(b"hello"))
    parser = Frame.parse(reader.read_exact, mask=False, max_size=None)
    with pytest.raises(StopIteration) as done:
        next(parser)

    assert done.value.value.data == b"hello"
