"""`fireside rehearse`: the zip for Lambda on this machine, behind the local gateway.

The functions run from the unpacked zip in confined processes (confined.py), post over signed HTTP
and keep their rows in DynamoDB Local. What API Gateway, Lambda and DynamoDB would bill is counted
on the way. Nothing here can reach AWS: every address is loopback, every key was made just now.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.client import Rejected, RetryPolicy, TableFailure
from fireside.adapters.dynamodb.http import DynamoDbApi
from fireside.adapters.dynamodb.store import DynamoRegistry, DynamoStore
from fireside.adapters.http.sigv4 import Credentials
from fireside.cloud.cost.usage import Usage
from fireside.cloud.package import CannotPackage
from fireside.cloud.rehearse import dynamodb_local, load, unpacked
from fireside.cloud.rehearse.counted_tables import CountedTables
from fireside.cloud.rehearse.latency import AWS, Weather
from fireside.cloud.rehearse.load import Heard
from fireside.cloud.rehearse.review import Review
from fireside.cloud.rehearse.runner import RehearsedRunner
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.errors import ChatError
from fireside.domain.message import Draft
from fireside.domain.names import LOBBY
from fireside.ports import Connection
from fireside.server import isolated, local, process
from fireside.server.settings import Settings
from fireside.system import epoch_ms, new_epoch
from localgateway.functions.runner import OnCompleted
from localgateway.functions.workers import Report
from localgateway.machine.api import ApiError
from localgateway.machine.events import REGION
from localgateway.machine.metering import Meter
from localgateway.net.door import take_over
from localgateway.net.invocations import Invocations
from localgateway.net.management import Next
from localgateway.net.server import Server
from localgateway.net.site import Readiness, make_site

log = logging.getLogger("fireside")

_SCRATCH = ("scratch-messages", "scratch-connections")
"""Tables that nobody reads."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line said beyond the settings."""

    keep: Path | None = None
    """Where what is said is kept; otherwise it is forgotten."""
    latency: str = "none"
    """`aws` to wait as long as AWS would make one wait."""
    seed: int = 0
    seconds: float | None = None
    """How long to run; otherwise until somebody stops it, or all was said."""
    people: int = 0
    messages: int = 10


def rehearse(settings: Settings, options: Options) -> int:
    """Run until a signal comes, or as long as was asked; then say what AWS would have billed.

    Raises:
        CannotStart: Something is missing; the sentence says what to do.
    """
    page = local.page_folder()
    try:
        with unpacked.folder(options.keep) as folder:
            package = unpacked.lay_out(folder, sdk=settings.aws_client == "boto3")
            data = None if options.keep is None else unpacked.data_in(folder)
            with dynamodb_local.running(dynamodb_local.find(), data=data) as dynamodb:
                rehearsal = Rehearsal(settings, options, page, folder, dynamodb)
                review = asyncio.run(rehearsal.run())
    except (dynamodb_local.Missing, CannotPackage) as cause:
        raise CannotStart(str(cause)) from cause
    except OSError as cause:
        message = f"{cause.filename} can't be used ({cause.strerror}): name another with --keep."
        raise CannotStart(message, ExitCode.DATA) from cause
    print(review.text(package), flush=True)  # noqa: T201 - what it was all for
    return ExitCode.OK


class Rehearsal:
    """One run, from the first port to the last count."""

    def __init__(
        self, settings: Settings, options: Options, page: Path | None, folder: Path, dynamodb: str
    ) -> None:
        """Wire it; nothing is started yet.

        Args:
            settings: Where to listen, and who may come in.
            options: How long, how slow, and who talks.
            page: What is served on `/`.
            folder: Laid out as by `unpacked`.
            dynamodb: Where DynamoDB Local listens.
        """
        self._settings, self._options = settings, options
        self._folder, self._dynamodb = folder, dynamodb
        self._keys = isolated.new_credentials()
        self._weather = Weather(AWS if options.latency == "aws" else {}, options.seed)
        self._tables = CountedTables(dynamodb, self._weather)
        self._meter, self._reports = Meter(), list[Report]()
        self._document = local.api_document()
        self._runner: RehearsedRunner
        self._server = self._make_server(page)

    async def run(self) -> Review:
        """Serve until it is over, and give what was counted."""
        await self._start()
        try:
            heard = await self._until_over()
        finally:
            used = await self._stop()
        return Review(used, self._reports, heard, self._options.latency)

    @property
    def address(self) -> str:
        """Say where this machine reaches the gateway."""
        return local.own_address(self._settings, self._server)

    # --- one life ---

    async def _start(self) -> None:
        """Listen, make the tables, and start a process of each function.

        Raises:
            CannotStart: One of them can't be had.
        """
        await self._tables.start()
        try:
            await self._server.start(self._settings.host, self._settings.port)
        except OSError as cause:
            await self._tables.stop()
            raise process.cannot_listen(self._settings, cause) from cause
        try:
            await asyncio.to_thread(self._create_tables)
            rules = local.entry_rules(self._settings)
            known = unpacked.variables(self._document, rules, self.address, self._tables.address)
            known["FIRESIDE_AWS_CLIENT"] = self._settings.aws_client
            await self._runner.reload(unpacked.with_functions(self._document, self._folder, known))
            await self._runner.warm()
        except (ApiError, ChatError, TableFailure) as cause:
            await self._stop()
            raise CannotStart(f"The rehearsal does not start: {cause}") from cause

    async def _until_over(self) -> Heard | None:
        """Wait for a signal, for the time to be up, or for everything to be said."""
        options, stop = self._options, asyncio.Event()
        process.on_signals(stop.set)
        kept = f"kept in {options.keep}" if options.keep else "forgotten at the end"
        print(f"Rehearsing at {self.address}  (what is said is {kept}, Ctrl-C to stop)", flush=True)  # noqa: T201 - the one line people wait for
        ends: list[asyncio.Task[object]] = [asyncio.create_task(stop.wait())]
        if options.seconds is not None:
            ends.append(asyncio.create_task(asyncio.sleep(options.seconds)))
        heard = Heard() if options.people else None
        if heard is not None:
            url = f"{self.address.replace('http', 'ws', 1)}/{self._document.stage}"
            crowd = load.talk(url, options.people, options.messages, options.seed, heard)
            ends.append(asyncio.create_task(crowd))
        done, waiting = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in waiting:
            end.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        for failed in filter(None, (end.exception() for end in done)):
            log.error("the people stopped talking: %s: %s", type(failed).__name__, failed)
        return heard

    async def _stop(self) -> Usage:
        """Let what is under way end, stop everything, and add up."""
        await self._runner.settle()
        minutes = self._meter.minutes(time.monotonic())
        await self._server.stop()
        await self._tables.stop()
        memory_ms = sum(one.billed_ms * one.memory_megabytes for one in self._reports)
        return Usage(
            messages=self._meter.received + self._meter.sent,
            connection_minutes=minutes,
            requests=len(self._reports),
            gb_seconds=memory_ms / 1_000 / 1_024,
            read_units=self._tables.read_units,
            write_units=self._tables.write_units,
        )

    # --- wiring ---

    def _make_server(self, page: Path | None) -> Server:
        access = isolated.access_with(self._keys)

        async def adopt(request: web.Request) -> web.StreamResponse:
            return await take_over(server, request)

        stage, ready = self._document.stage, Readiness(self._check)
        site = make_site(stage, page, ready.ask, local.PAGE_HEADERS, adopt)
        site.router.add_get("/config.json", _config)
        server = Server(
            self._document,
            self._make_runner,
            site=site,
            access=access,
            farewell=local.farewell,
            meter=self._meter,
        )
        invocations = Invocations(self._document.name, self._runner, access)
        server.app.middlewares.insert(0, invocations.answer)
        server.app.middlewares.insert(0, self._on_its_way)
        return server

    def _make_runner(self, *, on_completed: OnCompleted) -> RehearsedRunner:
        host = urlsplit(f"//{self._settings.host}").hostname or ""
        self._runner = RehearsedRunner(
            self._document,
            on_completed=on_completed,
            address=lambda: self.address,
            credentials=self._keys,
            launch=unpacked.launch(self._folder, host),
            report=self._reports.append,
            weather=self._weather,
        )
        return self._runner

    @web.middleware
    async def _on_its_way(self, request: web.Request, handler: Next) -> web.StreamResponse:
        """Let posts to connections and calls of functions take as long as on AWS."""
        if request.method == hdrs.METH_POST:
            is_call = request.rel_url.raw_path.startswith("/2015-03-31/")
            await self._weather.wait("event" if is_call else "post")
        return await handler(request)

    # --- DynamoDB Local, past the counter: what we ask ourselves is not billed ---

    async def _check(self) -> None:
        """Make sure that rows can be read."""
        await asyncio.to_thread(self._read_a_row)

    def _read_a_row(self) -> None:
        key = {"pk": rows.text("epoch"), "seq": rows.number(0)}
        self._client().call("GetItem", {"TableName": unpacked.MESSAGES, "Key": key})

    def _create_tables(self) -> None:
        """Make the tables, unless they were kept, and have DynamoDB Local do everything once.

        Its first calls take Java over a second, which would look like AWS being throttled.
        """
        client = self._client()
        self._create(client, unpacked.MESSAGES, unpacked.CONNECTIONS)
        self._create(client, *_SCRATCH)
        retry = RetryPolicy()
        store = DynamoStore(client, _SCRATCH[0], new_epoch=new_epoch, retry=retry)
        registry = DynamoRegistry(client, _SCRATCH[1], clock=epoch_ms, retry=retry)
        somebody = Connection("somebody", "u", "U", (LOBBY,), epoch_ms())
        store.append(Draft(LOBBY, "u", "U", store.epoch, new_epoch(), None, epoch_ms(), 0))
        store.before(LOBBY, None, 1)
        registry.add(somebody)
        registry.in_room(LOBBY)
        registry.remove(somebody.connection_id)
        client.close()

    def _create(self, client: DynamoDbApi, messages: str, connections: str) -> None:
        for definition in (rows.messages_table(messages), rows.connections_table(connections)):
            try:
                client.call("CreateTable", definition)
            except Rejected as cause:
                if "ResourceInUse" not in str(cause):
                    raise

    def _client(self) -> DynamoDbApi:
        return DynamoDbApi(self._dynamodb, REGION, Credentials(*self._keys), call_seconds=20)


async def _config(_request: web.Request) -> web.Response:
    """Tell the page that it needs no invite here: functions are told the same (unpacked.py)."""
    return web.json_response({"invite": "open"}, headers={hdrs.CACHE_CONTROL: "no-cache"})
