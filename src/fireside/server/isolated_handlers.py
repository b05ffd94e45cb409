"""The handlers in a process of their own, as Lambda runs them: `fireside serve --isolated`.

`chat` and `door` are the functions that api.json names. What they need is in the environment
and is made once, at the first call. Each call is a transaction, and nobody is told anything
before it is kept.
"""

import functools
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fireside.adapters.http.pool import Pool
from fireside.adapters.http.sigv4 import Credentials
from fireside.adapters.memory import MemoryRegistry
from fireside.adapters.outbound.http import ConnectionsApi
from fireside.adapters.sqlite.store import SqliteStore
from fireside.chat import YOUNG_MS, Chat
from fireside.domain.entry import EntryRules
from fireside.domain.errors import StorageFailed
from fireside.handlers.authorizer import Handler, Rules, make_authorizer
from fireside.handlers.router import Response, make_handler, storage_failed
from fireside.handlers.rules import HOSTS, ORIGINS
from fireside.ports import Clock, ConnectionRegistry, Outbound
from fireside.server.data_folder import invite_file, live_rules, open_store
from fireside.system import entropy, epoch_ms

DATA, INVITES = "FIRESIDE_DATA", "FIRESIDE_INVITES"
"""The settings of these names. Without the word `off`, people need the invite in the folder."""
ENDPOINT, LIFETIME = "FIRESIDE_ENDPOINT", "FIRESIDE_LIFETIME_SECONDS"

READY = "$ready"
"""The route of the one event that comes from the server itself: can messages be kept?"""

PATIENCE_SECONDS = 3.0
"""For the lock of a process before us, which was ended a moment ago."""


def chat(event: dict[str, Any], context: object) -> Response:
    """Answer every route."""
    return _chat()(event, context)


def door(event: dict[str, Any], context: object) -> Response:
    """Decide who may connect. This process never opens the messages."""
    return make_authorizer(_rules(os.environ))(event, context)


def make_chat(environ: Mapping[str, str]) -> Handler:
    """Put the chat together from environment variables."""
    store = open_store(Path(environ[DATA]), patience_seconds=PATIENCE_SECONDS)
    connections = MemoryRegistry()
    outbound = AfterCommit(_connections_api(environ))
    chat = Chat(
        store,
        connections,
        outbound,
        clock=epoch_ms,
        entropy=entropy,
        lifetime_seconds=int(environ[LIFETIME]),
    )
    return in_transactions(
        make_handler(chat, _rules(environ)), store, connections, outbound, epoch_ms
    )


class AfterCommit:
    """Keeps what is said until it may be said."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._said: list[tuple[list[str], bytes]] = []

    def send(self, connection_ids: Iterable[str], data: bytes) -> set[str]:
        """Note it; who is gone is known later."""
        self._said.append((list(connection_ids), data))
        return set()

    def take_back(self) -> None:
        """Forget what was said: it is not true."""
        self._said.clear()

    def post(self) -> set[str]:
        """Say it; return the connections that are gone."""
        said, self._said = self._said, []
        return {gone for ids, data in said for gone in self._outbound.send(ids, data)}


def in_transactions(
    handle: Handler,
    store: SqliteStore,
    connections: ConnectionRegistry,
    outbound: AfterCommit,
    clock: Clock,
) -> Handler:
    """Make each call keep all or nothing, then tell the others, then answer."""

    def run(event: dict[str, Any], context: object) -> Response:
        if event["requestContext"]["routeKey"] == READY:
            store.check()
            return {"statusCode": 200}
        try:
            store.begin()
            response = handle(event, context)
            store.commit()
        except StorageFailed:
            outbound.take_back()
            with suppress(StorageFailed):
                store.rollback()
            return storage_failed(event)
        gone = outbound.post()
        connections.forget(gone, clock() - YOUNG_MS)
        return response

    return run


@functools.cache
def _chat() -> Handler:
    return make_chat(os.environ)


def _rules(environ: Mapping[str, str]) -> Rules:
    hosts, origins = environ[HOSTS].split(), environ[ORIGINS].split()
    invites = None if environ.get(INVITES) == "off" else frozenset[str]()
    rules = EntryRules(frozenset(hosts), frozenset(origins), invites=invites)
    return live_rules(rules, invite_file(Path(environ[DATA])))


def _connections_api(environ: Mapping[str, str]) -> ConnectionsApi:
    endpoint = environ[ENDPOINT]
    url = urlsplit(endpoint)
    assert url.hostname is not None
    assert url.port is not None
    credentials = Credentials(environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"])
    pool = Pool(url.hostname, url.port)
    return ConnectionsApi(endpoint, environ["AWS_REGION"], credentials, pool)
