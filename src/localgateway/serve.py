"""Serve APIs until a signal comes: their files, the processes of their functions, their ports."""

import asyncio
import contextlib
import dataclasses
import errno
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from aiohttp import web

from localgateway.dev.faults import Faults, Plan, slow
from localgateway.dev.recording import Recorder, record
from localgateway.functions.context import Credentials, new_credentials
from localgateway.functions.runner import MakeRunner, OnCompleted, Runner
from localgateway.functions.workers import WorkerRunner
from localgateway.machine.api import Api, ApiError, load
from localgateway.machine.limits import CONCURRENCY, Limits
from localgateway.net.door import take_over
from localgateway.net.hosts import AllowedHosts
from localgateway.net.invocations import Invocations, unknown_function
from localgateway.net.server import Server
from localgateway.platform.hosts import EVERYWHERE, bracketed, reached_at, shown_as
from localgateway.platform.signals import on_signals
from localgateway.signing.access import Access

log = logging.getLogger(__name__)

WATCH_SECONDS = 0.5
"""Time between two looks of `--reload` at the files."""

_T = TypeVar("_T")
_NOT_CODE = frozenset({"__pycache__", "node_modules", "site-packages"})


class CannotServe(Exception):  # noqa: N818 - it says what happened
    """Stop before anything runs. The text names the place and the remedy."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    files: Sequence[Path]
    host: str = "127.0.0.1"
    ports: Sequence[int] = (3001,)
    stages: Sequence[str] = ()
    limits: Limits = field(default_factory=Limits)
    integration_seconds: float | None = None
    concurrency: int = CONCURRENCY
    reload: bool = False
    as_json: bool = False
    any_key: bool = False
    credentials: Credentials | None = None
    allowed_hosts: Sequence[str] = ()
    record: Path | None = None
    faults: Plan | None = None


class Hosted:
    """One API: its gateway, and the processes of its functions."""

    def __init__(
        self,
        api: Api,
        options: Options,
        key: Credentials,
        primary: Server | None,
        recorder: Recorder | None,
    ) -> None:
        """Wire it; `key` is the run's own, and `primary` has the port already, if it is shared."""
        self.api = api
        self.file = Path(api.source)
        self.runner: WorkerRunner
        self._options = options
        self._key = key
        faults = Faults(options.faults) if options.faults is not None else None
        make_runner: MakeRunner = self._make_runner
        if faults is not None:
            make_runner = slow(make_runner, faults)
        if recorder is not None:
            make_runner = record(make_runner, recorder)
        access = Access(strict=not options.any_key, secrets=dict([key]))
        self.server = Server(
            api,
            make_runner,
            site=_site(lambda: self.server) if primary is None else None,
            access=access,
            faults=faults,
            limits=options.limits,
            primary=primary,
        )
        self.server.app.middlewares.insert(0, Invocations(api.name, self.runner, access).answer)
        self.server.let_in(AllowedHosts([*options.allowed_hosts, *_named(options.host)]))

    @property
    def url(self) -> str:
        """The address at which clients connect."""
        return f"ws://{shown_as(self._options.host)}:{self.server.port}/{self.api.stage}"

    def _make_runner(self, *, on_completed: OnCompleted) -> Runner:
        host = reached_at(self._options.host)
        self.runner = WorkerRunner(
            self.api,
            on_completed=on_completed,
            address=lambda: f"http://{host}:{self.server.port}",
            concurrency=self._options.concurrency,
            credentials=self._options.credentials,
            gateway_key=None if self._options.credentials else self._key,
        )
        return self.runner

    async def reload(self) -> None:
        """Use the files as they are now; if they can't be used, log why and keep the old routes."""
        try:
            api = read(self.file, self._options, self.api.stage)
        except ApiError as why:
            log.error("not reloaded: %s", why)  # noqa: TRY400 - the sentence is enough
            return
        self.api = api
        self.server.gateway.replace_api(api)
        await self.runner.reload(api)
        try:
            await self.runner.warm()
        except ApiError as why:
            log.error("%s", why)  # noqa: TRY400 - the same
        else:
            log.info("reloaded %s", self.file)


def serve(options: Options) -> int:
    """Run until a signal comes; return the exit code.

    Raises:
        ApiError: An api.json or a handler it names can't be used.
        CannotServe: A port can't be had.
    """
    return asyncio.run(_serve(options))


def read(file: Path, options: Options, stage: str | None = None) -> Api:
    """Read an api.json, and apply the options that override it.

    Raises:
        ApiError: It can't be used, or a function in it has no handler.
    """
    api = load(file)
    for function in api.functions.values():
        if function.handler is None:
            raise ApiError(
                f"{file}: {function.place}.handler: it is missing; "
                "name the function as package.module.function."
            )
    if not api.code_root.is_dir():
        raise ApiError(f"{file}: codeRoot: there is no folder {api.code_root}; correct the path.")
    if options.integration_seconds is not None:
        seconds = options.integration_seconds
        routes = {
            key: dataclasses.replace(route, timeout_seconds=seconds)
            for key, route in api.routes.items()
        }
        api = dataclasses.replace(api, routes=routes)
    return dataclasses.replace(api, stage=stage) if stage is not None else api


def host_all(options: Options) -> list[Hosted]:
    """Return a gateway for every file; those with the same port share it by stage.

    Raises:
        ApiError: A file can't be used.
        CannotServe: Two APIs want one stage on one port.
    """
    firsts: dict[int, Hosted] = {}
    hosted: list[Hosted] = []
    taken: dict[tuple[int, str], Path] = {}
    recorder = None if options.record is None else _recorder(options.record)
    key = options.credentials or new_credentials()
    for index, file in enumerate(options.files):
        api = read(file, options, _for_api(options.stages, index) if options.stages else None)
        port = _for_api(options.ports, index)
        if (port, api.stage) in taken:
            raise CannotServe(
                f"{file}: stage: {api.stage!r} is served for {taken[port, api.stage]} already; "
                f"give this one its own with a further --port or --stage."
            )
        taken[port, api.stage] = file
        first = firsts.get(port)
        one = Hosted(api, options, key, None if first is None else first.server, recorder)
        firsts.setdefault(port, one)
        hosted.append(one)
    return hosted


async def _serve(options: Options) -> int:
    hosted = host_all(options)
    started: list[Hosted] = []
    stop = asyncio.Event()
    on_signals(stop.set)
    try:
        await asyncio.gather(*(one.runner.warm() for one in hosted))
        for index, one in enumerate(hosted):
            await _listen(one, options.host, _for_api(options.ports, index))
            started.append(one)
        _announce(hosted, options)
        _warn_when_only_local(options)
        watch = asyncio.create_task(_watch(hosted)) if options.reload else None
        await stop.wait()
        if watch is not None:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
    finally:
        await asyncio.gather(*(one.server.stop() for one in started))
        await asyncio.gather(*(one.runner.end() for one in hosted))
    return 0


async def _listen(one: Hosted, host: str, port: int) -> None:
    """Open the port, unless an API before this one did.

    Raises:
        CannotServe: The port or the address can't be used.
    """
    try:
        await one.server.start(host, port)
    except OSError as cause:
        raise _cannot_listen(host, port, cause) from cause


def _for_api(given: Sequence[_T], index: int) -> _T:
    """Return what was given for the API at `index`; the last one counts for the rest."""
    return given[min(index, len(given) - 1)]


def _cannot_listen(host: str, port: int, cause: OSError) -> CannotServe:
    if cause.errno == errno.EADDRINUSE:
        return CannotServe(
            f"--port: {port} is taken by another program; choose another, or 0 for any free one."
        )
    if cause.errno == errno.EACCES:
        return CannotServe(f"--port: {port} needs more rights than you have; choose one over 1023.")
    return CannotServe(f"--host: {host} is no address of this machine; try localhost.")


def _announce(hosted: Sequence[Hosted], options: Options) -> None:
    """Print where each API is, and its limits."""
    for one in hosted:
        facts: dict[str, object] = {
            "api": one.api.name,
            "url": one.url,
            "connections": one.url.replace("ws:", "http:") + "/@connections",
            "idleSeconds": options.limits.idle_seconds,
            "lifetimeSeconds": options.limits.lifetime_seconds,
            "integrationSeconds": max(r.timeout_seconds for r in one.api.routes.values()),
            "frameBytes": options.limits.frame_bytes,
            "messageBytes": options.limits.message_bytes,
            "concurrency": options.concurrency,
        }
        if options.as_json:
            print(json.dumps({"message": "listening", **facts}), flush=True)
        else:
            print(
                f"{one.api.name} is at {one.url}  (idle {facts['idleSeconds']:g} s, "
                f"life {facts['lifetimeSeconds']:g} s, integration "
                f"{facts['integrationSeconds']:g} s, {options.concurrency} at once, "
                "Ctrl-C to stop)",
                flush=True,
            )


def _warn_when_only_local(options: Options) -> None:
    if options.host in EVERYWHERE and not options.allowed_hosts:
        log.warning(
            "only this machine is let in: name the host that others call this machine by, "
            "for example --allow-host 192.168.1.20"
        )


async def _watch(hosted: Sequence[Hosted]) -> None:
    """Reload an API when its file or its code changes."""
    seen = {one.file: await asyncio.to_thread(stamps, one.api) for one in hosted}
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        for one in hosted:
            now = await asyncio.to_thread(stamps, one.api)
            if now != seen[one.file]:
                seen[one.file] = now
                await one.reload()


def stamps(api: Api) -> dict[Path, int]:
    """Return when api.json and each file of code was last written."""
    found = {}
    for path in (Path(api.source), *_code(api.code_root)):
        with contextlib.suppress(OSError):
            found[path] = path.stat().st_mtime_ns
    return found


def _code(folder: Path) -> list[Path]:
    """Return the Python files below a folder, except installed packages and hidden folders."""
    found: list[Path] = []
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir() and path.name not in _NOT_CODE and not path.name.startswith("."):
                found += _code(path)
            elif path.suffix == ".py":
                found.append(path)
    return found


def _named(host: str) -> list[str]:
    """Return the host to listen on if clients can call the gateway by it."""
    return [] if host in EVERYWHERE else [bracketed(host)]


def _site(server: Callable[[], Server]) -> web.Application:
    """Return what answers plain HTTP as API Gateway does: 426 on a stage, 403 elsewhere."""
    app = web.Application()

    async def answer(request: web.Request) -> web.StreamResponse:
        unknown = unknown_function(request.rel_url.raw_path)
        if unknown is not None:
            return unknown
        if server().server_for(request.path.split("/")[1]) is None:
            return web.json_response({"message": "Forbidden"}, status=403)
        return await take_over(server(), request)

    app.router.add_route("*", "/{tail:.*}", answer)
    return app


def _recorder(folder: Path) -> Recorder:
    try:
        return Recorder(folder)
    except OSError as cause:
        raise CannotServe(
            f"--record: {folder} can't be used ({cause.strerror}); name a folder you may write to."
        ) from cause
