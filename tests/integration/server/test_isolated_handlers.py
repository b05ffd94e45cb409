"""The handlers in another process: messages are stored first, then pushed, then acknowledged."""

import json

import pytest

from fireside.adapters.http.pool import Pool
from fireside.adapters.sqlite.store import SqliteStore
from fireside.cli.invoke import sample
from fireside.domain.errors import StorageFailed
from fireside.server import isolated_handlers
from fireside.server.data_folder import invite_file
from fireside.server.isolated_handlers import AfterCommit, in_transactions
from tests.flow.house import House
from tests.integration.faulty_server import answer, faulty_server


class Ended:
    """What ends connections: it notes which, and whether their last frame came before."""

    def __init__(self, ids):
        self.ids = ids

    def end(self, connection_ids):
        self.ids += connection_ids


@pytest.fixture
def house(tmp_path):
    """Keep messages in SQLite, each call in a transaction of its own."""
    store = SqliteStore.open(tmp_path / "fireside.db", new_epoch=lambda: "epoch-1")
    ended = []
    house = House(store, outbound=lambda mailboxes: AfterCommit(mailboxes, Ended(ended)))
    house.ended = ended
    house.handler = in_transactions(
        house.handler, store, house.registry, house.outbound, lambda: house.now_ms
    )
    yield house
    store.close()


def failing(*_args):
    raise StorageFailed


def test_nothing_is_pushed_before_it_is_stored(house):
    ada, bob = house.join("Ada"), house.join("Bob")
    kept = []
    house.mailboxes.before_sending = lambda: kept.append(house.store._database.in_transaction)

    assert ada.say("hi")["type"] == "ack"

    assert [frame["message"] for frame in bob.received] == ["hi"]
    assert set(kept) == {False}


@pytest.mark.parametrize("verb", ["begin", "commit"])
def test_what_could_not_be_stored_is_refused_and_not_pushed(house, monkeypatch, verb):
    ada, bob = house.join("Ada"), house.join("Bob")
    monkeypatch.setattr(SqliteStore, verb, failing)

    refused = ada.ask("sendMessage", message="hi", id="7")
    monkeypatch.undo()

    assert (refused["type"], refused["code"], refused["id"]) == ("error", "storage", "7")
    assert ada.say("again")["seq"] == 1
    assert [frame["message"] for frame in bob.received] == ["again"]


def test_who_is_put_out_is_told_and_closed_after_the_commit(house):
    ada, bob = house.own("Ada", "d1"), house.claim("Bob", "d2")
    kept = []
    house.mailboxes.before_sending = lambda: kept.append(house.store._database.in_transaction)

    ada.ask("ban", person="bob")

    assert bob.told("closing")
    assert house.ended == [bob.connection_id]
    assert set(kept) == {False}


def test_who_could_not_be_put_out_stays_and_hears_nothing_of_it(house, monkeypatch):
    ada, bob = house.own("Ada", "d1"), house.claim("Bob", "d2")
    monkeypatch.setattr(SqliteStore, "commit", failing)

    refused = ada.ask("ban", person="bob")
    monkeypatch.undo()

    assert refused["code"] == "storage"
    assert not bob.told("closing")
    assert house.ended == []


def test_a_rollback_that_fails_too_changes_no_answer(house, monkeypatch):
    ada = house.join("Ada")
    monkeypatch.setattr(SqliteStore, "commit", failing)
    monkeypatch.setattr(SqliteStore, "rollback", failing)

    assert ada.ask("sendMessage", message="hi")["code"] == "storage"


def test_who_is_found_gone_while_posting_is_forgotten(house):
    ada, bob = house.join("Ada"), house.join("Bob")
    house.wait(60)
    house.mailboxes.gone = {bob.connection_id}

    ada.say("hi")

    assert house.registry.in_room("general").ids == {ada.connection_id}


def test_readiness_is_asked_of_the_store(house, monkeypatch):
    event = {"requestContext": {"routeKey": isolated_handlers.READY}}

    assert house.handler(event, None) == {"statusCode": 200}

    monkeypatch.setattr(SqliteStore, "check", failing)
    with pytest.raises(StorageFailed):
        house.handler(event, None)


@pytest.fixture
def process(tmp_path, monkeypatch):
    """Put this process in the place of the handlers' own, behind a gateway that answers 410."""
    opened = []

    def noting(make):
        def made(*args, **options):
            opened.append(make(*args, **options))
            return opened[-1]

        return made

    monkeypatch.setattr(isolated_handlers, "Pool", noting(Pool))
    monkeypatch.setattr(isolated_handlers, "open_store", noting(isolated_handlers.open_store))
    with faulty_server(answer(410)) as server:
        monkeypatch.setenv("FIRESIDE_DATA", str(tmp_path))
        monkeypatch.setenv("FIRESIDE_ENDPOINT", f"http://127.0.0.1:{server.port}/ws")
        monkeypatch.setenv("FIRESIDE_HOSTS", "")
        monkeypatch.setenv("FIRESIDE_ORIGINS", "https://friends.example.com")
        monkeypatch.setenv("FIRESIDE_INVITES", "off")
        monkeypatch.setenv("FIRESIDE_LIFETIME_SECONDS", "60")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "KEY")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_REGION", "eu-central-1")
        yield server
        for one in opened:
            one.close()
        isolated_handlers._chat.cache_clear()


def test_the_process_makes_everything_at_the_first_call_and_keeps_it(process):
    hello, send = sample("hello"), sample("sendMessage")
    hello["requestContext"]["connectionId"] = "another-one====="

    welcome = json.loads(isolated_handlers.chat(hello, None)["body"])
    first = json.loads(isolated_handlers.chat(send, None)["body"])
    again = json.loads(isolated_handlers.chat(send, None)["body"])

    assert welcome["limits"]["lifetimeSeconds"] == 60
    assert (first["type"], again["type"]) == ("ack", "ack")
    assert {path for path, _ in process.seen} == {"/ws/%40connections/another-one%3D%3D%3D%3D%3D"}


@pytest.mark.usefixtures("process")
def test_the_door_never_opens_the_messages(tmp_path):
    event = sample("$connect") | {"methodArn": "arn:aws:execute-api:x"}
    event["headers"] = {"Host": "localhost", "Origin": "https://friends.example.com"}

    said = isolated_handlers.authorizer(event, None)

    assert said["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("process")
@pytest.mark.parametrize(
    ("host", "scheme", "effect"),
    [
        ("box.lan", "http", "Allow"),
        ("box.lan", "https", "Allow"),
        ("", "http", "Deny"),  # then the name is that of an https:// public_url
        ("", "https", "Allow"),
    ],
)
def test_the_door_knows_by_which_scheme_the_pages_of_a_host_come(host, scheme, effect, monkeypatch):
    monkeypatch.setenv("FIRESIDE_HOST", host)
    monkeypatch.setenv("FIRESIDE_HOSTS", "box.lan")
    event = sample("$connect") | {"methodArn": "arn:aws:execute-api:x"}
    event["headers"] = {"Host": "box.lan:8080", "Origin": f"{scheme}://box.lan:8080"}

    said = isolated_handlers.authorizer(event, None)

    assert said["policyDocument"]["Statement"][0]["Effect"] == effect


@pytest.mark.usefixtures("process")
def test_the_door_goes_by_the_invite_of_this_moment(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRESIDE_INVITES", "required")
    file = invite_file(tmp_path)
    secret = file.secret()

    def decision():
        event = sample("$connect") | {"methodArn": "arn:aws:execute-api:x"}
        event["headers"] = {"Host": "localhost", "Sec-WebSocket-Protocol": f"invite.{secret}"}
        return isolated_handlers.authorizer(event, None)["policyDocument"]["Statement"][0]["Effect"]

    assert decision() == "Allow"
    file.replace()
    assert decision() == "Deny"
    monkeypatch.delenv("FIRESIDE_INVITES")
    assert decision() == "Deny"
