"""Output that is not read blocks nothing, and what is lost of it is counted."""

import contextlib
import io
import logging
import sys
import threading

import pytest

from localgateway.platform.streams import BackgroundWriter, background_output

SECONDS = 60


class Reader:
    """A stream whose reader reads when it is told to, and may go away."""

    def __init__(self):
        self.read = b""
        self.answers = []
        self._may_take = threading.Event()
        self._is_asked = threading.Event()

    def write(self, data):
        self._is_asked.set()
        assert self._may_take.wait(SECONDS)
        answer = self.answers.pop(0) if self.answers else len(data)
        if isinstance(answer, Exception):
            raise answer
        self.read += data[:answer] if answer else b""
        return answer

    def fileno(self):
        return 7

    def isatty(self):
        return True

    def wait_until_asked(self):
        assert self._is_asked.wait(SECONDS)

    def go_on(self):
        self._may_take.set()


@pytest.fixture
def reader():
    reader = Reader()
    yield reader
    reader.go_on()


@contextlib.contextmanager
def logged():
    """Collect what is logged, until one record is there."""
    records, is_there = [], threading.Event()

    class Handler(logging.Handler):
        def emit(self, record):
            records.append(record.getMessage())
            is_there.set()

    logging.getLogger().handlers[:] = [Handler()]
    yield lambda: is_there.wait(SECONDS) and records


def test_what_is_written_arrives_in_order(reader):
    writer = BackgroundWriter(reader, "stderr")
    reader.go_on()

    for number in range(100):
        assert writer.write(b"%d\n" % number) == len(b"%d\n" % number)

    assert writer.end(SECONDS)
    assert reader.read == b"".join(b"%d\n" % number for number in range(100))


def test_a_reader_that_does_not_read_keeps_nothing_waiting_and_the_loss_is_counted(reader):
    with logged() as records:
        writer = BackgroundWriter(reader, "stderr", most_bytes=20)
        writer.write(b"first\n")
        reader.wait_until_asked()
        for number in range(10):  # seven bytes each: two fit
            writer.write(b"line %d\n" % number)
        assert not writer.end(0)
        reader.go_on()

        assert records() == ["8 lines of stderr were dropped: nothing read it"]
    assert writer.end(SECONDS)
    assert reader.read == b"first\nline 0\nline 1\n"


def test_after_a_loss_no_shorter_line_slips_in_before_it_is_made_up(reader):
    writer = BackgroundWriter(reader, "stderr", most_bytes=10)
    writer.write(b"first\n")
    reader.wait_until_asked()

    for text in (b"second\n", b"much too long\n", b"3\n"):
        writer.write(text)
    reader.go_on()

    assert writer.end(SECONDS)
    assert reader.read == b"first\nsecond\n"


def test_a_text_above_the_limit_is_written_if_nothing_waits(reader):
    writer = BackgroundWriter(reader, "stderr", most_bytes=10)
    reader.go_on()

    writer.write(b"a long text\n")

    assert writer.end(SECONDS)
    assert reader.read == b"a long text\n"


@pytest.mark.parametrize("gone", [BrokenPipeError(), OSError(28, "No space left"), ValueError()])
def test_what_a_reader_that_was_away_has_missed_is_counted_when_it_is_back(reader, gone):
    with logged() as records:
        writer = BackgroundWriter(reader, "stderr")
        reader.answers = [gone]
        writer.write(b"one\ntwo\n")
        reader.wait_until_asked()
        reader.go_on()
        while reader.answers:  # it must have failed before the next is written
            writer.end(0.01)
        writer.write(b"three\n")

        assert records() == ["2 lines of stderr were dropped: nothing read it"]
    assert reader.read == b"three\n"


def test_short_writes_and_full_streams_in_non_blocking_mode_are_gone_on_with(reader):
    writer = BackgroundWriter(reader, "stderr")
    reader.answers = [None, 2, None, 1]
    reader.go_on()

    writer.write(b"a line\n")

    assert writer.end(SECONDS)
    assert reader.read == b"a line\n"


def test_it_looks_like_the_stream_that_it_stands_for(reader):
    stream = io.TextIOWrapper(BackgroundWriter(reader, "stderr"), write_through=True)

    assert (stream.fileno(), stream.isatty(), stream.name) == (7, True, "stderr")


def test_streams_without_a_descriptor_are_left_alone(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setattr(sys, "stderr", shown)

    with background_output():
        assert sys.stdout is sys.stderr is shown


def test_what_is_printed_within_is_written_at_the_end(monkeypatch, tmp_path):
    with (tmp_path / "out").open("w+") as file:
        monkeypatch.setattr(sys, "stdout", file)
        with background_output():
            assert sys.stdout is not file
            print("é", end="")  # noqa: T201 - it is what is tested
            print("\udc80")  # noqa: T201 - it can't be encoded

        assert sys.stdout is file
        file.seek(0)
        assert file.read() == "é\\udc80\n"
