"""Our own DynamoDB client answers, and fails, exactly as boto3 does, whatever it is asked."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.client import ConditionFailed, TableFailure, Transient
from tests.contract.conftest import CLIENTS, new_table
from tests.dynamodb.trouble import FAULTS, trouble_before
from tests.integration.faulty_server import faulty_server

WORD = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TEXT = st.sampled_from(["", "a\x00b", "漢字 🔥", "\u2028", '"\\']) | WORD
WHOLE = st.integers(-(10**38) + 1, 10**38 - 1).map(str)
GOOD = ["0", "-0", "1E125", "1.50", "9" * 38, "0." + "1" * 38]
NUMBER = st.sampled_from(GOOD * 9 + ["9" * 39, "1e130", "", "x"]) | WHOLE
SCALAR = st.one_of(
    st.builds(lambda text: {"S": text}, TEXT),
    st.builds(lambda number: {"N": number}, NUMBER),
    st.builds(lambda truth: {"BOOL": truth}, st.booleans()),
    st.just({"NULL": True}),
)
VALUE = SCALAR | st.recursive(
    SCALAR,
    lambda inner: st.one_of(
        st.builds(lambda several: {"L": several}, st.lists(inner, max_size=3)),
        st.builds(lambda named: {"M": named}, st.dictionaries(WORD, inner, max_size=3)),
    ),
    max_leaves=5,
)
KEY = st.builds(
    lambda pk, seq: {"pk": {"S": pk}, "seq": {"N": seq}},
    st.sampled_from(["room#a", "room#ü", "x" * 2_048] * 9 + ["", "x" * 2_049]),
    st.sampled_from(["0", "1", "2", "9" * 38, "1.5"] * 9 + ["x"]),
)
ROW = st.builds(
    lambda key, more: {**more, **key}, KEY, st.dictionaries(st.sampled_from("abc"), VALUE)
)
TABLE = st.sampled_from(["TABLE"] * 9 + ["no-such-table"])


@st.composite
def puts(draw):
    put = {"TableName": draw(TABLE), "Item": draw(ROW)}
    if draw(st.booleans()):
        put["ConditionExpression"] = draw(
            st.sampled_from([rows.ABSENT] * 9 + ["a = :a", "no sense"])
        )
        if draw(st.booleans()):
            put["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if "a =" in put.get("ConditionExpression", ""):
        put["ExpressionAttributeValues"] = {":a": draw(VALUE)}
    return put


@st.composite
def queries(draw):
    return {
        "TableName": draw(TABLE),
        "KeyConditionExpression": draw(st.sampled_from(["pk = :pk", "pk = :pk AND seq > :n"])),
        "ExpressionAttributeValues": draw(
            st.sampled_from([{":pk": {"S": "room#ü"}}, {":pk": {"S": "room#a"}, ":n": {"N": "0"}}])
        ),
        "ScanIndexForward": draw(st.booleans()),
        "Limit": draw(st.sampled_from([1, 2, 100])),
        "ConsistentRead": draw(st.booleans()),
        "ReturnConsumedCapacity": draw(st.sampled_from(["TOTAL", "INDEXES", "NONE"])),
    }


PUT = st.builds(lambda row: {"PutRequest": {"Item": row}}, ROW)
DELETE = st.builds(lambda key: {"DeleteRequest": {"Key": key}}, KEY)
ASKED = st.one_of(
    st.tuples(st.just("PutItem"), puts()),
    st.tuples(st.just("Query"), queries()),
    st.tuples(
        st.just("GetItem"),
        st.builds(lambda table, key: {"TableName": table, "Key": key}, TABLE, KEY),
    ),
    st.tuples(
        st.just("TransactWriteItems"),
        st.builds(
            lambda several: {"TransactItems": [{"Put": put} for put in several]},
            st.lists(puts(), min_size=1, max_size=3),
        ),
    ),
    st.tuples(
        st.just("BatchWriteItem"),
        st.builds(
            lambda table, several: {"RequestItems": {table: several}},
            TABLE,
            st.lists(PUT | DELETE, min_size=1, max_size=6),
        ),
    ),
    st.tuples(
        st.just("BatchGetItem"),
        st.builds(
            lambda table, keys: {"RequestItems": {table: {"Keys": keys, "ConsistentRead": True}}},
            TABLE,
            st.lists(KEY, min_size=1, max_size=3),
        ),
    ),
)


ALIKE = {
    "ConnectionClosedError": "no answer",
    "ParamValidationError": "ValidationException",  # the SDK looks itself before it asks
    "ReadTimeoutError": "no answer",
}


def outcome(tables, table, operation, request):
    """Ask; give what came of it, whatever the table's name is, in our words for it."""
    try:
        answer = tables.call(operation, json.loads(json.dumps(request).replace("TABLE", table)))
    except ConditionFailed as failed:
        return "ConditionFailed", failed.found
    except TableFailure as failed:
        return type(failed).__name__, ALIKE.get(str(failed), str(failed))
    answer.pop("ResponseMetadata", None)
    return json.loads(json.dumps(answer).replace(table, "TABLE"))


def both(tables_of):
    """Give the two clients, each with a table of its own."""
    clients = [tables_of(kind) for kind in CLIENTS]
    return [(client, new_table(client, rows.messages_table)) for client in clients]


SEVERAL = st.lists(ASKED, min_size=1, max_size=12)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several=SEVERAL)
def test_whatever_is_asked_both_clients_answer_alike(tables_of, several):
    require_same_answers(tables_of, several)


@pytest.mark.long
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several=SEVERAL)
def test_whatever_is_asked_both_clients_answer_alike_of_many_examples(tables_of, several):
    require_same_answers(tables_of, several)


def require_same_answers(tables_of, several):
    """Ask both clients the same, one request after the other."""
    (ours, our_table), (theirs, their_table) = both(tables_of)

    for operation, request in several:
        assert outcome(ours, our_table, operation, request) == outcome(
            theirs, their_table, operation, request
        )


ITEMS = [{"pk": {"S": "p"}, "seq": {"N": f"{seq}"}} for seq in range(5)]
USES = {
    "PutItem": {"TableName": "TABLE", "Item": ITEMS[0]},
    "BatchWriteItem": {"RequestItems": {"TABLE": [{"PutRequest": {"Item": i}} for i in ITEMS]}},
    "BatchGetItem": {"RequestItems": {"TABLE": {"Keys": ITEMS, "ConsistentRead": True}}},
    "TransactWriteItems": {"TransactItems": [{"Put": {"TableName": "TABLE", "Item": ITEMS[0]}}]},
    "UpdateItem": {
        "TableName": "TABLE",
        "Key": ITEMS[0],
        "UpdateExpression": "SET said = :said",
        "ExpressionAttributeValues": {":said": {"S": "hi"}},
    },
    "GetItem": {"TableName": "TABLE", "Key": ITEMS[0]},
    "Query": {
        "TableName": "TABLE",
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "p"}},
    },
}


@pytest.mark.variations
@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_goes_wrong_both_clients_take_it_for_the_same(
    dynamodb, connect_with, tables_of, fault
):
    with trouble_before(dynamodb) as (trouble, address):

        def play(kind):
            patient = connect_with(kind, address, call_seconds=60)
            in_a_hurry = connect_with(kind, address, call_seconds=0.25)
            table = new_table(tables_of(kind), rows.messages_table)
            for operation, request in USES.items():
                trouble.plan(fault, 1)
                client = in_a_hurry if fault == "timed out" else patient
                yield outcome(client, table, operation, request)
                yield outcome(patient, table, operation, request)

        ours, theirs = (list(play(kind)) for kind in CLIENTS)

    assert ours == theirs
    assert fault == "done in part" or any(isinstance(one, tuple) for one in ours)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"HTTP/1.1 502 X\r\ncontent-length: 5\r\n\r\n<h1/>",
        b"SSH-2.0-OpenSSH\r\n\r\n",
    ],
    ids=["another's error", "no HTTP"],
)
def test_nonsense_for_an_answer_passes(connect, nonsense):
    """Ours knows more kinds of it than boto3, which takes a page for an answer without items."""

    def act(visit):
        visit.send(nonsense)
        visit.is_over = True

    with faulty_server(act) as server:
        client = connect(f"http://127.0.0.1:{server.port}", call_seconds=60)
        with pytest.raises(Transient):
            client.call("Query", USES["Query"])
