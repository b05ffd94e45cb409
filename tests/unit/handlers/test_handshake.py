"""What a handshake contains, and which subprotocol answers it."""

import pytest

from fireside.domain.errors import InvalidCommand
from fireside.handlers.handshake import chosen_subprotocol, read_handshake
from localgateway.machine.events import ConnectionInfo, Handshake, Ids
from localgateway.machine.events import authorizer as authorizer_event
from localgateway.machine.events import connect as connect_event


def event(*protocols, query=None):
    headers = {"HOST": "here", "sec-WebSocket-protocol": ", ".join(protocols)}
    return {
        "headers": headers if protocols else {"HOST": "here"},
        "queryStringParameters": query,
    }


def test_a_handshake_that_says_nothing():
    nothing = {"headers": None, "multiValueHeaders": None, "queryStringParameters": None}

    found = read_handshake(nothing)

    assert (found.username, found.origin, found.host, found.invite, found.proxy_secret) == (
        None,
    ) * 5
    assert chosen_subprotocol(nothing) is None


@pytest.mark.parametrize(
    ("protocols", "query", "invite"),
    [
        (["fireside.v1", "invite.one"], None, "one"),
        (["invite.one", "fireside.v1"], None, "one"),
        (["invite.one"], {"invite": "two"}, "one"),
        ([], {"invite": "two"}, "two"),
        (["fireside.v1"], {"invite": "two"}, "two"),
        (["invite."], {"invite": "two"}, ""),
        (["Invite.one", "invites.one"], None, None),
        (["invite.one.two"], None, "one.two"),
    ],
)
def test_where_the_invite_is_looked_for(protocols, query, invite):
    assert read_handshake(event(*protocols, query=query)).invite == invite


@pytest.mark.parametrize(
    ("protocols", "named"),
    [
        ([], None),
        (["fireside.v1"], "fireside.v1"),
        (["invite.one", "fireside.v1"], "fireside.v1"),
        (["invite.one"], "invite.one"),
        (["chat", "invite.one"], "invite.one"),
        (["chat", "graphql-ws"], None),
    ],
)
def test_exactly_one_of_those_offered_is_agreed_on(protocols, named):
    assert chosen_subprotocol(event(*protocols)) == named


def test_a_client_may_spread_its_subprotocols_over_headers(caller):
    lines = [("Sec-WebSocket-Protocol", "fireside.v1"), ("sec-websocket-protocol", "invite.one")]
    handshake = Handshake("ws", "username=Ann", [("Host", "here"), *lines], "127.0.0.1")

    spread = authorizer_event(handshake, caller, "request", 0)

    assert read_handshake(spread).invite == "one"
    assert chosen_subprotocol(spread) == "fireside.v1"


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("username=Ann&username=Bob", []),
        ("username=Ann&username=Ann", []),
        ("username=Ann&username=", []),
        ("username=Ann&%75sername=Bob", []),
        ("username=Ann&invite=one&invite=two", []),
        ("username=Ann", [("Origin", "https://a"), ("origin", "https://b")]),
        ("username=Ann", [("X-Fireside-Origin", "one"), ("x-fireside-origin", "two")]),
        ("username=Ann", [("Sec-WebSocket-Protocol", "invite.one, invite.two")]),
        ("username=Ann", [("Sec-WebSocket-Protocol", p) for p in ("invite.one", "invite.two")]),
    ],
)
@pytest.mark.parametrize("make", [authorizer_event, connect_event])
def test_what_is_given_twice_is_refused_not_guessed(caller, make, query, headers):
    handshake = Handshake("ws", query, [("Host", "here"), *headers], "127.0.0.1")

    with pytest.raises(InvalidCommand, match=r"^Give your name, .* once each$"):
        read_handshake(make(handshake, caller, "request", 0))


def test_what_the_chat_does_not_read_may_be_there_twice(caller):
    headers = [("Host", "here"), ("X-Other", "one"), ("X-Other", "two")]
    handshake = Handshake("ws", "username=Ann&x=1&x=2", headers, "127.0.0.1")

    assert read_handshake(connect_event(handshake, caller, "request", 0)).username == "Ann"


def test_names_of_headers_that_differ_in_case_are_one_header():
    twice = {"headers": {"Host": "here", "Origin": "https://a", "ORIGIN": "https://b"}}

    with pytest.raises(InvalidCommand):
        read_handshake(twice)


def test_a_value_that_is_there_once_is_the_events_single_one():
    """Who tries out an event may change one of its two maps."""
    changed = {"headers": {"Host": "here"}, "multiValueHeaders": {"Host": ["there"]}}

    assert read_handshake(changed).host == "here"


@pytest.fixture
def caller():
    connection_id = Ids(lambda n: b"x" * n).connection()
    return ConnectionInfo(connection_id, 0, "ws", "api", "here", {"sourceIp": "127.0.0.1"})
