"""The log: text on a terminal, JSON lines elsewhere.

The text of messages is never logged. Callers log facts, and of an exception only its type and
place are written, because its words may quote what a client sent.
"""

import json
import logging
import time
import traceback
from typing import TextIO

_COLORS = {"WARNING": "\x1b[33m", "ERROR": "\x1b[31m", "CRITICAL": "\x1b[31m"}
_DIM, _RESET = "\x1b[2m", "\x1b[0m"
_SHOWN = "\u200c\u200d\u00a0\u202f\u3000"  # joiners and spaces, which move no cursor
_BUILT_IN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def setup_logging(log_format: str, stream: TextIO, *, color: bool = True) -> None:
    """Write every record to `stream` as `text` or `json`; `auto` is text on a terminal."""
    on_terminal = stream.isatty()
    text = log_format == "text" or (log_format == "auto" and on_terminal)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextFormatter(color=color and on_terminal) if text else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)


class TextFormatter(logging.Formatter):
    """`14:03:59 warning Something happened  connection=abc`, one line whatever was logged."""

    def __init__(self, *, color: bool) -> None:
        super().__init__()
        self._color = color

    def format(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        facts = "".join(f"  {key}={printable(str(value))}" for key, value in _facts(record).items())
        level = f"{record.levelname.lower():7}"
        if self._color:
            clock, facts = f"{_DIM}{clock}{_RESET}", f"{_DIM}{facts}{_RESET}"
            level = f"{_COLORS.get(record.levelname, _DIM)}{level}{_RESET}"
        return f"{clock} {level} {printable(record.getMessage())}{facts}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line, in ASCII, so that nothing logged can forge a line or a colour."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _stamp(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_facts(record),
        }
        return json.dumps(line, default=str).replace("\x7f", "\\u007f")


def _stamp(epoch_seconds: float) -> str:
    """Return a time in ISO 8601; to load `datetime` for it would add 1 ms to a cold start."""
    seconds, milliseconds = divmod(int(epoch_seconds * 1_000), 1_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{milliseconds:03}+00:00"


def printable(text: str) -> str:
    """Return text with control characters escaped, so that it can't forge a log line."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in _SHOWN else ascii(char)[1:-1] for char in text
    )


def _facts(record: logging.LogRecord) -> dict[str, object]:
    """Return what the caller passed as `extra`, and where an exception came from."""
    facts = {key: value for key, value in vars(record).items() if key not in _BUILT_IN}
    if record.exc_info and record.exc_info[1]:
        facts["error"] = _where(record.exc_info[1])
    return facts


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    calls = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return " < ".join([type(error).__name__, *reversed(calls)])
