"""Run the chat on this machine until a signal comes: `fireside serve`."""

import asyncio
import logging
import sys
import threading
import webbrowser
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fireside.console.exits import CannotStart, ExitCode
from fireside.server import ended_invites, isolated_handlers
from fireside.server.data_folder import open_store
from fireside.server.invitation import invitation, owner_secret, ownership, secret_in
from fireside.server.limits import chat_limits
from fireside.server.local import make_isolated_server, make_server, page_folder, start_handlers
from fireside.server.process import allowed_connections, cannot_listen
from fireside.server.settings import Settings, address, asks_for_invite, is_reachable
from localgateway.net.server import Server
from localgateway.platform.hosts import EVERYWHERE
from localgateway.platform.signals import on_signals

log = logging.getLogger("fireside")

SWITCH_SECONDS = 0.0005
"""How long one thread may hold the interpreter while another waits for it.

With Python's 5 ms, the event loop kept the chat thread waiting after each commit: ten senders
sent 1,000 to 4,400 messages a second, with this 7,900 (docs/decisions/0001).
"""


def serve(settings: Settings) -> int:
    """Run until a signal comes; return the exit code.

    Raises:
        CannotStart: The page is missing, or the data folder or the port can't be used.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    page = page_folder()
    if settings.isolated:
        owned = _has_owner(settings.data)
        make = partial(make_isolated_server, settings, page)
        asyncio.run(_serve(settings, make, is_owned=owned))
        return ExitCode.OK
    store = open_store(settings.data, keep_free=settings.keep_free)
    try:
        make = partial(make_server, settings, store, page)
        is_over = asyncio.run(_serve(settings, make, is_owned=store.people.has_owner()))
    except CannotStart:
        store.close()
        raise
    if is_over:
        store.close()
    return ExitCode.OK


async def _serve(settings: Settings, make: Callable[..., Server], *, is_owned: bool) -> bool:
    """Serve until a signal comes; return whether the store may be closed."""
    secret = secret_in(settings.data, settings)
    owners = None if is_owned else owner_secret(settings.data)
    server = make(limits=chat_limits(settings, allowed_connections()))
    stop = asyncio.Event()
    on_signals(stop.set)
    try:
        await server.start(settings.host, settings.port)
    except OSError as cause:
        raise cannot_listen(settings, cause) from cause
    await start_handlers(settings, server)
    place = address(settings, server.port)
    print(f"Fireside is at {place}  (messages in {settings.data}, Ctrl-C to stop)", flush=True)  # noqa: T201 - the one line people wait for
    watching = None
    if secret is not None:
        watching = asyncio.create_task(ended_invites.watch(settings.data, server))
        print(invitation(place, secret, settings.data), flush=True)  # noqa: T201 - and the next
    if owners is not None:
        print(ownership(place, owners, settings.data), flush=True)  # noqa: T201 - and the last
    _warn_when_exposed(settings, server.port)
    if settings.open:
        # Some browsers' programs end only when the browser is closed: don't wait for that.
        threading.Thread(target=webbrowser.open, args=(place,), daemon=True).start()
    await stop.wait()
    if watching is not None:
        watching.cancel()
    log.info("stopping")
    return await server.stop()


def _has_owner(folder: Path) -> bool:
    """Open and close the database, as the handlers' process will; return if there is an owner.

    Raises:
        CannotStart: It can't be opened.
    """
    store = open_store(folder, lock_timeout_seconds=isolated_handlers.LOCK_TIMEOUT_SECONDS)
    try:
        return store.people.has_owner()
    finally:
        store.close()


def _warn_when_exposed(settings: Settings, port: int) -> None:
    if settings.host in EVERYWHERE and settings.public_url is None:
        log.warning(
            "only this machine is let in: give the address for others, "
            "for example --public-url http://192.168.1.20:%d",
            port,
        )
    if is_reachable(settings) and not asks_for_invite(settings):
        log.warning("everybody who can reach this address may enter: invites are off")
