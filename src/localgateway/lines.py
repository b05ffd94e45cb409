"""Format log records: one line each, for a person or, as JSON, for a machine."""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import TextIO

from localgateway.platform.printable import printable

_BUILT_IN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PREFIXES = {"WARNING": "warning: ", "ERROR": "error: ", "CRITICAL": "error: "}
_IN_MESSAGE = frozenset({"ms", "route"})
"""Facts that are already in the message."""


def setup_logging(stream: TextIO, *, as_json: bool) -> None:
    """Send every record to `stream`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if as_json else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)


class TextLines(logging.Formatter):
    """`14:03:59.120 echo answered 200 in 3.1 ms  connection=...`; `| ` before what is printed."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created).astimezone()
        time = f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03}"
        facts = _facts(record)
        printed = "| " if "printed" in facts else ""
        shown = "".join(
            f"  {key}={printable(str(value))}"
            for key, value in facts.items()
            if key not in _IN_MESSAGE and key != "printed"
        )
        prefix = _PREFIXES.get(record.levelname, "")
        return f"{time} {prefix}{printed}{printable(record.getMessage())}{shown}"


class JsonLines(logging.Formatter):
    """One JSON object a line, in ASCII, so that nothing logged can forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **_facts(record),
        }
        return json.dumps(line, default=str).replace("\x7f", "\\u007f")


def _facts(record: logging.LogRecord) -> dict[str, object]:
    facts = {key: value for key, value in vars(record).items() if key not in _BUILT_IN}
    if record.exc_info and record.exc_info[1]:
        facts["error"] = "".join(traceback.format_exception(record.exc_info[1]))
    return facts
