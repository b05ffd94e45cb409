"""The door: asked by the authorizer, and again when the connection is made."""

import pytest

from fireside.domain.entry import EntryRules
from fireside.entrypoints.authorizer import make_authorizer
from fireside.entrypoints.router import make_handler, storage_failed
from tests.flow.house import HOST, House

ARN = "arn:aws:execute-api:local-1:000000000000:abc/ws/$connect"


def knock(username="Ann", host=HOST, origin=None):
    headers = {"HOST": host} | ({} if origin is None else {"oRiGiN": origin})
    event = {
        "methodArn": ARN,
        "headers": headers,
        "queryStringParameters": {} if username is None else {"username": username},
    }
    return make_authorizer(EntryRules())(event, None)


def test_whoever_may_enter_is_vouched_for_under_a_folded_id():
    result = knock("  Ännchen ")

    assert result["principalId"] == "ännchen"
    assert result["context"] == {"username": "Ännchen", "userId": "ännchen"}
    [statement] = result["policyDocument"]["Statement"]
    assert statement == {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": ARN}


@pytest.mark.parametrize(
    "refused",
    [
        {"username": None},
        {"username": "A"},
        {"username": "<b>Ann</b>"},
        {"origin": "http://evil.example"},
        {"host": "evil.example"},
    ],
)
def test_whoever_may_not_is_denied(refused):
    result = knock(**refused)

    [statement] = result["policyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert "context" not in result


def test_a_handshake_without_headers_or_query_is_denied():
    event = {"methodArn": ARN, "headers": None, "queryStringParameters": None}

    result = make_authorizer(EntryRules())(event, None)

    assert result["policyDocument"]["Statement"][0]["Effect"] == "Deny"


def connect(change):
    house = House()
    event = house.join("Ann").connect_event()
    house.registry.remove("Ann")
    change(event)
    return house, house.handler(event, None)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda event: event["queryStringParameters"].update(username="!"), 400),
        (lambda event: event.pop("queryStringParameters"), 400),
        (lambda event: event["queryStringParameters"].update(username="Bob"), 403),
        (lambda event: event["headers"].update(Origin="http://evil.example"), 403),
        (lambda event: event["headers"].update(Host="evil.example"), 403),
        (lambda event: event["requestContext"].pop("authorizer"), 403),
    ],
)
def test_the_door_is_checked_again_when_the_connection_is_made(change, status):
    house, response = connect(change)

    assert response == {"statusCode": status}
    assert house.registry.in_room("general").ids == frozenset()


def test_a_connection_is_in_the_room_from_the_start():
    house, response = connect(lambda _: None)

    assert response == {"statusCode": 200}
    assert house.registry.in_room("general").ids == {"Ann"}


def test_leaving_twice_is_normal():
    ann = House().join("Ann")

    ann.leave()
    ann.leave()

    assert ann.house.registry.get("Ann") is None


@pytest.mark.in_memory
def test_the_store_is_not_asked_at_the_door():
    house = House()
    house.chat.messages = None

    house.join("Ann")


def test_a_lost_commit_is_a_retryable_error_with_the_id():
    context = {"eventType": "MESSAGE"}

    response = storage_failed(
        {"requestContext": context, "body": '{"action":"sendMessage","id":"5"}'}
    )

    assert response["statusCode"] == 200
    assert '"id":"5"' in response["body"]
    assert '"code":"storage"' in response["body"]
    assert '"retryable":true' in response["body"]


def test_nobody_is_let_in_while_the_store_is_broken():
    assert storage_failed({"requestContext": {"eventType": "CONNECT"}}) == {"statusCode": 503}


@pytest.mark.in_memory
def test_an_allowed_page_may_connect():
    house = House()
    rules = EntryRules(frozenset({"chat.example"}), frozenset({"https://page.example"}))
    event = house.join("Ann").connect_event()
    event["headers"] = {"Host": "chat.example", "Origin": "https://page.example"}

    assert make_handler(house.chat, rules)(event, None) == {"statusCode": 200}
