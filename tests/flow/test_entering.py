"""The door: asked by the authorizer, and again when the connection is made."""

from hashlib import sha256

import pytest

from fireside.domain.entry import EntryRules
from fireside.domain.invite import hash_of
from fireside.handlers.authorizer import make_authorizer
from fireside.handlers.router import make_handler, storage_failed
from tests.flow.house import HOST, House

ARN = "arn:aws:execute-api:local-1:000000000000:abc/ws/$connect"


def knock(username="Ann", host=HOST, origin=None):
    headers = {"HOST": host} | ({} if origin is None else {"oRiGiN": origin})
    event = {
        "methodArn": ARN,
        "headers": headers,
        "queryStringParameters": {} if username is None else {"username": username},
    }
    return make_authorizer(lambda: EntryRules(invites=None))(event, None)


def test_whoever_may_enter_is_vouched_for_under_a_folded_id():
    result = knock("  Ännchen ")

    assert result["principalId"] == sha256("ännchen".encode()).hexdigest()
    assert result["context"] == {"username": "%C3%84nnchen", "userId": "%C3%A4nnchen"}
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

    result = make_authorizer(lambda: EntryRules(invites=None))(event, None)

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
    hosts, origins = frozenset({"chat.example"}), frozenset({"https://page.example"})
    rules = EntryRules(hosts, origins, invites=None)
    event = house.join("Ann").connect_event()
    event["headers"] = {"Host": "chat.example", "Origin": "https://page.example"}

    assert make_handler(house.chat, lambda: rules)(event, None) == {"statusCode": 200}


# --- Closed by default ------------------------------------------------------------------------

SECRET = "AbCdEfGhIjKlMnOpQrSt_-"
PROXY_SECRET = "only-the-proxy-knows-it"
CLOSED = EntryRules(invites=frozenset({hash_of("an older one"), hash_of(SECRET)}))
BEHIND_A_PROXY = EntryRules(invites=CLOSED.invites, proxy_secret_hash=hash_of(PROXY_SECRET))

INVITED = [
    {"protocols": f"fireside.v1, invite.{SECRET}"},
    {"protocols": f"invite.{SECRET}"},
    {"protocols": "invite.an older one"},
    {"query": {"invite": SECRET}},
]
NOT_INVITED = [
    {},
    {"protocols": "fireside.v1"},
    {"protocols": "fireside.v1, invite."},
    {"protocols": f"invite.{SECRET}x"},
    {"protocols": f"invite.{SECRET.lower()}"},
    {"protocols": SECRET},
    {"protocols": f"invite.{hash_of(SECRET)}"},
    {"query": {"invite": ""}},
    {"query": {"invite": "wrong"}},
    {"query": {"Invite": SECRET}},
    {"headers": {"invite": SECRET}},
]


class Untouchable:
    """What must not even be looked at."""

    def __getattr__(self, name):
        raise AssertionError(name)


def handshake(protocols=None, query=None, headers=None, rules=CLOSED):
    house = House(rules=rules)
    event = house.somebody("Ann").connect_event()
    event["methodArn"] = ARN
    event["queryStringParameters"] |= query or {}
    event["headers"] |= headers or {}
    if protocols is not None:
        event["headers"]["Sec-WebSocket-Protocol"] = protocols
    return house, event


def decision(event, rules):
    result = make_authorizer(lambda: rules)(event, None)
    return result["policyDocument"]["Statement"][0]["Effect"]


@pytest.mark.parametrize("carried", INVITED)
def test_who_is_invited_enters_and_hears_of_one_subprotocol_that_was_offered(carried):
    house, event = handshake(**carried)

    assert decision(event, CLOSED) == "Allow"
    response = house.handler(event, None)

    assert response["statusCode"] == 200
    assert house.registry.in_room("general").ids == {"Ann"}
    named = response.get("headers", {}).get("Sec-WebSocket-Protocol")
    offered = carried.get("protocols", "").split(", ")
    assert named == (offered[0] or None)


@pytest.mark.parametrize("carried", NOT_INVITED)
def test_who_is_not_is_turned_away_before_anything_is_touched(carried):
    house, event = handshake(**carried)
    if house.region is None:
        house.chat.messages = house.chat.connections = house.chat.outbound = Untouchable()

    assert decision(event, CLOSED) == "Deny"
    assert house.handler(event, None) == {"statusCode": 403}

    assert house.region is None or not house.region.calls
    assert house.registry.in_room("general").ids == frozenset()


@pytest.mark.in_memory
@pytest.mark.parametrize("carried", [*INVITED, *NOT_INVITED])
def test_nobody_enters_where_nothing_was_said_about_invites(carried):
    _, event = handshake(**carried)

    assert decision(event, EntryRules()) == "Deny"


@pytest.mark.in_memory
@pytest.mark.parametrize("carried", [*INVITED, *NOT_INVITED])
def test_an_open_place_asks_nobody(carried):
    _, event = handshake(**carried)

    assert decision(event, EntryRules(invites=None)) == "Allow"


@pytest.mark.in_memory
@pytest.mark.parametrize(
    ("header", "effect"),
    [
        ({"X-Fireside-Origin": PROXY_SECRET}, "Allow"),
        ({"x-fireside-origin": PROXY_SECRET}, "Allow"),
        ({"x-fireside-origin": "guessed"}, "Deny"),
        ({"x-fireside-origin": hash_of(PROXY_SECRET)}, "Deny"),
        ({}, "Deny"),
    ],
)
def test_nobody_comes_past_the_proxy(header, effect):
    _, event = handshake(**INVITED[0], headers=header)

    assert decision(event, BEHIND_A_PROXY) == effect


@pytest.mark.in_memory
def test_rules_may_change_while_the_server_runs():
    house, event = handshake(**INVITED[0])
    assert house.handler(event, None)["statusCode"] == 200

    house.rules = EntryRules(invites=frozenset({hash_of("a newer one")}))

    assert house.handler(event, None) == {"statusCode": 403}


@pytest.mark.in_memory
def test_a_refusal_says_what_to_ask_for_and_repeats_no_secret():
    _, event = handshake(protocols="invite.hush-hush-hush")

    result = make_authorizer(lambda: CLOSED)(event, None)

    assert "hush" not in str(result)
