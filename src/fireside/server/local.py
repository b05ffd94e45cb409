"""Build the chat for one machine: SQLite, the local gateway and the page, in one process."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import resources
from pathlib import Path

from aiohttp import hdrs, web

from fireside import wire
from fireside.adapters.memory import MemoryRegistry
from fireside.adapters.sqlite.store import SqliteStore
from fireside.chat import Chat
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.entry import EntryRules
from fireside.domain.events import Closing
from fireside.handlers.authorizer import make_authorizer, reason_of
from fireside.handlers.router import make_handler, storage_failed, throttled
from fireside.server import isolated
from fireside.server.addresses import name_of, origin_of
from fireside.server.data_folder import invite_file, live_rules, owner_file
from fireside.server.limits import chat_limits
from fireside.server.settings import Settings, asks_for_invite
from fireside.system import entropy, epoch_ms, random_bytes
from localgateway.functions.connections import Connections
from localgateway.functions.runner import BatchRunner, MakeRunner
from localgateway.machine import api as gateway_api
from localgateway.machine.api import ApiError
from localgateway.machine.limits import Limits
from localgateway.net.door import take_over
from localgateway.net.proxies import proxy_header
from localgateway.net.server import Server
from localgateway.net.site import Readiness, make_site
from localgateway.platform.hosts import EVERYWHERE, bracketed, reached_at
from localgateway.signing.access import Access

RETURN_SPREAD_MS = 2_000
"""Clients reconnect at random moments within this time after a restart."""

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


_UNKNOWN_PROXY = (
    "This came through a proxy, and the chat knows of none: "
    "start it with --public-url and the address that people open"
)


def page_folder() -> Path:
    """Return the folder of the built page, which is in the package.

    Raises:
        CannotStart: The page was not built.
    """
    folder = Path(str(resources.files("fireside"))) / "web"
    if not (folder / "index.html").is_file():
        message = f"The page is not built ({folder} is missing): run `make page`, then try again."
        raise CannotStart(message, ExitCode.PAGE)
    return folder


def api_document() -> gateway_api.Api:
    """Return the routes, from the api.json in the package or in the checkout."""
    shipped = Path(str(resources.files("fireside"))) / "api.json"
    in_checkout = Path(__file__).parents[3] / "api.json"
    return gateway_api.load(shipped if shipped.is_file() else in_checkout)


def entry_rules(settings: Settings) -> EntryRules:
    """Return the hosts and origins that clients may connect with, and whether invites count.

    The invites themselves are in a file: see `live_rules`.
    """
    plain = set() if settings.host in EVERYWHERE else {bracketed(settings.host)}
    hosts, origins = set(plain), set(settings.allow_origin)
    if settings.public_url is not None:
        # Any port: a proxy may pass the host on without one, and it protects nothing.
        hosts.add(name_of(settings.public_url))
        origins.add(origin_of(settings.public_url))
        if settings.public_url.startswith("http://"):  # read_address wrote the scheme
            plain.add(name_of(settings.public_url))
    invites = frozenset[str]() if asks_for_invite(settings) else None
    return EntryRules(
        frozenset(hosts), frozenset(origins), plain_hosts=frozenset(plain), invites=invites
    )


def make_server(
    settings: Settings, store: SqliteStore, page: Path | None, limits: Limits | None = None
) -> Server:
    """Return a server with store, chat, handlers and gateway in this process."""
    rules = live_rules(entry_rules(settings), invite_file(settings.data))
    limits = limits or chat_limits(settings)
    connections = Connections()
    chat = Chat(
        messages=store,
        people=store.people,
        connections=MemoryRegistry(),
        outbound=connections,
        clock=epoch_ms,
        entropy=entropy,
        random_bytes=random_bytes,
        owner_hashes=owner_file(settings.data).hashes,
        names=settings.names,
        lifetime_seconds=int(limits.lifetime_seconds),
    )

    async def check() -> None:
        assert isinstance(server.runner, BatchRunner)
        await asyncio.wrap_future(server.runner.call(store.check))

    make_runner = partial(
        BatchRunner,
        {
            "chat": make_handler(chat, rules),
            "authorizer": make_authorizer(
                rules, reason_of, notes_invite=True, payer=chat.door.payer
            ),
        },
        store,
        connections,
        on_lost_commit=storage_failed,
    )
    server: Server = _gateway(
        settings, page, make_runner, check, limits=limits, live=connections.live
    )
    return server


def make_isolated_server(
    settings: Settings, page: Path | None, limits: Limits | None = None
) -> Server:
    """Return a server whose handlers run in another process and post over HTTP, as on AWS."""
    credentials = isolated.new_credentials()

    async def check() -> None:
        assert isinstance(server.runner, isolated.IsolatedRunner)
        await server.runner.check()

    make_runner = partial(
        isolated.IsolatedRunner,
        api_document(),
        address=lambda: own_address(settings, server),
        credentials=credentials,
    )
    access = isolated.access_with(credentials)
    server: Server = _gateway(settings, page, make_runner, check, limits=limits, access=access)
    return server


async def start_handlers(settings: Settings, server: Server) -> None:
    """Start the isolated handlers, if there are any, now that the port to post to is known.

    Raises:
        CannotStart: They can't open the database.
    """
    if not isinstance(server.runner, isolated.IsolatedRunner):
        return
    endpoint = f"{own_address(settings, server)}/{server.stage}"
    api = isolated.with_handlers(
        api_document(), settings, entry_rules(settings), endpoint, server.limits
    )
    await server.runner.reload(api)
    try:
        await server.runner.warm()
        await server.runner.require_database()
    except (ApiError, isolated.NotReady) as cause:
        await server.stop()
        message = f"The handlers' own process does not work ({cause}): try without --isolated."
        raise CannotStart(message, ExitCode.DATA) from cause


def _gateway(  # noqa: PLR0913 - what differs between the two
    settings: Settings,
    page: Path | None,
    make_runner: MakeRunner,
    check: Callable[[], Awaitable[None]],
    *,
    limits: Limits | None,
    live: set[str] | None = None,
    access: Access | None = None,
) -> Server:
    """Return the gateway with its page; this is the same wherever the handlers run."""
    api = api_document()

    async def take_over_upgrade(request: web.Request) -> web.StreamResponse:
        return await take_over(server, request)

    site = make_site(api.stage, page, Readiness(check).ask, PAGE_HEADERS, take_over_upgrade)
    add_config(site, settings, lambda: server.loses_upgrades)
    server = Server(
        api,
        make_runner,
        live=live,
        site=site,
        access=access,
        limits=limits or chat_limits(settings),
        last_message=closing_frame,
    )
    server.throttled = throttled
    server.proxy_refusal = unknown_proxy(settings)
    return server


def unknown_proxy(settings: Settings) -> str | None:
    """Return what a handshake through a proxy is told; None if there is one that is known.

    Behind a proxy everybody seems to be on this machine, which needs no invite.
    """
    return None if settings.public_url is not None else _UNKNOWN_PROXY


def add_config(
    site: web.Application, settings: Settings, loses_upgrades: Callable[[], bool]
) -> None:
    """Serve /config.json, as a browser does not tell the page why a handshake was refused."""
    invite = "required" if asks_for_invite(settings) else "open"

    async def answer(request: web.Request) -> web.Response:
        config = {"invite": invite} | ({"upgrade": "lost"} if loses_upgrades() else {})
        if unknown_proxy(settings) is not None and proxy_header(request.headers) is not None:
            config["proxy"] = "unknown"
        return web.json_response(config, headers={hdrs.CACHE_CONTROL: "no-cache"})

    site.router.add_get("/config.json", answer)


def own_address(settings: Settings, server: Server) -> str:
    """Return the address at which this machine reaches the server."""
    return f"http://{reached_at(settings.host)}:{server.port}"


def closing_frame() -> bytes:
    """Return the last frame before a restart; its delay is random, to spread reconnections."""
    again_ms = 500 + random.randrange(RETURN_SPREAD_MS)  # noqa: S311 - spreading, no secret
    return wire.encode(Closing("restart", again=True, retry_after_ms=again_ms)).encode()
