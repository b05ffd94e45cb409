"""A gateway whose functions run in processes of their own, on handlers that know nothing of it."""

import functools
import logging
from contextlib import asynccontextmanager
from pathlib import Path

from localgateway.functions.workers import WorkerRunner
from localgateway.machine.api import parse
from localgateway.machine.limits import Limits
from localgateway.net.door import take_over
from localgateway.net.server import Server
from localgateway.net.site import make_site
from localgateway.signing.access import Access
from tests.gateway.harness import Running

HANDLERS = Path(__file__).parent / "handlers"


def document(handler="plain.everything", *, millis=29000, root=HANDLERS, door=None, **function):
    """Write an api.json whose routes all call one function and answer."""
    routes = {key: {"integration": "app", "twoWay": True} for key in ("$default", "echo")}
    routes["$connect"] = {"integration": "app"}
    found = {
        "name": "test",
        "stage": "ws",
        "codeRoot": str(root),
        "integrations": {"app": {"handler": handler, "timeoutMillis": millis, **function}},
        "routes": routes,
    }
    if door is not None:
        found["authorizers"] = {"door": {"handler": door}}
        routes["$connect"]["authorizer"] = "door"
    return found


@asynccontextmanager
async def serving(api, *, limits=None, access=None, warm=True, **options):
    """Run a gateway on loopback; `options` go to the runner."""
    api = parse(api) if isinstance(api, dict) else api

    async def always():
        return True

    server = Server(
        api,
        functools.partial(
            WorkerRunner, api, address=lambda: f"http://127.0.0.1:{server.port}", **options
        ),
        site=make_site(api.stage, None, always, {}, lambda request: take_over(server, request)),
        access=access or Access(),
        limits=limits or Limits(),
    )
    await server.start("127.0.0.1", 0)
    running = Running(server, None, None, [])
    try:
        if warm:
            await server.runner.warm()
        yield running
    finally:
        for client in running.clients:
            client.writer.close()
        await server.stop()


class LogLines(logging.Handler):
    """Keeps what is logged, with the request it belongs to."""

    def __init__(self):
        super().__init__()
        self.records = []

    def emit(self, record):
        self.records.append(record)

    def said(self):
        """Return the lines that handlers wrote: text and request id."""
        return [(r.getMessage(), r.request) for r in self.records if hasattr(r, "printed")]
