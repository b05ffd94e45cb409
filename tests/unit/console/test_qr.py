"""An invite link and its QR code: shown where a person can scan it."""

import io
import sys

import pytest

from fireside.console import qr

LINK = "https://chat.example/#invite=abc"


@pytest.fixture
def stdout(monkeypatch):
    def use(encoding="utf-8", *, on_terminal=True):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        stream.isatty = lambda: on_terminal
        monkeypatch.setattr(sys, "stdout", stream)
        return stream

    return use


def shown(stream):
    stream.flush()
    return stream.buffer.getvalue().decode(stream.encoding).splitlines()


def test_a_terminal_shows_the_link_and_the_code(stdout):
    stream = stdout()

    qr.show(LINK, qr=None)

    assert shown(stream) == [LINK, *qr.drawn(LINK).splitlines()]


@pytest.mark.parametrize(
    ("encoding", "on_terminal"), [("utf-8", False), ("ascii", True)], ids=["a file", "no blocks"]
)
def test_elsewhere_the_link_is_all(stdout, encoding, on_terminal):
    stream = stdout(encoding, on_terminal=on_terminal)

    qr.show(LINK, qr=None)

    assert shown(stream) == [LINK]


@pytest.mark.parametrize(("wanted", "lines"), [(True, True), (False, False)])
def test_whoever_asks_for_it_or_not_decides(stdout, wanted, lines):
    stream = stdout(on_terminal=not wanted)

    qr.show(LINK, qr=wanted)

    assert (len(shown(stream)) > 1) is lines


def test_every_line_of_a_code_is_as_long():
    assert len({len(line) for line in qr.drawn(LINK).splitlines()}) == 1
