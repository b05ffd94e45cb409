"""The log: one line an event, whatever is in it."""

import io
import json
import logging
import re

import pytest

from localgateway.lines import JsonLines, TextLines, setup_logging


def record(message, level=logging.INFO, **facts):
    made = logging.makeLogRecord({"msg": message, "levelno": level, "created": 1_795_345_200.12})
    made.levelname = logging.getLevelName(level)
    vars(made).update(facts)
    return made


def text(*arguments, **facts):
    return TextLines().format(record(*arguments, **facts))


def test_a_line_has_the_time_what_happened_and_the_facts():
    line = text("echo answered 200 in 3.1 ms", ms=3.1, route="echo", connection="abc=")

    assert re.fullmatch(r"\d\d:\d\d:\d\d\.120 echo answered 200 in 3\.1 ms  connection=abc=", line)


def test_what_a_handler_prints_is_marked_and_cannot_forge_a_line():
    line = text("one\ntwo \x1b[31m\tred", printed=True, request="r")

    assert line.endswith("| one\\ntwo \\x1b[31m\tred  request=r")


def test_trouble_is_named():
    assert "error: it broke" in text("it broke", logging.ERROR)
    assert "warning: careful" in text("careful", logging.WARNING)


def test_for_machines_a_line_is_a_json_object():
    line = JsonLines().format(record("echo\x7f", logging.INFO, ms=3.1, function="app"))

    assert line.isascii()
    assert json.loads(line) == {
        "time": "2026-11-22T11:00:00.120+00:00",
        "level": "info",
        "message": "echo\x7f",
        "ms": 3.1,
        "function": "app",
    }


def test_an_error_of_ours_keeps_its_trace():
    made = record("it broke", logging.ERROR)
    made.exc_info = (RuntimeError, RuntimeError("ours"), None)

    assert "RuntimeError: ours" in json.loads(JsonLines().format(made))["error"]


@pytest.mark.parametrize("as_json", [True, False])
def test_every_record_goes_to_the_stream(as_json):
    root, stream = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    try:
        setup_logging(stream, as_json=as_json)
        logging.getLogger("anything").info("said")
    finally:
        root.handlers[:] = before
        root.setLevel(level)

    assert ("{" in stream.getvalue()) is as_json
    assert "said" in stream.getvalue()
