"""Bytes that leave: frames and the answers that end a handshake."""

import json

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from localgateway.net.sockets import encode_frame, http_answer


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


@pytest.mark.parametrize(
    ("status", "phrase"), [(403, "Forbidden"), (502, "Bad Gateway"), (599, "Refused")]
)
def test_an_answer_has_a_phrase_a_length_and_json(status, phrase):
    head, _, body = http_answer(status, "No\r\nX: y").partition(b"\r\n\r\n")

    lines = head.decode().split("\r\n")
    assert lines[0] == f"HTTP/1.1 {status} {phrase}"
    assert f"Content-Length: {len(body)}" in lines
    assert "Connection: close" in lines
    assert json.loads(body) == {"message": "No\r\nX: y"}
