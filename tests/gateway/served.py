"""An API on a loopback port, its functions in processes, as `localgateway serve` runs it."""

import asyncio
import threading

from localgateway.functions.workers import WorkerRunner
from localgateway.machine.api import load
from localgateway.net.door import take_over
from localgateway.net.server import Server
from localgateway.net.site import make_site
from localgateway.signing.access import Access


class Served:
    """The server is on a loop in a thread of its own: tests wait, and it must not."""

    def __init__(self, api_path, wrap=lambda make_runner: make_runner, **options):
        self._api = load(api_path)
        self._wrap = wrap
        self._options = {"access": Access()} | options

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._run(self._start())
        self.port = self.server.port
        self.url = f"ws://127.0.0.1:{self.port}/{self._api.stage}"
        self.management_url = f"http://127.0.0.1:{self.port}/{self._api.stage}"
        return self

    def __exit__(self, *_):
        self._run(self.server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _start(self):
        def make(*, on_completed):
            self.runner = WorkerRunner(self._api, on_completed=on_completed, address=self._address)
            return self.runner

        self.server = Server(
            self._api,
            self._wrap(make),
            site=make_site(
                self._api.stage, None, _always, {}, lambda request: take_over(self.server, request)
            ),
            **self._options,
        )
        await self.server.start("127.0.0.1", 0)
        await self.runner.warm()

    def _address(self):
        return f"http://127.0.0.1:{self.server.port}"


async def _always():
    return True
