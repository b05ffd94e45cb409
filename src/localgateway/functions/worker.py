"""The process that a function runs in, as Lambda's: one invocation at a time, state kept between.

The gateway asks in JSON lines on stdin and is answered on stdout. Both are moved out of the
handler's way first: it finds an empty stdin, and whatever it prints goes to stderr, the log.
"""

import importlib
import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from difflib import get_close_matches
from io import TextIOWrapper
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO

from localgateway.functions.context import Context
from localgateway.functions.interception import Detour, install

MARK = "\x1e"
"""Begins a line in the log that names the request of the lines after it."""

LARGEST_ANSWER = 6 * 1024 * 1024 + 100
"""Bytes that a function may return (Lambda's quota for a synchronous payload)."""

_GRACE_SECONDS = 1.0
_LOG_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"

Handler = Callable[[Any, Context], object]


class CannotLoad(Exception):  # noqa: N818 - it says what happened
    """The handler can't be had. The text says why, and what to do."""


def main() -> int:
    """Serve invocations until the gateway closes its end."""
    asked, answers = _take_pipes()
    over = threading.Event()
    lines: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_read, args=(asked, lines, over), daemon=True).start()
    try:
        return _serve(lines, answers)
    finally:
        over.set()


def load_handler(name: str, root: Path) -> Handler:
    """Import `package.module.function`.

    Raises:
        CannotLoad: There is no such module or function, or importing it failed.
    """
    module_name, _, function = name.replace("/", ".").rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as cause:
        if not f"{module_name}.".startswith(f"{cause.name}."):
            raise _failed(module_name, cause) from cause
        raise CannotLoad(
            f"there is no module {cause.name!r} in {root}; mend the name, or set codeRoot"
        ) from cause
    except Exception as cause:
        raise _failed(module_name, cause) from cause
    handler = vars(module).get(function)
    if callable(handler):
        return handler  # type: ignore[no-any-return] # whatever it takes, it is called as one
    callables = [key for key, value in vars(module).items() if callable(value)]
    near = get_close_matches(function, callables, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "define it there, or mend the name"
    raise CannotLoad(f"the module {module_name!r} has no function {function!r}; {hint}")


def _serve(lines: "SimpleQueue[bytes]", answers: BinaryIO) -> int:
    detour = Detour()
    install(detour)
    known = _Known()
    _log_as_lambda(known)
    sys.dont_write_bytecode = True  # on Lambda the folder is read-only; and no old code comes back
    root = Path(os.environ["LAMBDA_TASK_ROOT"])
    sys.path.insert(0, str(root))
    try:
        handler = load_handler(os.environ["_HANDLER"], root)
    except CannotLoad as why:
        _say(answers, {"failed": str(why)})
        return 1
    _say(answers, {"ready": True})
    while line := lines.get():
        request = json.loads(line)
        known.request_id = request["id"]
        detour.address = request["address"]
        with suppress(KeyError, TypeError):
            detour.domains.add(request["event"]["requestContext"]["domainName"].lower())
        with suppress(Exception):  # a handler may have closed it: its loss
            sys.stderr.write(f"{MARK}{known.request_id}\n")
            sys.stderr.flush()
        answer = _invoke(handler, request)
        _flush()
        answers.write(answer + b"\n")
        answers.flush()
    return 0


def _invoke(handler: Handler, request: dict[str, Any]) -> bytes:
    """Call the handler; what ends the process (`sys.exit`) is not caught, as in Lambda."""
    context = Context(request["id"], request["deadline"], os.environ)
    try:
        answer = _encode({"value": handler(request["event"], context)})
    except Exception as cause:  # noqa: BLE001 - anything a handler raises is an answer
        _print_failure(cause)
        return _encode({"raised": str(cause)})
    if len(answer) > LARGEST_ANSWER:
        text = f"the answer has {len(answer):,} bytes, Lambda allows {LARGEST_ANSWER:,}"
        sys.stderr.write(f"[ERROR] {text}\n")
        return _encode({"raised": text})
    return answer


def _encode(answer: dict[str, object]) -> bytes:
    return json.dumps(answer).encode()


def _say(answers: BinaryIO, answer: dict[str, object]) -> None:
    _flush()
    answers.write(_encode(answer) + b"\n")
    answers.flush()


def _print_failure(cause: BaseException) -> None:
    """Write the trace to the log, if there is one, from the handler's own frames on."""
    trace = cause.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    lines = traceback.format_exception(type(cause), cause, trace)
    with suppress(Exception):
        sys.stderr.write(f"[ERROR] {type(cause).__name__}: {cause}\n{''.join(lines)}")


def _failed(module_name: str, cause: Exception) -> CannotLoad:
    """Say where an import failed: at the last line that is not the import machinery's."""
    _print_failure(cause)
    frames = traceback.extract_tb(cause.__traceback__)
    own = [f for f in frames if f.filename != __file__ and not f.filename.startswith("<frozen")]
    place = f"{own[-1].filename}:{own[-1].lineno}" if own else ""
    if isinstance(cause, SyntaxError) and cause.filename:
        place = f"{cause.filename}:{cause.lineno}"
    where = f" at {place}" if place else ""
    return CannotLoad(
        f"the module {module_name!r} can't be imported "
        f"({type(cause).__name__}: {cause}{where}); mend it there"
    )


# --- Pipes and log ----------------------------------------------------------------------------


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep stdin and stdout for the gateway; the handler's stdout becomes stderr, the log."""
    asked, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, TextIOWrapper)
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    return os.fdopen(asked, "rb"), os.fdopen(answers, "wb")


def _read(asked: BinaryIO, lines: "SimpleQueue[bytes]", over: threading.Event) -> None:
    """Pass on what is asked; when the gateway is gone, a handler that goes on is cut off."""
    for line in asked:
        lines.put(line)
    lines.put(b"")
    if not over.wait(_GRACE_SECONDS):
        os._exit(1)


def _flush() -> None:
    """Send what was printed on its way before the answer; a handler may have closed it."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()


class _Known(logging.Filter):
    """Puts the request's id on each record, for the format that Lambda's own handler has."""

    request_id = ""

    def filter(self, record: logging.LogRecord) -> bool:
        record.aws_request_id = self.request_id
        return True


def _log_as_lambda(known: _Known) -> None:
    """Give the root logger a handler before the function's code does, as Lambda's runtime."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter(_LOG_FORMAT, "%Y-%m-%dT%H:%M:%S"))
    handler.addFilter(known)
    logging.getLogger().addHandler(handler)


if __name__ == "__main__":
    sys.exit(main())
