"""What arrived and was not handled yet: pieces, whole frames, and frames that say nothing."""

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from localgateway.machine.limits import Limits
from localgateway.net.incoming import PIECE_BYTES, Incoming


@pytest.fixture
def incoming():
    """Give a connection that is open."""
    protocol = ServerProtocol(state=State.OPEN, max_size=(2**17, 2**15))
    return Incoming(protocol)


def masked(data, opcode=Opcode.TEXT):
    """Write a frame as a client does."""
    return Frame(opcode, data).serialize(mask=True)


def test_a_piece_has_an_end_and_nothing_is_lost(incoming):
    incoming.add(masked(b"") * 5000)
    counts = []
    while incoming:
        counts.append(len(incoming.parse()))

    assert max(counts) <= PIECE_BYTES // len(masked(b"")) + 1
    assert sum(counts) == 5000


def test_a_frame_in_several_pieces_is_one_frame(incoming):
    incoming.add(masked(b"x" * 2 * PIECE_BYTES))
    frames = []
    while incoming:
        frames += incoming.parse()

    assert [frame.data for frame in frames] == [b"x" * 2 * PIECE_BYTES]


def test_after_the_end_nothing_is_parsed_of_what_arrived_or_still_arrives(incoming):
    incoming.add(masked(b"hi"))
    incoming.end()
    incoming.add(masked(b"hi"))

    assert not incoming
    assert incoming.parse() == []


def test_a_frame_that_says_something_starts_the_count_again(incoming):
    limits = Limits(empty_frames=2)
    ping, text = Frame(Opcode.PING, b"x"), Frame(Opcode.TEXT, b"x")

    assert [incoming.count(frame, limits) for frame in (ping, ping, text, ping, ping, ping)] == [
        *[True] * 5,
        False,
    ]


def test_parts_count_until_the_message_is_whole(incoming):
    limits = Limits(fragments=2)
    part, last = Frame(Opcode.CONT, b"x", fin=False), Frame(Opcode.CONT, b"x")

    frames = (part, part, last, part, part, part)
    assert [incoming.count(frame, limits) for frame in frames] == [*[True] * 5, False]


def test_the_count_starts_again_when_time_has_passed(incoming):
    limits, empty = Limits(empty_frames=1), Frame(Opcode.TEXT, b"")

    assert incoming.count(empty, limits)
    incoming.start_count()
    assert incoming.count(empty, limits)
    assert not incoming.count(empty, limits)
