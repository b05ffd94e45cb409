"""Read an HTTP/1.1 answer out of the bytes that have come so far."""

import re
from typing import NamedTuple

_LONGEST_HEAD = 64 * 1024
_LONGEST_BODY = 16 * 1024 * 1024
# These look at a head in lower case: to search without regard to case takes ten times as long.
_STATUS = re.compile(rb"http/1\.1 (\d{3})\b")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,10})[ \t]*\r\n")
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n")
_LAST = re.compile(rb"\r\nconnection:[ \t]*close[ \t]*\r\n")
_NO_BODY = frozenset({204, 304})


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    head: bytes
    body: bytes


def parse(data: bytearray) -> tuple[Answer | None, int]:
    """Read an answer; None while it is not complete. Tell where it ends.

    Raises:
        ValueError: It is no answer, or longer than any that we ask for.
    """
    start = data.find(b"\r\n\r\n") + 4
    if start < len(b"\r\n\r\n"):
        if len(data) > _LONGEST_HEAD:
            raise ValueError("the head does not end")
        return None, 0
    head = bytes(data[: start - 2])
    if len(data) - start > _LONGEST_BODY:
        raise ValueError("the body is too long")
    lower = head.lower()
    status = _status(lower)
    body, end = _body(status, lower, data, start)
    return (None, 0) if body is None else (Answer(status, head, body), end)


def is_last(answer: Answer) -> bool:
    """Tell whether the other side ends the connection after this answer."""
    return _LAST.search(answer.head.lower()) is not None


def _status(head: bytes) -> int:
    match = _STATUS.match(head)
    if match is None:
        raise ValueError("that is not HTTP/1.1")
    return int(match[1])


def _body(status: int, head: bytes, data: bytearray, start: int) -> tuple[bytes | None, int]:
    """Return the body and where it ends, or None while some of it is missing."""
    length = _LENGTH.search(head)
    if status in _NO_BODY:
        return b"", start
    if length is not None:
        end = start + int(length[1])
        return (bytes(data[start:end]) if len(data) >= end else None), end
    if _CHUNKED.search(head) is None:
        raise ValueError("nothing says where the body ends")
    return _chunks(data, start)


def _chunks(data: bytearray, at: int) -> tuple[bytes | None, int]:
    """Put the pieces of a body together, once the last one is there."""
    body = bytearray()
    while (line_end := data.find(b"\r\n", at)) >= 0:
        size = int(data[at:line_end].partition(b";")[0], 16)
        at = line_end + 2 + size + 2
        if size < 0 or len(data) < at:
            break
        if size == 0:
            return bytes(body), at
        body += data[line_end + 2 : at - 2]
    return None, at
