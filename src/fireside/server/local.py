"""Put the chat together on one machine: SQLite, the local gateway and the page, in one process."""

import asyncio
import contextlib
import errno
import logging
import random
import shlex
import signal
import sys
import threading
import webbrowser
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from fireside import wire
from fireside.adapters.invite_file import InviteUnusable
from fireside.adapters.memory import MemoryRegistry
from fireside.adapters.sqlite.store import SqliteStore
from fireside.chat import Chat
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.entry import EntryRules
from fireside.domain.events import Closing
from fireside.domain.invite import link
from fireside.handlers.authorizer import make_authorizer
from fireside.handlers.router import make_handler, storage_failed
from fireside.server import isolated, isolated_handlers
from fireside.server.data_folder import invite_file, live_rules, open_store
from fireside.server.settings import (
    EVERYWHERE,
    Settings,
    address,
    asks_for_invite,
    is_reachable,
)
from fireside.system import entropy, epoch_ms
from localgateway.functions.connections import Connections
from localgateway.functions.runner import BatchRunner, MakeRunner
from localgateway.machine import api as gateway_api
from localgateway.machine.api import ApiError
from localgateway.machine.limits import Limits
from localgateway.net.door import take_over
from localgateway.net.management import Access
from localgateway.net.server import Server
from localgateway.net.site import Readiness, make_site

log = logging.getLogger("fireside")

PING_SECONDS = 25
"""How often a client asks for heads on one machine, where asking is free."""

RETURN_SPREAD_MS = 2_000
"""Clients come back after a restart within this time, each at its own moment."""


SPARE_FILES = 64
"""Open files kept back for the database, the page and the log."""

SWITCH_SECONDS = 0.0005
"""How long one thread may hold the interpreter while the other waits for it.

With Python's 5 ms the loop kept the chat thread waiting after each commit: ten senders got 1,000
to 4,400 sends a second through, with this 7,900 (docs/decisions/0001).
"""

PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
        "form-action 'none'; object-src 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def serve(settings: Settings) -> int:
    """Run until a signal comes; return the exit code.

    Raises:
        CannotStart: The page, the data or the port can't be had.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    page = page_folder()
    if settings.faithful:
        _require_store(settings.data)
        asyncio.run(_serve(settings, partial(make_faithful_server, settings, page)))
        return ExitCode.OK
    store = open_store(settings.data)
    try:
        is_over = asyncio.run(_serve(settings, partial(make_server, settings, store, page)))
    except CannotStart:
        store.close()
        raise
    if is_over:
        store.close()
    return ExitCode.OK


def page_folder() -> Path:
    """Find the built page that ships with the package."""
    folder = Path(str(resources.files("fireside"))) / "web"
    if not (folder / "index.html").is_file():
        message = f"The page is not built ({folder} is missing): run `make page`, then try again."
        raise CannotStart(message, ExitCode.PAGE)
    return folder


def api_document() -> gateway_api.Api:
    """Read the routes that ship with the package."""
    shipped = Path(str(resources.files("fireside"))) / "api.json"
    in_checkout = Path(__file__).parents[3] / "api.json"
    return gateway_api.load(shipped if shipped.is_file() else in_checkout)


def entry_rules(settings: Settings) -> EntryRules:
    """Say which addresses and origins may be used to come in, and whether with an invite.

    The invites themselves are in a file: see `live_rules`.
    """
    hosts, origins = set(), {origin.lower() for origin in settings.allow_origins}
    if settings.host not in EVERYWHERE:
        literal = f"[{settings.host}]" if ":" in settings.host else settings.host
        hosts.add(literal.lower())
    if settings.public_url is not None:
        url = urlsplit(settings.public_url)
        hosts.add(url.netloc.lower())
        origins.add(f"{url.scheme}://{url.netloc}".lower())
    invites = frozenset[str]() if asks_for_invite(settings) else None
    return EntryRules(frozenset(hosts), frozenset(origins), invites=invites)


def make_server(
    settings: Settings, store: SqliteStore, page: Path | None, limits: Limits | None = None
) -> Server:
    """Wire store, chat, handlers and gateway, all in this process."""
    rules = live_rules(entry_rules(settings), invite_file(settings.data))
    limits = limits or Limits()
    connections = Connections()
    chat = Chat(
        messages=store,
        connections=MemoryRegistry(),
        outbound=connections,
        clock=epoch_ms,
        entropy=entropy,
        ping_seconds=PING_SECONDS,
        lifetime_seconds=int(limits.lifetime_seconds),
    )

    async def check() -> None:
        assert isinstance(server.runner, BatchRunner)
        await asyncio.wrap_future(server.runner.call(store.check))

    make_runner = partial(
        BatchRunner,
        {"chat": make_handler(chat, rules), "door": make_authorizer(rules)},
        store,
        connections,
        on_lost_commit=storage_failed,
    )
    server: Server = _gateway(
        settings, page, make_runner, check, limits=limits, live=connections.live
    )
    return server


def make_faithful_server(
    settings: Settings, page: Path | None, limits: Limits | None = None
) -> Server:
    """Wire a gateway whose handlers run apart and post over HTTP, as on AWS."""
    credentials = isolated.new_credentials()

    async def check() -> None:
        assert isinstance(server.runner, isolated.HandlersApart)
        await server.runner.check()

    make_runner = partial(
        isolated.HandlersApart,
        api_document(),
        address=lambda: own_address(settings, server),
        credentials=credentials,
    )
    access = isolated.access_with(credentials)
    server: Server = _gateway(settings, page, make_runner, check, limits=limits, access=access)
    return server


async def start_handlers(settings: Settings, server: Server) -> None:
    """Start those that run apart, now that the port to post to is known.

    Raises:
        CannotStart: They can't keep messages.
    """
    if not isinstance(server.runner, isolated.HandlersApart):
        return
    endpoint = f"{own_address(settings, server)}/{server.stage}"
    api = isolated.with_handlers(
        api_document(), settings.data, entry_rules(settings), endpoint, server.limits
    )
    await server.runner.reload(api)
    try:
        await server.runner.warm()
        await server.runner.check()
    except (ApiError, isolated.NotReady) as cause:
        await server.stop()
        message = f"The handlers' own process does not work ({cause}): try without --faithful."
        raise CannotStart(message, ExitCode.DATA) from cause


def _gateway(  # noqa: PLR0913 - all that differs between the two
    settings: Settings,
    page: Path | None,
    make_runner: MakeRunner,
    check: Callable[[], Awaitable[None]],
    *,
    limits: Limits | None,
    live: set[str] | None = None,
    access: Access | None = None,
) -> Server:
    """Wire what is the same wherever the handlers run."""
    api = api_document()

    async def adopt(request: web.Request) -> web.StreamResponse:
        return await take_over(server, request)

    site = make_site(api.stage, page, Readiness(check).ask, PAGE_HEADERS, adopt)
    _add_config(site, settings)
    server = Server(
        api,
        make_runner,
        live=live,
        site=site,
        access=access,
        limits=limits,
        farewell=farewell,
    )
    return server


def _add_config(site: web.Application, settings: Settings) -> None:
    """Tell the page what it can't see: a refused handshake looks like any other failure."""
    config = {"invite": "required" if asks_for_invite(settings) else "open"}

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(config, headers={hdrs.CACHE_CONTROL: "no-cache"})

    site.router.add_get("/config.json", answer)


async def _serve(settings: Settings, make: Callable[..., Server]) -> bool:
    """Serve until a signal comes; tell whether the store may be closed."""
    secret = _secret(settings)
    server = make(limits=Limits(max_connections=_connections()))
    stop = asyncio.Event()
    on_signals(stop.set)
    try:
        await server.start(settings.host, settings.port)
    except OSError as cause:
        raise cannot_listen(settings, cause) from cause
    await start_handlers(settings, server)
    place = address(settings, server.port)
    print(f"Fireside is at {place}  (messages in {settings.data}, Ctrl-C to stop)", flush=True)  # noqa: T201 - the one line people wait for
    if secret is not None:
        print(_invitation(place, secret, settings.data), flush=True)  # noqa: T201 - and the next
    _warn_when_exposed(settings, server.port)
    if settings.open_browser:
        # Some browsers end only when they are closed: nobody may have to wait for that.
        threading.Thread(target=webbrowser.open, args=(place,), daemon=True).start()
    await stop.wait()
    log.info("stopping")
    return await server.stop()


def _secret(settings: Settings) -> str | None:
    """Have the invite at hand before anybody knocks, if one is asked for."""
    if not asks_for_invite(settings):
        return None
    try:
        return invite_file(settings.data).secret()
    except InviteUnusable as cause:
        raise CannotStart(str(cause), ExitCode.DATA) from cause


def _invitation(place: str, secret: str, data: Path) -> str:
    """Show the link to a person; what is no terminal may be a log, which must not have it."""
    if sys.stdout.isatty():
        return f"Invite people with {link(place, secret)}"
    command = shlex.join(["fireside", "invite", "--data", str(data), "--url", place])
    return f"One needs an invite to enter: {command}"


def _require_store(folder: Path) -> None:
    """Make sure that the handlers will be able to open the messages, or say why not."""
    open_store(folder, patience_seconds=isolated_handlers.PATIENCE_SECONDS).close()


def own_address(settings: Settings, server: Server) -> str:
    """Write the address at which this machine reaches the server."""
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - looked up
    literal = f"[{host}]" if ":" in host else host
    return f"http://{literal}:{server.port}"


def farewell() -> bytes:
    """Say that we will be back, to each at another moment, so that not all return as one."""
    again_ms = 500 + random.randrange(RETURN_SPREAD_MS)  # noqa: S311 - spreading, no secret
    return wire.encode(Closing("restart", again=True, retry_after_ms=again_ms)).encode()


def cannot_listen(settings: Settings, cause: OSError) -> CannotStart:
    """Say why a port can't be had, and what to do."""
    if cause.errno == errno.EADDRINUSE:
        message = (
            f"Port {settings.port} is taken by another program: "
            "choose another with --port, or --port 0 for any free one."
        )
        return CannotStart(message, ExitCode.PORT_BUSY)
    if cause.errno == errno.EACCES:
        message = f"Port {settings.port} needs more rights than you have: choose one above 1023."
        return CannotStart(message, ExitCode.PORT_BUSY)
    message = f"{settings.host} is no address of this machine: check --host."
    return CannotStart(message, ExitCode.USAGE)


def _warn_when_exposed(settings: Settings, port: int) -> None:
    if settings.host in EVERYWHERE and settings.public_url is None:
        log.warning(
            "only this machine gets in: say where others open it, "
            "for example --public-url http://192.168.1.20:%d",
            port,
        )
    if is_reachable(settings) and not asks_for_invite(settings):
        log.warning("anybody who gets to this address may enter: invites are off")


def on_signals(stop: Callable[[], None]) -> None:
    """Stop on SIGTERM and Ctrl-C; a second one ends at once."""
    loop = asyncio.get_running_loop()

    def first(number: signal.Signals) -> None:
        loop.remove_signal_handler(number)
        stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises instead
            loop.add_signal_handler(number, first, number)


def _connections() -> int:
    """Raise the limit on open files, and say how many of them may be connections."""
    most = Limits().max_connections
    if sys.platform == "win32":
        return most
    import resource  # noqa: PLC0415 - it is not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return most if soft == resource.RLIM_INFINITY else max(1, min(most, soft - SPARE_FILES))
