"""The handlers in another process, as Lambda runs them: `fireside serve --isolated`.

`chat` and `authorizer` are the functions that api.json names. What they need is in the environment
and is made once, at the first call. Each call is a transaction, and pushes are posted after its
commit.
"""

import atexit
import functools
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fireside import environment
from fireside.adapters.http.pool import Pool
from fireside.adapters.http.sigv4 import Credentials
from fireside.adapters.memory import MemoryRegistry
from fireside.adapters.outbound.ending import ConnectionsEnder, Ender
from fireside.adapters.outbound.http import ConnectionsApi
from fireside.adapters.outbound.posting import Posting
from fireside.adapters.sqlite.store import SqliteStore
from fireside.chat import HANDSHAKE_GRACE_MS, Chat
from fireside.domain.entry import EntryRules
from fireside.domain.errors import StorageFailed
from fireside.handlers.authorizer import Handler, Rules, make_authorizer, reason_of
from fireside.handlers.router import Response, make_handler, storage_failed
from fireside.handlers.rules import names_from
from fireside.ports import Clock, ConnectionRegistry
from fireside.server.data_folder import invite_file, live_rules, open_store, owner_file
from fireside.system import entropy, epoch_ms, random_bytes

DATA, INVITES = "FIRESIDE_DATA", "FIRESIDE_INVITES"
"""The settings of these names. Without the word `off`, people need the invite in the folder."""
HOST = "FIRESIDE_HOST"
"""The setting of this name, as it is in a URL; empty if it stands for all addresses."""
KEEP_FREE = "FIRESIDE_KEEP_FREE"
"""The setting of this name, in bytes."""

OPENED, READY = "$opened", "$ready"
"""Routes of the events that the server itself sends: is the database open, can messages be stored?
"""

LOCK_TIMEOUT_SECONDS = 3.0
"""How long to wait for the lock of an earlier process, which was ended a moment ago."""


def chat(event: dict[str, Any], context: object) -> Response:
    """Answer every route."""
    return _chat()(event, context)


def authorizer(event: dict[str, Any], context: object) -> Response:
    """Decide who may connect. Its process never opens the database."""
    authorize = make_authorizer(_rules(os.environ), reason_of, notes_invite=True)
    return authorize(event, context)


def make_chat(environ: Mapping[str, str]) -> Handler:
    """Return the chat's handler, made from environment variables."""
    store = open_store(
        Path(environ[DATA]),
        keep_free=int(environ.get(KEEP_FREE, "0")),
        lock_timeout_seconds=LOCK_TIMEOUT_SECONDS,
    )
    atexit.register(store.close)  # else the next process has to check the whole database
    connections = MemoryRegistry()
    outbound = _outbound(environ)
    chat = Chat(
        store,
        store.people,
        connections,
        outbound,
        clock=epoch_ms,
        entropy=entropy,
        random_bytes=random_bytes,
        owner_hashes=owner_file(Path(environ[DATA])).hashes,
        names=names_from(environ),
        lifetime_seconds=int(environ[environment.LIFETIME_SECONDS]),
    )
    return in_transactions(
        make_handler(chat, _rules(environ)), store, connections, outbound, epoch_ms
    )


class AfterCommit:
    """An Outbound that holds pushes and cuts back until the commit."""

    def __init__(self, poster: Posting, ender: Ender) -> None:
        self._poster = poster
        self._ender = ender
        self._pending: list[tuple[list[str], bytes]] = []
        self._over: list[str] = []

    def send(self, connection_ids: Iterable[str], data: bytes) -> set[str]:
        """Hold a push back; which connections are gone, only `post` knows."""
        self._pending.append((list(connection_ids), data))
        return set()

    def cut(self, connection_ids: Iterable[str], last_frame: bytes) -> None:
        """Hold a last frame back, and the close after it."""
        ids = list(connection_ids)
        self._pending.append((ids, last_frame))
        self._over += ids

    def discard(self) -> None:
        """Drop the pushes of a transaction that failed."""
        self._pending.clear()
        self._over.clear()

    def post(self) -> set[str]:
        """Post the pushes, then close what is over; return the connections that are gone."""
        pending, self._pending = self._pending, []
        over, self._over = self._over, []
        gone = {gone for ids, data in pending for gone in self._poster.send(ids, data)}
        if over:
            self._ender.end(over)
        return gone


def in_transactions(
    handle: Handler,
    store: SqliteStore,
    connections: ConnectionRegistry,
    outbound: AfterCommit,
    clock: Clock,
) -> Handler:
    """Return a handler that stores all or nothing, then posts the pushes, then answers."""

    def run(event: dict[str, Any], context: object) -> Response:
        route = event["requestContext"]["routeKey"]
        if route == READY:
            store.check()
        if route in {OPENED, READY}:
            return {"statusCode": 200}
        try:
            store.begin()
            response = handle(event, context)
            store.commit()
        except StorageFailed:
            outbound.discard()
            with suppress(StorageFailed):
                store.rollback()
            return storage_failed(event)
        gone = outbound.post()
        connections.forget(gone, clock() - HANDSHAKE_GRACE_MS)
        return response

    return run


@functools.cache
def _chat() -> Handler:
    return make_chat(os.environ)


def _rules(environ: Mapping[str, str]) -> Rules:
    hosts, origins = environ[environment.HOSTS].split(), environ[environment.ORIGINS].split()
    invites = None if environ.get(INVITES) == "off" else frozenset[str]()
    plain = frozenset(environ.get(HOST, "").split())
    rules = EntryRules(frozenset(hosts), frozenset(origins), plain_hosts=plain, invites=invites)
    return live_rules(rules, invite_file(Path(environ[DATA])))


def _outbound(environ: Mapping[str, str]) -> AfterCommit:
    endpoint = environ[environment.ENDPOINT]
    url = urlsplit(endpoint)
    assert url.hostname is not None
    assert url.port is not None
    credentials = Credentials(environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"])
    pool, region = Pool(url.hostname, url.port), environ["AWS_REGION"]
    return AfterCommit(
        ConnectionsApi(endpoint, region, credentials, pool),
        ConnectionsEnder(endpoint, region, credentials, pool),
    )
