"""Put the chat together on one machine: SQLite, the local gateway and the page, in one process."""

import asyncio
import contextlib
import errno
import logging
import random
import secrets
import signal
import sys
import time
import uuid
import webbrowser
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from fireside import wire
from fireside.adapters.memory import MemoryRegistry
from fireside.adapters.sqlite import SqliteStore, StoreCorrupt, StoreTooNew, StoreUnusable
from fireside.chat import Chat
from fireside.domain.entry import EntryRules
from fireside.domain.events import Closing
from fireside.domain.message import ENTROPY_BITS
from fireside.entrypoints.authorizer import make_authorizer
from fireside.entrypoints.exits import CannotStart, ExitCode
from fireside.entrypoints.router import make_handler, storage_failed
from fireside.entrypoints.settings import Settings
from localgateway import api as gateway_api
from localgateway.management import Connections
from localgateway.server import Server
from localgateway.site import make_site
from localgateway.sockets import take_over

log = logging.getLogger("fireside")

PING_SECONDS = 25
"""How often a client asks for heads on one machine, where asking is free."""

RETURN_SPREAD_MS = 2_000
"""Clients come back after a restart within this time, each at its own moment."""

READY_SECONDS = 2.0
"""How long `/readyz` waits for the store before it says no."""

SWITCH_SECONDS = 0.0005
"""How long one thread may hold the interpreter while the other waits for it.

With Python's 5 ms the loop kept the chat thread waiting after each commit: ten senders got 1,000
to 4,400 sends a second through, with this 6,500 to 7,900 (docs/decisions/0001).
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
    store = open_store(settings.data)
    try:
        return asyncio.run(_serve(settings, store, page))
    finally:
        store.close()


def open_store(folder: Path) -> SqliteStore:
    """Open the database in `folder`, or say in one sentence why not and what to do."""
    try:
        return SqliteStore.open(folder / "fireside.db", new_epoch=_new_epoch)
    except (StoreCorrupt, StoreTooNew) as cause:
        raise CannotStart(str(cause), ExitCode.DATABASE) from cause
    except StoreUnusable as cause:
        raise CannotStart(str(cause), ExitCode.DATA) from cause


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
    """Say which addresses and origins may be used to come in."""
    hosts, origins = set(), {origin.lower() for origin in settings.allow_origins}
    if settings.host not in ("", "0.0.0.0", "::"):  # noqa: S104 - compared, not listened on
        literal = f"[{settings.host}]" if ":" in settings.host else settings.host
        hosts.add(literal.lower())
    if settings.public_url is not None:
        url = urlsplit(settings.public_url)
        hosts.add(url.netloc.lower())
        origins.add(f"{url.scheme}://{url.netloc}".lower())
    return EntryRules(frozenset(hosts), frozenset(origins))


def make_server(settings: Settings, store: SqliteStore, page: Path | None) -> Server:
    """Wire store, chat, handlers and gateway."""
    api = api_document()
    rules = entry_rules(settings)
    connections = Connections()
    chat = Chat(
        messages=store,
        connections=MemoryRegistry(),
        outbound=connections,
        clock=_epoch_ms,
        entropy=_entropy,
        ping_seconds=PING_SECONDS,
    )

    async def is_ready() -> bool:
        try:
            asked = asyncio.wrap_future(server.runner.call(store.check))
            await asyncio.wait_for(asked, READY_SECONDS)
        except Exception as cause:  # noqa: BLE001 - whatever is wrong, the answer is no
            log.warning("not ready: %s", type(cause).__name__)
            return False
        return True

    async def adopt(request: web.Request) -> web.StreamResponse:
        return await take_over(server, request)

    server = Server(
        api,
        {"chat": make_handler(chat, rules), "door": make_authorizer(rules)},
        store,
        connections=connections,
        on_lost_commit=storage_failed,
        site=make_site(api.stage, page, is_ready, PAGE_HEADERS, adopt),
        farewell=_farewell,
    )
    return server


async def _serve(settings: Settings, store: SqliteStore, page: Path) -> int:
    server = make_server(settings, store, page)
    _allow_many_files()
    stop = asyncio.Event()
    _on_signals(stop.set)
    try:
        await server.start(settings.host, settings.port)
    except OSError as cause:
        raise _cannot_listen(settings, cause) from cause
    address = settings.public_url or _address(settings.host, server.port)
    print(f"Fireside is at {address}  (messages in {settings.data}, Ctrl-C to stop)", flush=True)  # noqa: T201 - the one line people wait for
    _warn_when_exposed(settings, server.port)
    if settings.open_browser:
        await asyncio.to_thread(webbrowser.open, address)
    await stop.wait()
    log.info("stopping")
    await server.stop()
    return ExitCode.OK


def _farewell() -> bytes:
    """Say that we will be back, to each at another moment, so that not all return as one."""
    again_ms = 500 + random.randrange(RETURN_SPREAD_MS)  # noqa: S311 - spreading, no secret
    return wire.encode(Closing("restart", again=True, retry_after_ms=again_ms)).encode()


def _cannot_listen(settings: Settings, cause: OSError) -> CannotStart:
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


def _address(host: str, port: int) -> str:
    """Write an address that can be opened: `0.0.0.0` can't be, everywhere."""
    shown = "localhost" if host in ("", "0.0.0.0", "::", "127.0.0.1", "::1") else host  # noqa: S104
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _warn_when_exposed(settings: Settings, port: int) -> None:
    if settings.host in ("", "0.0.0.0", "::") and settings.public_url is None:  # noqa: S104
        log.warning(
            "only this machine gets in: say where others open it, "
            "for example --public-url http://192.168.1.20:%d",
            port,
        )


def _on_signals(stop: Callable[[], None]) -> None:
    """Stop on SIGTERM and Ctrl-C; a second one ends at once."""
    loop = asyncio.get_running_loop()

    def first(number: signal.Signals) -> None:
        loop.remove_signal_handler(number)
        stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises instead
            loop.add_signal_handler(number, first, number)


def _allow_many_files() -> None:
    """Raise the soft limit on open files: each connection is one."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - it is not on Windows

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _epoch_ms() -> int:
    return time.time_ns() // 1_000_000


def _entropy() -> int:
    return secrets.randbits(ENTROPY_BITS)


def _new_epoch() -> str:
    return uuid.uuid4().hex[:16]
