"""Text on a terminal, JSON elsewhere, and never a line that a client could have forged."""

import io
import json
import logging

import pytest

from fireside.console import logs
from fireside.console.logs import printable, setup_logging
from localgateway.platform.printable import SHOWN


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def own_handlers():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def logged(stream, log_format="auto", *, color=True, error=None, text="Listening", **extra):
    setup_logging(log_format, stream, color=color)
    logging.getLogger("fireside").warning(text, extra=extra, exc_info=error)
    return stream.getvalue()


def test_elsewhere_than_on_a_terminal_it_writes_json_lines():
    line = json.loads(logged(io.StringIO(), port=8080))

    assert line["level"] == "warning"
    assert line["logger"] == "fireside"
    assert line["message"] == "Listening"
    assert line["port"] == 8080
    assert line["time"].endswith("+00:00")


def test_on_a_terminal_it_writes_text_in_colour():
    line = logged(Terminal(), port=8080)

    assert "\x1b[33mwarning" in line
    assert "Listening" in line
    assert "port=8080" in line


def test_colour_can_be_refused():
    assert "\x1b" not in logged(Terminal(), color=False)


def test_text_in_a_file_has_no_colour():
    line = logged(io.StringIO(), "text")

    assert "\x1b" not in line
    assert "warning Listening" in line


def test_json_can_be_asked_for_on_a_terminal():
    assert json.loads(logged(Terminal(), "json"))["message"] == "Listening"


def test_debugging_chatter_is_left_out():
    stream = io.StringIO()
    setup_logging("json", stream)

    logging.getLogger("fireside").debug("chatter")

    assert stream.getvalue() == ""


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_nothing_logged_can_forge_a_line_or_move_the_cursor(log_format):
    nasty = "a\nb\x1b[2J\x7f\u2028\u202e\ud800"

    line = logged(io.StringIO(), log_format, text=nasty, name_tried=nasty)

    assert line.count("\n") == 1
    assert line.isascii()
    assert line.rstrip("\n").isprintable()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_an_exception_shows_its_type_and_place_but_not_its_words(log_format):
    try:
        raise ValueError("what Ada said to Bob")  # noqa: TRY301 - it must have a traceback
    except ValueError as cause:
        line = logged(io.StringIO(), log_format, error=cause)

    assert "ValueError" in line
    assert "test_logs.py" in line
    assert "Ada" not in line


def test_an_empty_exception_slot_adds_nothing():
    setup_logging("json", stream := io.StringIO())

    logging.getLogger("fireside").error("Odd", exc_info=True)  # noqa: LOG014 - on purpose

    assert "error" not in set(json.loads(stream.getvalue())) - {"level"}


def test_letters_of_any_script_stay_as_they_are():
    assert printable("Zoë 日本") == "Zoë 日本"
    assert printable("می\u200cخواهم 👨\u200d👩\u200d👧") == "می\u200cخواهم 👨\u200d👩\u200d👧"
    assert printable("a\u202eb\u2028c") == r"a\u202eb\u2028c"


def test_what_is_shown_as_it_is_is_the_same_in_the_gateway():
    assert logs._SHOWN == SHOWN  # neither may import the other: the functions have no gateway
