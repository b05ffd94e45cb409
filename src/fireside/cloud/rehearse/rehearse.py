"""`fireside rehearse`: the zip for Lambda on this machine, behind the local gateway.

The functions run from the unpacked zip in confined processes (confined.py), post over signed HTTP
and store their rows in DynamoDB Local. What API Gateway, Lambda and DynamoDB would bill is
counted. No call can reach AWS: every address is loopback, every key is made for this run.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from fireside import environment
from fireside.adapters import aws_clients
from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.client import Rejected, RetryPolicy, TableFailure
from fireside.adapters.dynamodb.http import DynamoDbApi
from fireside.adapters.dynamodb.people import DynamoPeople
from fireside.adapters.dynamodb.store import DynamoRegistry, DynamoStore
from fireside.adapters.http.sigv4 import Credentials
from fireside.cloud.cost.usage import Usage
from fireside.cloud.package import CannotPackage
from fireside.cloud.rehearse import dynamodb_local, load, unpacked
from fireside.cloud.rehearse.counted_tables import CountedTables
from fireside.cloud.rehearse.latency import AWS_MILLISECONDS, LatencySimulator
from fireside.cloud.rehearse.load import LoadResult
from fireside.cloud.rehearse.review import Review
from fireside.cloud.rehearse.runner import RehearsedRunner
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.errors import ChatError
from fireside.domain.invite import hash_of
from fireside.domain.message import Draft
from fireside.domain.names import LOBBY
from fireside.ports import Connection
from fireside.server import isolated, local, process
from fireside.server.data_folder import invite_file, live_rules
from fireside.server.invitation import invitation, owner_secret, ownership, secret_in
from fireside.server.settings import Settings, address
from fireside.system import epoch_ms, new_epoch
from localgateway.functions.runner import OnCompleted
from localgateway.functions.workers import Report
from localgateway.machine.api import ApiError
from localgateway.machine.events import REGION
from localgateway.machine.metering import Meter
from localgateway.net.door import take_over
from localgateway.net.invocations import INVOKE_PATH, Invocations
from localgateway.net.management import Next
from localgateway.net.server import Server
from localgateway.net.site import Readiness, make_site
from localgateway.platform.signals import on_signals

log = logging.getLogger("fireside")

_WARMUP_TABLES = ("scratch-messages", "scratch-connections", "scratch-people")
"""Tables for the first calls of DynamoDB Local; the functions don't use them."""


@dataclass(frozen=True, slots=True)
class RehearseOptions:
    """The options of `fireside rehearse`, except the settings."""

    keep: Path | None = None
    """The folder to keep messages in; without it they are deleted at the end."""
    latency: str = "none"
    """`aws` simulates AWS's latency, `none` adds none."""
    seed: int = 0
    """Of the simulated latency and users."""
    seconds: float | None = None
    """How long to run; without it until a signal, or until the simulated users are done."""
    people: int = 0
    """Simulated users."""
    messages: int = 10
    """Messages of each of them."""


def rehearse(settings: Settings, options: RehearseOptions) -> int:
    """Run the rehearsal, print what AWS would have billed, and return the exit code.

    Raises:
        CannotStart: Something is missing; the sentence says what to do.
    """
    page = local.page_folder()
    try:
        with unpacked.folder(options.keep) as folder:
            package = unpacked.unpack(folder, sdk=settings.aws_client == "boto3")
            data = None if options.keep is None else unpacked.data_in(folder)
            with dynamodb_local.running(dynamodb_local.find(), data=data) as dynamodb:
                rehearsal = Rehearsal(settings, options, page, folder, dynamodb)
                review = asyncio.run(rehearsal.run())
    except (dynamodb_local.Missing, CannotPackage) as cause:
        raise CannotStart(str(cause)) from cause
    except OSError as cause:
        message = f"{cause.filename} can't be used ({cause.strerror}): name another with --keep."
        raise CannotStart(message, ExitCode.DATA) from cause
    print(review.text(package), flush=True)  # noqa: T201 - the result
    return ExitCode.OK


class Rehearsal:
    """One run: the gateway, the functions, their tables and the counters."""

    def __init__(
        self,
        settings: Settings,
        options: RehearseOptions,
        page: Path | None,
        folder: Path,
        dynamodb: str,
    ) -> None:
        """Connect the parts; nothing is started yet.

        Args:
            settings: Where to listen, and who may connect.
            options: How long, how slow, and how many simulated users.
            page: The folder that is served on `/`.
            folder: The folder that `unpacked.unpack` wrote.
            dynamodb: The address of DynamoDB Local.
        """
        self._settings, self._options = settings, options
        self._folder, self._dynamodb = folder, dynamodb
        self._keys = isolated.new_credentials()
        ranges = AWS_MILLISECONDS if options.latency == "aws" else {}
        self._latency = LatencySimulator(ranges, options.seed)
        self._tables = CountedTables(dynamodb, self._latency)
        self._meter, self._reports = Meter(), list[Report]()
        self._document = local.api_document()
        self._secret = secret_in(folder, settings)
        self._owner_secret = owner_secret(folder)
        self._runner: RehearsedRunner
        self._server = self._make_server(page)

    async def run(self) -> Review:
        """Serve until the end, and return what was counted and measured."""
        await self._start()
        try:
            result = await self._serve()
        finally:
            used = await self._stop()
        return Review(used, self._reports, result, self._options.latency)

    @property
    def address(self) -> str:
        """Return the gateway's address on this machine."""
        return local.own_address(self._settings, self._server)

    # --- Start, serve, stop ---

    async def _start(self) -> None:
        """Listen, create the tables, and start a process of each function.

        Raises:
            CannotStart: One of these fails.
        """
        await self._tables.start()
        try:
            await self._server.start(self._settings.host, self._settings.port)
        except OSError as cause:
            await self._tables.stop()
            raise process.cannot_listen(self._settings, cause) from cause
        try:
            await asyncio.to_thread(self._create_tables)
            rules = live_rules(local.entry_rules(self._settings), invite_file(self._folder))()
            variables = unpacked.function_variables(
                self._document, rules, self.address, self._tables.address
            )
            variables |= {
                aws_clients.CLIENT: self._settings.aws_client,
                environment.NAMES: self._settings.names,
                environment.OWNER_SHA256: hash_of(self._owner_secret),
            }
            api = unpacked.with_functions(self._document, self._folder, variables)
            await self._runner.reload(api)
            await self._runner.warm()
        except (ApiError, ChatError, TableFailure) as cause:
            await self._stop()
            raise CannotStart(f"The rehearsal does not start: {cause}") from cause

    async def _serve(self) -> LoadResult | None:
        """Wait for a signal, for the time limit, or for the simulated users to be done."""
        options, stop = self._options, asyncio.Event()
        on_signals(stop.set)
        kept = f"kept in {options.keep}" if options.keep else "deleted at the end"
        print(f"Rehearsing at {self.address}  (messages are {kept}, Ctrl-C to stop)", flush=True)  # noqa: T201 - the one line people wait for
        place = address(self._settings, self._server.port)
        if self._secret is not None:
            print(invitation(place, self._secret, self._folder), flush=True)  # noqa: T201 - and the next
        print(ownership(place, self._owner_secret, self._folder), flush=True)  # noqa: T201 - and the last
        ends: list[asyncio.Task[object]] = [asyncio.create_task(stop.wait())]
        if options.seconds is not None:
            ends.append(asyncio.create_task(asyncio.sleep(options.seconds)))
        result = LoadResult() if options.people else None
        if result is not None:
            url = f"{self.address.replace('http', 'ws', 1)}/{self._document.stage}"
            users = load.run_load(
                url, options.people, options.messages, options.seed, result, invite=self._secret
            )
            ends.append(asyncio.create_task(users))
        done, waiting = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in waiting:
            end.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        for failed in filter(None, (end.exception() for end in done)):
            log.error("the simulated users failed: %s: %s", type(failed).__name__, failed)
        return result

    async def _stop(self) -> Usage:
        """Wait for invocations under way, stop everything, and return what AWS would bill."""
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

    # --- Composition ---

    def _make_server(self, page: Path | None) -> Server:
        access = isolated.access_with(self._keys)

        async def take_over_upgrade(request: web.Request) -> web.StreamResponse:
            return await take_over(server, request)

        stage, ready = self._document.stage, Readiness(self._check)
        site = make_site(stage, page, ready.ask, local.PAGE_HEADERS, take_over_upgrade)
        local.add_config(site, self._settings, lambda: server.loses_upgrades)
        server = Server(
            self._document,
            self._make_runner,
            site=site,
            access=access,
            last_message=local.closing_frame,
            meter=self._meter,
        )
        server.proxy_refusal = local.unknown_proxy(self._settings)
        invocations = Invocations(self._document.name, self._runner, access)
        server.app.middlewares.insert(0, invocations.answer)
        server.app.middlewares.insert(0, self._delay)
        return server

    def _make_runner(self, *, on_completed: OnCompleted) -> RehearsedRunner:
        host = urlsplit(f"//{self._settings.host}").hostname or ""
        self._runner = RehearsedRunner(
            self._document,
            on_completed=on_completed,
            address=lambda: self.address,
            credentials=self._keys,
            launch=unpacked.confined_launch(self._folder, host),
            report=self._reports.append,
            latency=self._latency,
        )
        return self._runner

    @web.middleware
    async def _delay(self, request: web.Request, handler: Next) -> web.StreamResponse:
        """Delay posts to connections and invocations of functions as AWS would."""
        if request.method == hdrs.METH_POST:
            is_invocation = request.rel_url.raw_path.startswith(INVOKE_PATH)
            await self._latency.wait("event" if is_invocation else "post")
        return await handler(request)

    # --- DynamoDB Local without the counter: calls of the rehearsal itself are not billed ---

    async def _check(self) -> None:
        """Raise unless a row can be read."""
        await asyncio.to_thread(self._read_a_row)

    def _read_a_row(self) -> None:
        key = {"pk": rows.text("epoch"), "seq": rows.number(0)}
        self._client().call("GetItem", {"TableName": unpacked.MESSAGES, "Key": key})

    def _create_tables(self) -> None:
        """Create the tables, unless they were kept, and make each kind of call once.

        Java takes over a second for the first calls, which would look like throttling.
        """
        client = self._client()
        self._create(client, unpacked.MESSAGES, unpacked.CONNECTIONS, unpacked.PEOPLE)
        self._create(client, *_WARMUP_TABLES)
        retry = RetryPolicy()
        store = DynamoStore(client, _WARMUP_TABLES[0], new_epoch=new_epoch, retry=retry)
        registry = DynamoRegistry(client, _WARMUP_TABLES[1], clock=epoch_ms, retry=retry)
        people = DynamoPeople(client, _WARMUP_TABLES[2], clock=epoch_ms, retry=retry)
        member = Connection("warm-up", "u", "U", (LOBBY,), epoch_ms())
        store.append(Draft(LOBBY, "u", "U", store.epoch, new_epoch(), None, epoch_ms(), 0))
        store.before(LOBBY, None, 1)
        registry.add(member)
        registry.in_room(LOBBY)
        registry.remove(member.connection_id)
        people.find(member.user_id)
        client.close()

    def _create(self, client: DynamoDbApi, messages: str, connections: str, people: str) -> None:
        for definition in (
            rows.messages_table(messages),
            rows.connections_table(connections),
            rows.people_table(people),
        ):
            try:
                client.call("CreateTable", definition)
            except Rejected as cause:
                if "ResourceInUse" not in str(cause):
                    raise

    def _client(self) -> DynamoDbApi:
        return DynamoDbApi(self._dynamodb, REGION, Credentials(*self._keys), call_seconds=20)
