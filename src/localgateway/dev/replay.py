"""Call handlers with recorded events in this process, so that a debugger can stop in them.

What a handler posts to `@connections` is printed and answered as sent: the connections of the
recording no longer exist.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from traceback import format_exc
from typing import Any
from urllib.parse import unquote

from localgateway.functions.context import Context, environment
from localgateway.functions.interception import Redirect, install
from localgateway.functions.worker import CannotLoad, load_handler
from localgateway.machine.api import Api, ApiError, Function
from localgateway.machine.events import Event
from localgateway.platform.printable import printable, printable_json


class CannotReplay(Exception):  # noqa: N818 - it says what happened
    """A file is no event of this API. The text says what to do."""


def replay(api: Api, files: Sequence[Path]) -> int:
    """Call each event's handler, print what it returns, and return 1 if one of them raised.

    Raises:
        ApiError: A handler can't be loaded.
        CannotReplay: A file can't be read, or its route is not the API's.
    """
    events = [(read_event(file), file) for file in files]
    calls = [(function_of(api, event, file), event) for event, file in events]
    root, before = str(api.code_root.resolve()), dict(os.environ)
    sys.path.insert(0, root)
    try:
        with _listening() as address:
            redirect = Redirect()
            redirect.address = address
            install(redirect)
            returned = [_call(api, function, event, redirect) for function, event in calls]
    finally:
        os.environ.clear()
        os.environ.update(before)
        sys.path.remove(root)
    return 0 if all(returned) else 1


def read_event(file: Path) -> Event:
    """Return an event that `--record` wrote.

    Raises:
        CannotReplay: It can't be read, or is no event.
    """
    try:
        event = json.loads(file.read_bytes())
    except OSError as cause:
        raise CannotReplay(
            f"{file}: it can't be read ({cause.strerror}). Check the path."
        ) from cause
    except ValueError as cause:
        raise CannotReplay(f"{file}: it is not JSON ({cause}). Record it again.") from cause
    if not isinstance(event, dict) or not isinstance(event.get("requestContext"), dict):
        raise CannotReplay(f"{file}: it is no event: it has no requestContext. Record one.")
    return event


def function_of(api: Api, event: Event, file: Path) -> Function:
    """Return the function of an event: its route's integration, or the authorizer.

    Raises:
        CannotReplay: The API has no such route, or no authorizer.
    """
    key = event["requestContext"].get("routeKey")
    route = api.routes.get(key) if isinstance(key, str) else None
    if route is None:
        known = ", ".join(api.routes)
        raise CannotReplay(f"{file}: {api.source} has no route {key!r}; it has {known}.")
    if event.get("type") != "REQUEST":
        return api.functions[route.integration]
    if route.authorizer is None:
        raise CannotReplay(f"{file}: it is for an authorizer; {api.source} has none on {key}.")
    return api.functions[route.authorizer.name]


def _call(api: Api, function: Function, event: Event, redirect: Redirect) -> bool:
    """Call one handler as Lambda does; return whether it returned."""
    os.environ.update(environment(function, api.name, api.code_root, os.environ))
    context = event["requestContext"]
    redirect.domains.add(str(context.get("domainName", "")).lower())
    try:
        handler = load_handler(function.handler or "", api.code_root)
    except CannotLoad as why:
        raise ApiError(f"{api.source}: {function.place}.handler: {why}.") from why
    deadline_ms = int((time.time() + function.timeout_seconds) * 1000)
    try:
        value = handler(event, Context(str(context.get("requestId")), deadline_ms, os.environ))
    except Exception:  # noqa: BLE001 - anything a handler raises is to be shown
        print("\n".join(map(printable, format_exc().splitlines())), file=sys.stderr)
        return False
    print(printable_json(value))
    return True


@contextmanager
def _listening() -> Iterator[str]:
    """Listen in place of the gateway while handlers run, and return the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _PrintedRequests)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _PrintedRequests(BaseHTTPRequestHandler):
    """Prints requests to @connections, and answers that they succeeded."""

    def do_POST(self) -> None:
        """Print what would be sent."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._print(f"posted to {self._connection()}: {body.decode(errors='replace')}")
        self._answer(200, b"")

    def do_GET(self) -> None:
        """Answer with a made-up connection."""
        self._print(f"asked about {self._connection()}")
        moment = "1970-01-01T00:00:00.000Z"
        known = {"connectedAt": moment, "lastActiveAt": moment, "identity": {"sourceIp": ""}}
        self._answer(200, json.dumps(known).encode())

    def do_DELETE(self) -> None:
        """Print what would be closed."""
        self._print(f"deleted {self._connection()}")
        self._answer(204, b"")

    def log_message(self, *_arguments: Any) -> None:  # noqa: ANN401 - the base class's
        """Log nothing: each request was printed."""

    def _connection(self) -> str:
        return unquote(self.path).rpartition("/")[2]

    def _print(self, text: str) -> None:
        print(printable(text), file=sys.stderr)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
