"""The process that a function runs in, as Lambda's: one invocation at a time, state kept between.

The gateway writes requests as JSON lines to stdin and reads responses from stdout. Both are moved
out of the handler's way first: it finds an empty stdin, and what it prints goes to stderr, the log.
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

from localgateway.functions.context import GATEWAY_KEY, GATEWAY_SECRET, Context
from localgateway.functions.interception import Redirect, install

MARK = "\x1e"
"""Begins a line on stderr that names the request of the lines after it."""

LARGEST_RESPONSE = 6 * 1024 * 1024 + 100
"""Bytes that a function may return (Lambda's quota for a synchronous payload)."""

_GRACE_SECONDS = 1.0
_LOG_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"

Handler = Callable[[Any, Context], object]


class CannotLoad(Exception):  # noqa: N818 - it says what happened
    """The handler can't be loaded. The text says why, and what to do."""


def main() -> int:
    """Serve invocations until the gateway closes its end of stdin."""
    requests, responses = _take_pipes()
    over = threading.Event()
    lines: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_read, args=(requests, lines, over), daemon=True).start()
    try:
        return _serve(lines, responses)
    finally:
        over.set()


def load_handler(name: str, root: Path) -> Handler:
    """Import `package.module.function` and return the function.

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
            f"there is no module {cause.name!r} in {root}; correct the name, or set codeRoot"
        ) from cause
    except Exception as cause:
        raise _failed(module_name, cause) from cause
    handler = vars(module).get(function)
    if callable(handler):
        return handler  # type: ignore[no-any-return] # whatever it takes, it is called as one
    callables = [key for key, value in vars(module).items() if callable(value)]
    near = get_close_matches(function, callables, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "define it there, or correct the name"
    raise CannotLoad(f"the module {module_name!r} has no function {function!r}; {hint}")


def _serve(lines: "SimpleQueue[bytes]", responses: BinaryIO) -> int:
    redirect = Redirect()
    if GATEWAY_KEY in os.environ:
        redirect.key = os.environ[GATEWAY_KEY], os.environ[GATEWAY_SECRET]
    install(redirect)
    request_ids = _RequestIdFilter()
    _log_as_lambda(request_ids)
    sys.dont_write_bytecode = (
        True  # on Lambda the folder is read-only; and a reload finds no stale code
    )
    root = Path(os.environ["LAMBDA_TASK_ROOT"])
    sys.path.insert(0, str(root))
    try:
        handler = load_handler(os.environ["_HANDLER"], root)
    except CannotLoad as why:
        _respond(responses, {"failed": str(why)})
        return 1
    _respond(responses, {"ready": True})
    while line := lines.get():
        request = json.loads(line)
        request_ids.request_id = request["id"]
        redirect.address = request["address"]
        with suppress(KeyError, TypeError):
            redirect.domains.add(request["event"]["requestContext"]["domainName"].lower())
        with suppress(Exception):  # a handler may have closed it; then its log is lost
            sys.stderr.write(f"{MARK}{request_ids.request_id}\n")
            sys.stderr.flush()
        answer = _invoke(handler, request)
        _flush()
        responses.write(answer + b"\n")
        responses.flush()
    return 0


def _invoke(handler: Handler, request: dict[str, Any]) -> bytes:
    """Return the handler's response; `sys.exit` is not caught and ends the process, as on AWS."""
    context = Context(request["id"], request["deadline"], os.environ)
    try:
        answer = _encode({"value": handler(request["event"], context)})
    except Exception as cause:  # noqa: BLE001 - anything a handler raises is an outcome
        _print_failure(cause)
        return _encode({"raised": str(cause)})
    if len(answer) > LARGEST_RESPONSE:
        text = f"the answer has {len(answer):,} bytes, Lambda allows {LARGEST_RESPONSE:,}"
        sys.stderr.write(f"[ERROR] {text}\n")
        return _encode({"raised": text})
    return answer


def _encode(answer: dict[str, object]) -> bytes:
    return json.dumps(answer).encode()


def _respond(responses: BinaryIO, answer: dict[str, object]) -> None:
    _flush()
    responses.write(_encode(answer) + b"\n")
    responses.flush()


def _print_failure(cause: BaseException) -> None:
    """Write the traceback to the log, if it is open, from the handler's own frames on."""
    trace = cause.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    lines = traceback.format_exception(type(cause), cause, trace)
    with suppress(Exception):
        sys.stderr.write(f"[ERROR] {type(cause).__name__}: {cause}\n{''.join(lines)}")


def _failed(module_name: str, cause: Exception) -> CannotLoad:
    """Return where an import failed: at the last line that is not the import machinery's."""
    _print_failure(cause)
    frames = traceback.extract_tb(cause.__traceback__)
    own = [f for f in frames if f.filename != __file__ and not f.filename.startswith("<frozen")]
    place = f"{own[-1].filename}:{own[-1].lineno}" if own else ""
    if isinstance(cause, SyntaxError) and cause.filename:
        place = f"{cause.filename}:{cause.lineno}"
    where = f" at {place}" if place else ""
    return CannotLoad(
        f"the module {module_name!r} can't be imported "
        f"({type(cause).__name__}: {cause}{where}); correct it there"
    )


# --- Pipes and log ----------------------------------------------------------------------------


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return stdin and stdout for the gateway; the handler's stdout becomes stderr, the log."""
    requests, responses = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, TextIOWrapper)
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    return os.fdopen(requests, "rb"), os.fdopen(responses, "wb")


def _read(requests: BinaryIO, lines: "SimpleQueue[bytes]", over: threading.Event) -> None:
    """Queue requests; when the gateway is gone, end a handler that still runs."""
    for line in requests:
        lines.put(line)
    lines.put(b"")
    if not over.wait(_GRACE_SECONDS):
        os._exit(1)


def _flush() -> None:
    """Flush what was printed, so that it precedes the response; a handler may have closed it."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()


class _RequestIdFilter(logging.Filter):
    """Puts the request's id on each log record, for the format of Lambda's own handler."""

    request_id = ""

    def filter(self, record: logging.LogRecord) -> bool:
        record.aws_request_id = self.request_id
        return True


def _log_as_lambda(request_ids: _RequestIdFilter) -> None:
    """Add a handler to the root logger before the function's code runs, as Lambda does."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter(_LOG_FORMAT, "%Y-%m-%dT%H:%M:%S"))
    handler.addFilter(request_ids)
    logging.getLogger().addHandler(handler)


if __name__ == "__main__":
    sys.exit(main())
