"""Reading HTTP/1.1: whole answers, those that are not complete yet, and what is none."""

import pytest

from fireside.adapters.http.http1 import is_last, parse

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "status", "body"),
    [(LENGTH, 200, b"ok"), (CHUNKED, 200, b"abc"), (EMPTY, 204, b"")],
    ids=["with a length", "in chunks", "without a body"],
)
def test_an_answer_is_read_once_it_is_complete(data, status, body):
    for end in range(len(data)):
        assert parse(bytearray(data[:end])) == (None, 0)

    answer, end = parse(bytearray(data + b"more"))

    assert (answer.status, answer.body, end) == (status, body, len(data))


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nwithout a length",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nab\r\n",
        b"x" * 70_000,
    ],
    ids=["no http", "no length", "no size", "endless head"],
)
def test_nonsense_is_refused(data):
    with pytest.raises(ValueError):  # noqa: PT011 - any: what is wrong with it interests no caller
        parse(bytearray(data))


def test_a_server_may_say_that_an_answer_is_its_last():
    last, _ = parse(bytearray(LENGTH.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)))
    other, _ = parse(bytearray(LENGTH))

    assert (is_last(last), is_last(other)) == (True, False)
