"""What only DynamoDB can do: be asked by many at once, end a page, keep what has expired."""

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.client import Rejected, RetryPolicy, Transient
from fireside.adapters.dynamodb.store import ASK_AGAIN_SECONDS, EPOCH_SECONDS
from fireside.adapters.dynamodb.units import MeteredTables
from fireside.domain.errors import Busy, StorageFailed
from fireside.ports import Connection
from tests.contract.conftest import LONG, dynamo_registry, dynamo_store, new_table
from tests.contract.drafts import draft, keep, seqs


class Watched:
    """Tables that note what they were asked, and let something happen before a transaction."""

    def __init__(self, tables):
        self.tables = MeteredTables(tables)
        self.asked = []
        self.meanwhile = lambda: None

    def call(self, operation, request):
        if operation == "TransactWriteItems":
            self.meanwhile()
        self.asked.append((operation, request))
        return self.tables.call(operation, request)


@pytest.fixture
def watched(tables):
    return Watched(tables)


@pytest.fixture
def messages(tables):
    return new_table(tables, rows.messages_table)


@pytest.fixture
def connections(tables):
    return new_table(tables, rows.connections_table)


@pytest.fixture
def store(watched, messages):
    return dynamo_store(watched, messages)


@pytest.fixture
def registry(watched, connections):
    return dynamo_registry(watched, connections)


def connection(connection_id="c1", connected_at_ms=0):
    return Connection(connection_id, "ann", "Ann", ("general",), connected_at_ms)


# --- many at once ---


def test_many_who_send_at_once_make_one_log_and_a_reader_misses_nothing(tables, messages):
    writers, each = 8, 15
    done = threading.Event()

    def write(writer):
        store = dynamo_store(tables, messages, retry=RetryPolicy(budget_ms=30_000))
        nonces = [f"{writer}-{number}" for number in range(each)]
        return [store.append(draft(nonce, author=f"author {writer}")) for nonce in nonces]

    def follow():
        store = dynamo_store(tables, messages)
        read = []
        is_last = False
        while not is_last:
            is_last = done.is_set()
            read += store.after("general", read[-1].seq if read else 0, 7)
            is_last = is_last and len(read) == writers * each
        return read

    with ThreadPoolExecutor(writers + 1) as pool:
        reader = pool.submit(follow)
        written = [kept for kepts in pool.map(write, range(writers)) for kept in kepts]
        done.set()
        read = reader.result()

    assert seqs(read) == [*range(1, writers * each + 1)]
    assert not any(kept.duplicate for kept in written)
    assert {kept.message for kept in written} == set(read)


def test_one_nonce_sent_many_times_at_once_is_one_message(tables, messages):
    def send(entropy):
        again = dataclasses.replace(draft("n1"), entropy=entropy)
        return dynamo_store(tables, messages).append(again)

    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(send, range(8)))

    assert len({one.message for one in kept}) == 1
    assert sorted(one.duplicate for one in kept) == [False] + 7 * [True]
    assert dynamo_store(tables, messages).head("general") == 1


def test_whoever_lost_the_race_for_a_seq_gets_the_next(tables, watched, messages, store):
    rival = dynamo_store(tables, messages)

    def meanwhile():
        watched.meanwhile = lambda: None
        rival.append(draft("rival", now_ms=9_000))

    watched.meanwhile = meanwhile

    [message] = keep(store, "n1", now_ms=1_000)

    assert (message.seq, message.timestamp_ms) == (2, 9_000)


def test_whoever_always_loses_is_told_to_try_again(tables, watched, messages):
    rival = dynamo_store(tables, messages)
    watched.meanwhile = lambda: rival.append(draft(f"rival {len(watched.asked)}"))
    store = dynamo_store(watched, messages, retry=RetryPolicy(budget_ms=0, jitter=lambda: 1))

    with pytest.raises(Busy):
        store.append(draft("n1"))

    watched.meanwhile = lambda: None
    assert not store.append(draft("n1")).duplicate


def test_stores_that_meet_agree_on_one_name(tables, messages):
    first = dynamo_store(tables, messages, epoch="epoch-1")
    second = dynamo_store(tables, messages, epoch="epoch-2")

    assert first.epoch == second.epoch == "epoch-1"


class Identified:
    """Tables that say which one each is, as AWS does; DynamoDB Local does not."""

    def __init__(self, tables, table_id):
        self.tables = tables
        self.table_id = table_id

    def call(self, operation, request):
        answer = self.tables.call(operation, request)
        if operation == "DescribeTable":
            answer["Table"]["TableId"] = self.table_id
        return answer


def test_a_table_that_was_restored_has_another_epoch(tables, messages):
    """It has every row of the table that was backed up, the epoch too; only its id is its own."""
    backed_up, restored = Identified(tables, "id-1"), Identified(tables, "id-2")
    assert dynamo_store(backed_up, messages, epoch="epoch-1").epoch == "epoch-1"
    assert dynamo_store(backed_up, messages, epoch="epoch-2").epoch == "epoch-1"

    assert dynamo_store(restored, messages, epoch="epoch-3").epoch == "epoch-3"
    assert dynamo_store(restored, messages, epoch="epoch-4").epoch == "epoch-3"


def test_a_table_whose_epoch_is_older_than_the_ids_gets_another(tables, messages):
    """Such a row says nothing of its table, which may have been restored."""
    row = rows.of_epoch("epoch-1", "")
    del row["table"]
    tables.call("PutItem", {"TableName": messages, "Item": row})

    assert dynamo_store(Identified(tables, "id-1"), messages, epoch="epoch-2").epoch == "epoch-2"


def test_a_function_that_may_not_look_at_its_table_keeps_its_epoch(tables, messages, caplog):
    class Forbidden(Identified):
        def call(self, operation, request):
            if operation == "DescribeTable":
                raise Rejected("AccessDeniedException")
            return super().call(operation, request)

    known = dynamo_store(Identified(tables, "id-1"), messages, epoch="epoch-1")
    assert known.epoch == "epoch-1"

    unknown = dynamo_store(Forbidden(tables, "id-2"), messages, epoch="epoch-2")

    assert unknown.epoch == "epoch-1"
    assert "AccessDeniedException: whether the table was restored is unknown" in caplog.text
    assert dynamo_store(Identified(tables, "id-1"), messages, epoch="epoch-3").epoch == "epoch-1"


class Throttled(Identified):
    """Tables of which nothing is told at the moment, though they can be read and written."""

    is_throttled = True
    asked = 0

    def call(self, operation, request):
        if operation == "DescribeTable":
            self.asked += 1
            if self.is_throttled:
                raise Transient("ThrottlingException")
        return super().call(operation, request)


def test_a_table_that_nothing_is_told_of_keeps_its_epoch(tables, messages, caplog):
    assert dynamo_store(Identified(tables, "id-1"), messages, epoch="epoch-1").epoch == "epoch-1"

    throttled = Throttled(tables, "id-1")
    store = dynamo_store(throttled, messages, epoch="epoch-2")

    assert [store.epoch, store.epoch] == ["epoch-1", "epoch-1"]
    assert throttled.asked == 1
    assert "ThrottlingException: whether the table was restored is unknown" in caplog.text


def test_it_is_asked_for_again_soon_and_a_known_epoch_is_kept_until_then(tables, messages):
    now = 0.0
    retry = dataclasses.replace(LONG, monotonic=lambda: now)
    table = Throttled(tables, "id-1")
    table.is_throttled = False
    store = dynamo_store(table, messages, epoch="epoch-1", retry=retry)
    assert store.epoch == "epoch-1"

    table.is_throttled, table.table_id, now = True, "id-2", EPOCH_SECONDS
    assert [store.epoch, store.epoch] == ["epoch-1", "epoch-1"]
    assert table.asked == 2

    table.is_throttled, now = False, EPOCH_SECONDS + ASK_AGAIN_SECONDS
    store._new_epoch = lambda: "epoch-2"
    assert store.epoch == "epoch-2"
    assert table.asked == 3


def test_a_store_asks_for_its_epoch_now_and_then(watched, messages):
    """Its process may live on while the table is deleted and restored under its name."""
    now = 0.0
    retry = dataclasses.replace(LONG, monotonic=lambda: now)
    store = dynamo_store(watched, messages, retry=retry)
    once = ["DescribeTable", "PutItem"]

    assert [store.epoch, store.epoch] == ["epoch-1", "epoch-1"]
    assert [operation for operation, _ in watched.asked] == once

    now = EPOCH_SECONDS
    assert store.epoch == "epoch-1"
    assert [operation for operation, _ in watched.asked] == once + once


# --- what it costs ---


@pytest.mark.parametrize(("text", "write_units"), [("hi", 4), ("x" * 800, 4), ("x" * 1_000, 6)])
def test_a_message_costs_one_read_unit_and_four_write_units(watched, store, text, write_units):
    meter = watched.tables

    keep(store, "n" * 36, text=text)

    assert (meter.calls, meter.read_units, meter.write_units) == (2, 1, write_units)


def test_somebody_who_comes_says_hello_or_goes_costs_two_write_units(watched, registry):
    meter = watched.tables

    registry.expect(connection())
    assert (meter.calls, meter.read_units, meter.write_units) == (2, 0, 2)

    registry.add(connection())
    assert (meter.calls, meter.read_units, meter.write_units) == (5, 1, 4)

    registry.remove("c1")
    assert (meter.calls, meter.read_units, meter.write_units) == (8, 2, 6)


def test_every_read_is_consistent_and_none_scans(watched, store, registry):
    keep(store, "n1", "n1")
    store.before("general", None, 9)
    registry.add(connection())
    registry.in_room("general")
    registry.forget(["c1"], 9)

    for operation, request in watched.asked:
        assert "IndexName" not in request
        if operation in {"Query", "GetItem"}:
            assert request["ConsistentRead"]
        if operation == "BatchGetItem":
            assert all(asked["ConsistentRead"] for asked in request["RequestItems"].values())
    assert {operation for operation, _ in watched.asked} == {
        "BatchGetItem",
        "BatchWriteItem",
        "GetItem",
        "Query",
        "TransactWriteItems",
    }


# --- more than a page ---


def test_a_page_that_dynamodb_cut_short_is_read_on(watched, messages, store):
    text = "漢" * 1_000
    puts = []
    for seq in range(1, 401):
        message = dataclasses.replace(MESSAGE, seq=seq, text=text)
        puts.append({"PutRequest": {"Item": rows.of_message(message)}})
    for start in range(0, 400, 25):
        watched.tables.call(
            "BatchWriteItem", {"RequestItems": {messages: puts[start : start + 25]}}
        )

    assert seqs(store.after("general", 0, 399)) == [*range(1, 400)]
    assert len(watched.asked) > 1


def test_more_connections_than_one_batch_takes_come_and_go(registry):
    ids = [f"c{number}" for number in range(130)]
    registry._write(
        [
            {"PutRequest": {"Item": row}}
            for connection_id in ids
            for row in (
                rows.of_connection(connection(connection_id)),
                rows.of_member(connection(connection_id), "general"),
            )
        ]
    )
    assert registry.in_room("general").ids == set(ids)

    registry.forget(ids[:120] + ids[:5], 1)

    assert registry.in_room("general").ids == set(ids[120:])
    assert registry.get("c0") is None


# --- what is no longer true, or can't be read ---


def test_an_expired_connection_is_nowhere_though_its_rows_are_there(tables, connections):
    now_ms = 0
    registry = dynamo_registry(tables, connections, clock=lambda: now_ms)
    registry.add(connection())
    assert registry.in_room("general").ids == {"c1"}

    now_ms = 1_000 * rows.CONNECTION_SECONDS

    assert registry.in_room("general").ids == frozenset()
    assert registry.get("c1") is None


def test_one_damaged_message_does_not_hide_the_others(tables, messages, store):
    keep(store, "n1", "n2", "n3")
    key = {"pk": rows.text("room#general"), "seq": rows.number(2)}
    tables.call("PutItem", {"TableName": messages, "Item": key})

    assert [message.text for message in store.after("general", 0, 9)] == ["hi", "\ufffd", "hi"]
    assert seqs(keep(store, "n4")) == [4]


def test_a_nonce_whose_message_is_gone_still_answers(tables, messages, store):
    keep(store, "n1", "n2")
    key = {"pk": rows.text("room#general"), "seq": rows.number(1)}
    delete = {"DeleteRequest": {"Key": key}}
    tables.call("BatchWriteItem", {"RequestItems": {messages: [delete]}})

    kept = store.append(draft("n1"))

    assert (kept.duplicate, kept.message.seq, kept.message.text) == (True, 1, "\ufffd")


# --- rows of a later release: functions are replaced one by one, and rows stay ---


def rewrite(tables, table, pk, sort_key, v):
    """Give a row another form, as a later release would."""
    key = {"pk": rows.text(pk), **sort_key}
    answer = tables.call("GetItem", {"TableName": table, "Key": key, "ConsistentRead": True})
    tables.call("PutItem", {"TableName": table, "Item": answer["Item"] | {"v": rows.number(v)}})


def test_every_row_says_which_form_it_has():
    message = rows.of_message(MESSAGE)
    person = connection()

    for row in (
        message,
        rows.of_nonce(MESSAGE, 0),
        rows.of_epoch("epoch-1", "id-1"),
        rows.of_connection(person),
        rows.of_member(person, "general"),
    ):
        assert row["v"] == rows.number(rows.VERSION)


def test_a_message_of_a_later_form_is_shown_as_damaged_and_written_after(tables, messages, store):
    keep(store, "n1", "n2")
    rewrite(tables, messages, "room#general", {"seq": rows.number(2)}, 2)

    assert [message.text for message in store.after("general", 0, 9)] == ["hi", "\ufffd"]
    assert seqs(keep(store, "n3")) == [3]


def test_a_connection_of_a_later_form_is_left_out_and_left_alone(tables, connections, registry):
    registry.add(connection("c1"))
    registry.add(connection("c2"))
    rewrite(tables, connections, "room#general", {"sk": rows.text("c1")}, 2)
    rewrite(tables, connections, "connection#c1", {"sk": rows.text("-")}, 2)

    registry.forget(["c1"], 9)

    assert registry.in_room("general").ids == {"c2"}
    rewrite(tables, connections, "room#general", {"sk": rows.text("c1")}, 1)
    assert registry.in_room("general").ids == {"c1", "c2"}


def test_a_nonce_of_a_later_form_refuses_the_message_and_keeps_no_second_one(
    tables, messages, store
):
    keep(store, "n1")
    rewrite(tables, messages, "nonce#ann#n1", {"seq": rows.number(0)}, 2)

    with pytest.raises(StorageFailed):
        store.append(draft("n1"))

    assert store.head("general") == 1


def test_a_name_of_a_later_form_refuses(tables, messages, store):
    assert store.epoch
    rewrite(tables, messages, "epoch", {"seq": rows.number(0)}, 2)

    with pytest.raises(StorageFailed):
        assert dynamo_store(tables, messages).epoch


# --- what waiting does not mend ---


@pytest.mark.parametrize("use", [lambda store: store.append(draft()), lambda store: store.epoch])
def test_a_table_that_is_not_there_is_a_storage_refusal(tables, use):
    with pytest.raises(StorageFailed):
        use(dynamo_store(tables, "no-such-table"))


def test_the_client_refuses_what_it_cannot_send(tables):
    with pytest.raises(Rejected):
        tables.call("Query", {"TableName": 7})


def test_the_client_takes_nobody_there_for_something_that_passes(connect):
    with pytest.raises(Transient):
        connect("http://127.0.0.1:9").call("Query", {"TableName": "messages"})


MESSAGE = rows.message({"pk": rows.text("room#general"), "seq": rows.number(1)})
