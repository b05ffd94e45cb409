"""The adapters under one roof: every suite asks for them by kind."""

import functools
import itertools

import boto3
import pytest

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.boto import BotoTables
from fireside.adapters.dynamodb.client import RetryPolicy
from fireside.adapters.dynamodb.http import DynamoDbApi
from fireside.adapters.dynamodb.people import DynamoPeople
from fireside.adapters.dynamodb.store import DynamoRegistry, DynamoStore
from fireside.adapters.http.sigv4 import Credentials
from fireside.adapters.memory import MemoryRegistry, MemoryStore
from fireside.adapters.sqlite.store import SqliteStore

NUMBERS = itertools.count(1)
CLIENTS = ("own", "boto3")
LONG = RetryPolicy(budget_ms=60_000)
"""The machine may be a busy one."""


@pytest.fixture(scope="session")
def connect_with(dynamodb):
    """Make clients of either kind, with something to sign with that is nobody's."""
    ours = []

    def client(kind, address=dynamodb, **options):
        if kind == "boto3":
            return BotoTables.connect("eu-central-1", address, **options)
        credentials = Credentials("rehearsal", "rehearsal")
        ours.append(DynamoDbApi(address, "eu-central-1", credentials, **options))
        return ours[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers another test's key
        patch.delenv("AWS_PROFILE", raising=False)
        patch.setenv("AWS_ACCESS_KEY_ID", "rehearsal")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "rehearsal")
        yield client
    for one in ours:
        one.close()


@pytest.fixture(scope="session")
def tables_of(connect_with):
    """Give the client of a kind for all who do not look into it."""
    return functools.cache(functools.partial(connect_with, call_seconds=60))


@pytest.fixture(
    scope="session", params=[CLIENTS[0], pytest.param(CLIENTS[1], marks=pytest.mark.long)]
)
def connect(request, connect_with):
    """Make clients of one kind: whatever asks for this runs with each."""
    return functools.partial(connect_with, request.param)


@pytest.fixture(scope="session")
def tables(connect):
    return connect(call_seconds=60)


@pytest.fixture
def new_store(request, tmp_path_factory):
    """Make stores of a kind, each of them empty; close them in the end."""
    stores = []

    def make(kind):
        match kind:
            case "memory":
                store = MemoryStore("epoch-1")
            case "sqlite":
                path = tmp_path_factory.mktemp("store") / "chat.db"
                store = SqliteStore.open(path, new_epoch=lambda: "epoch-1")
                stores.append(store)
            case "dynamodb" | "dynamodb with boto3":
                tables = request.getfixturevalue("tables_of")(client_of(kind))
                store = dynamo_store(tables, new_table(tables, rows.messages_table))
        return store

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def new_people(request, new_store):
    """Make stores of people of a kind, each of them empty."""

    def make(kind):
        if not kind.startswith("dynamodb"):
            return new_store(kind).people
        tables = request.getfixturevalue("tables_of")(client_of(kind))
        return dynamo_people(tables, new_table(tables, rows.people_table))

    return make


@pytest.fixture
def new_registry(request):
    """Make registries of a kind, each of them empty; their clock stands still."""

    def make(kind):
        if kind == "memory":
            return MemoryRegistry()
        tables = request.getfixturevalue("tables_of")(client_of(kind))
        return dynamo_registry(tables, new_table(tables, rows.connections_table))

    return make


def client_of(kind):
    """Tell the client of a kind of adapter: `dynamodb` is with our own."""
    return "boto3" if kind.endswith("boto3") else "own"


def new_table(tables, definition):
    name = f"table-{next(NUMBERS)}"
    tables.call("CreateTable", definition(name))
    return name


def dynamo_store(tables, table, *, epoch="epoch-1", retry=LONG):
    return DynamoStore(tables, table, new_epoch=lambda: epoch, retry=retry)


def dynamo_registry(tables, table, *, clock=lambda: 0, retry=LONG):
    return DynamoRegistry(tables, table, clock=clock, retry=retry)


def dynamo_people(tables, table, *, clock=lambda: 0, retry=LONG):
    return DynamoPeople(tables, table, clock=clock, retry=retry)
