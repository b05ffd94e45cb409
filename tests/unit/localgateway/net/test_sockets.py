"""Bytes that leave: frames."""

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from localgateway.net.sockets import encode_frame


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
