"""The machine alone: what happened goes in, what to do comes out. Hours pass in microseconds."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgateway.machine.actions import (
    Accept,
    CloseWith,
    Invoke,
    Raised,
    Refuse,
    Returned,
    SendText,
    Throttle,
)
from localgateway.machine.api import parse
from localgateway.machine.connection import Instant, Phase
from localgateway.machine.core import Gateway
from localgateway.machine.events import Handshake, Ids
from localgateway.machine.limits import Limits
from tests.gateway.harness import document
from tests.gateway.test_handshake import allow

OK = Returned({"statusCode": 200})


def at(seconds):
    """Give a moment, in seconds after the first."""
    return Instant(seconds, 1_795_348_148_000 + int(seconds * 1000))


def machine(limits=None, **options):
    """Make a machine whose ids count up."""
    counter = itertools.count()
    return Gateway(
        parse(document(**options)), limits or Limits(), Ids(lambda n: next(counter).to_bytes(n))
    )


def knock(gateway, query="", *headers, now=0):
    """Ask for a connection."""
    return gateway.opened(Handshake("ws", query, (("Host", "h"), *headers), "::1"), at(now))


def join(gateway, now=0):
    """Open a connection to the end of its handshake."""
    connection_id, actions = knock(gateway, now=now)
    (answer,) = gateway.answered(actions[0].invocation_id, OK, at(now))
    assert answer == Accept(connection_id, None)
    return connection_id


def say(gateway, connection_id, now=0, **fields):
    """Send a command."""
    return gateway.text_received(connection_id, json.dumps(fields), at(now))


def texts(actions):
    """Give the messages of frames that the gateway itself sends."""
    return [json.loads(a.text)["message"] for a in actions if isinstance(a, SendText)]


def test_row_01_nothing_is_accepted_before_connect_has_answered():
    """Row 1."""
    gateway = machine()

    connection_id, actions = knock(gateway)

    assert [type(a) for a in actions] == [Invoke]
    assert gateway.connections[connection_id].phase is Phase.CONNECTING
    assert gateway.in_flight() == 1


def test_row_02_without_a_connect_route_the_answer_comes_at_once():
    """Row 2."""
    gateway = machine(connect=False)

    connection_id, actions = knock(gateway)

    assert actions == [Accept(connection_id, None)]


def test_row_02_without_a_disconnect_route_nobody_is_told():
    """Row 2."""
    gateway = machine(disconnect=False)
    connection_id = join(gateway)

    assert gateway.closed(connection_id, 1000, "", at(1)) == []
    assert gateway.connections == {}


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Returned({"statusCode": 403}), 403),
        (Returned({"statusCode": "404"}), 404),
        (Returned({"statusCode": 302}), 302),
        (Raised("x"), 502),
        (Returned(None), 502),
        (Returned({"statusCode": 100}), 502),
        (Returned({"statusCode": 200.0}), 502),
    ],
)
def test_row_03_and_04_an_answer_that_is_no_success_refuses(outcome, status):
    """Rows 3 and 4."""
    gateway = machine()
    connection_id, (invoke,) = knock(gateway)

    (refusal,) = gateway.answered(invoke.invocation_id, outcome, at(1))

    assert (refusal.connection_id, refusal.status) == (connection_id, status)
    assert gateway.connections == {}


def test_row_05_a_connect_past_its_time_is_504_and_what_it_did_is_undone():
    """Row 5."""
    gateway = machine()
    connection_id, (invoke,) = knock(gateway)

    assert gateway.tick(at(28.9)) == []
    assert gateway.tick(at(29)) == [Refuse(connection_id, 504, "Endpoint request timed out")]
    (undo,) = gateway.answered(invoke.invocation_id, OK, at(30))
    assert undo.event["requestContext"]["routeKey"] == "$disconnect"
    assert gateway.answered(invoke.invocation_id, OK, at(31)) == []


def test_row_05_a_connect_past_its_time_that_says_no_needs_no_undoing():
    """Row 5."""
    gateway = machine()
    _, (invoke,) = knock(gateway)
    gateway.tick(at(29))

    assert gateway.answered(invoke.invocation_id, Returned({"statusCode": 400}), at(30)) == []


def test_row_05_an_authorizer_past_its_time_is_504_too():
    """Row 5."""
    gateway = machine(authorizer=[])
    connection_id, _ = knock(gateway)

    assert gateway.tick(at(29)) == [Refuse(connection_id, 504, "Endpoint request timed out")]


def test_row_05_a_connect_past_its_time_whose_client_left_is_forgotten():
    """Row 5."""
    gateway = machine()
    connection_id, _ = knock(gateway)
    gateway.closed(connection_id, 1006, "", at(1))

    assert gateway.tick(at(29)) == []
    assert gateway.connections == {}


@pytest.mark.parametrize("key", ["Sec-WebSocket-Protocol", "sec-websocket-protocol"])
def test_row_07_the_handlers_subprotocol_is_on_the_101(key):
    """Row 7."""
    gateway = machine()
    connection_id, (invoke,) = knock(gateway)
    outcome = Returned({"statusCode": 200, "headers": {"X": "y", key: "v1"}})

    assert gateway.answered(invoke.invocation_id, outcome, at(0)) == [Accept(connection_id, "v1")]


def test_row_36_a_message_past_its_time_has_a_frame_and_no_late_answer():
    """Row 36."""
    gateway = machine(millis=50)
    connection_id = join(gateway)
    (invoke,) = say(gateway, connection_id, action="echo")

    assert texts(gateway.tick(at(0.05))) == ["Endpoint request timed out"]
    assert gateway.answered(invoke.invocation_id, OK, at(1)) == []
    assert gateway.in_flight() == 0


def test_row_36_a_message_past_its_time_of_a_client_that_left_is_nothing():
    """Row 36."""
    gateway = machine(millis=50)
    connection_id = join(gateway)
    say(gateway, connection_id, action="echo")
    gateway.closed(connection_id, 1006, "", at(0.01))

    assert gateway.tick(at(29)) == []
    assert gateway.in_flight() == 0


def test_row_38_answers_may_come_in_any_order():
    """Row 38."""
    gateway = machine()
    connection_id = join(gateway)
    (first,) = say(gateway, connection_id, action="echo")
    (second,) = say(gateway, connection_id, action="echo")

    answers = [
        gateway.answered(invoke.invocation_id, Returned({"statusCode": 200, "body": body}), at(0))
        for invoke, body in ((second, "2"), (first, "1"))
    ]

    assert answers == [[SendText(connection_id, "2")], [SendText(connection_id, "1")]]


@pytest.mark.parametrize(
    ("action", "function_route"),
    [
        ("echo", "echo"),
        ("none", "$default"),
        ("$connect", "$default"),
        ("$disconnect", "$default"),
        ("$default", "$default"),
    ],
)
def test_row_25_and_30_the_route_is_the_one_picked_and_never_the_lifecycle(action, function_route):
    """Rows 25 and 30."""
    gateway = machine()
    (invoke,) = say(gateway, join(gateway), action=action)

    assert invoke.event["requestContext"]["routeKey"] == function_route
    assert invoke.event["requestContext"]["eventType"] == "MESSAGE"


def test_row_29_no_route_at_all_is_forbidden():
    """Row 29."""
    gateway = machine(default=False)

    assert texts(say(gateway, join(gateway), action="none")) == ["Forbidden"]


@pytest.mark.parametrize(
    ("action", "outcome", "said"),
    [
        ("echo", {"statusCode": 200, "body": "hi"}, ["hi"]),
        ("echo", {"statusCode": 500, "body": "no"}, ["no"]),
        ("echo", {"statusCode": 200, "body": ""}, [""]),
        ("echo", {"statusCode": 200}, []),
        ("tell", {"statusCode": 200, "body": "hi"}, []),
    ],
)
def test_row_32_only_a_two_way_route_sends_the_body(action, outcome, said):
    """Row 32."""
    gateway = machine()
    connection_id = join(gateway)
    (invoke,) = say(gateway, connection_id, action=action)

    actions = gateway.answered(invoke.invocation_id, Returned(outcome), at(0))

    assert actions == [SendText(connection_id, text) for text in said]


@pytest.mark.parametrize("action", ["echo", "tell"])
@pytest.mark.parametrize(
    "outcome",
    [
        Raised("secret"),
        Returned(None),
        Returned({"statusCode": 200, "body": 7}),
        Returned({"statusCode": 200, "Data": "x"}),
        Returned({"body": "x"}),
        Returned({1: 2}),
    ],
)
def test_row_33_to_35_a_bad_answer_is_an_internal_server_error(action, outcome):
    """Rows 33, 34 and 35."""
    gateway = machine()
    (invoke,) = say(gateway, join(gateway), action=action)

    assert texts(gateway.answered(invoke.invocation_id, outcome, at(0))) == [
        "Internal server error"
    ]


def test_row_33_a_disconnect_that_fails_says_nothing_to_anybody():
    """Row 33."""
    gateway = machine()
    connection_id = join(gateway)
    (invoke,) = gateway.closed(connection_id, 1000, "", at(1))

    assert gateway.answered(invoke.invocation_id, Raised("x"), at(1)) == []


@pytest.mark.parametrize(
    ("code", "reason", "told"),
    [
        (1000, "", "Connection Closed Normally"),
        (1000, "done", "done"),
        (1001, "", "Going away"),
        (1005, "", "Client-side close frame status not set"),
        (1006, "", ""),
        (4000, "", ""),
    ],
)
def test_row_17_disconnect_hears_the_code_and_a_reason(code, reason, told):
    """Row 17."""
    gateway = machine()
    connection_id = join(gateway)

    (invoke,) = gateway.closed(connection_id, code, reason, at(1))

    context = invoke.event["requestContext"]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (code, told)
    assert connection_id not in gateway.connections


def test_an_answer_for_a_connection_that_is_gone_goes_nowhere():
    gateway = machine()
    connection_id = join(gateway)
    (invoke,) = say(gateway, connection_id, action="echo")
    gateway.closed(connection_id, 1000, "", at(1))

    assert gateway.answered(invoke.invocation_id, Returned({"statusCode": 200}), at(1)) == []
    assert gateway.answered(999, OK, at(1)) == []


def test_a_client_that_leaves_during_connect_is_disconnected_if_it_had_been_let_in():
    gateway = machine()
    connection_id, (invoke,) = knock(gateway)
    assert gateway.closed(connection_id, 1006, "", at(1)) == []

    (undo,) = gateway.answered(invoke.invocation_id, OK, at(2))

    assert undo.event["requestContext"]["routeKey"] == "$disconnect"
    assert gateway.connections == {}


def test_a_client_that_leaves_during_a_connect_that_refuses_is_forgotten():
    gateway = machine()
    connection_id, (invoke,) = knock(gateway)
    gateway.closed(connection_id, 1006, "", at(1))

    assert gateway.answered(invoke.invocation_id, Raised("x"), at(2)) == []
    assert gateway.connections == {}


def test_a_client_that_leaves_the_authorizer_waiting_is_forgotten():
    gateway = machine(authorizer=[])
    connection_id, (invoke,) = knock(gateway)
    gateway.closed(connection_id, 1006, "", at(1))

    assert gateway.answered(invoke.invocation_id, Returned(allow(invoke.event)), at(2)) == []
    assert gateway.connections == {}


def test_row_24_the_authorizers_words_and_its_time_are_on_later_events():
    """Row 24."""
    gateway = machine(authorizer=[])
    connection_id, (asked,) = knock(gateway)

    (connect,) = gateway.answered(
        asked.invocation_id, Returned(allow(asked.event, level=1)), at(0.25)
    )
    gateway.answered(connect.invocation_id, OK, at(1))
    (message,) = say(gateway, connection_id, action="echo")
    (disconnect,) = gateway.closed(connection_id, 1000, "", at(2))

    assert asked.function == "door"
    for invoke in (connect, message, disconnect):
        assert invoke.event["requestContext"]["authorizer"] == {
            "principalId": "ann",
            "level": 1,
            "integrationLatency": 250,
        }


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("name=ann", [("X-Key", "1")], None),
        ("", [("X-Key", "1")], 401),
        ("name=", [("X-Key", "1")], 401),
        ("name=ann", [], 401),
        ("name=ann", [("X-Key", "")], 401),
    ],
)
def test_row_42_a_missing_identity_is_401_and_nobody_is_asked(query, headers, status):
    """Row 42."""
    gateway = machine(authorizer=["route.request.querystring.name", "route.request.header.x-key"])

    _, (action,) = knock(gateway, query, *headers)

    assert getattr(action, "status", None) == status


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("stageVariables.open", None),
        ("stageVariables.empty", 401),
        ("stageVariables.none", 401),
        ("context.identity.sourceIp", None),
        ("context.identity.userAgent", 401),
        ("context.stage.deeper", 401),
    ],
)
def test_row_42_the_stage_and_the_context_are_identity_sources_too(source, status):
    """Row 42."""
    variables = {"stageVariables": {"open": "yes", "empty": ""}}
    api = parse(document(authorizer=[source]) | variables)
    gateway = Gateway(api, Limits(), Ids(bytes))

    _, (action,) = knock(gateway)

    assert getattr(action, "status", None) == status


def test_row_44_an_answer_that_is_none_is_named_for_the_log():
    """Row 44."""
    gateway = machine(authorizer=[])
    _, (asked,) = knock(gateway)

    (refusal,) = gateway.answered(asked.invocation_id, Returned({"principalId": "x"}), at(0))

    assert refusal.why == (
        "api.json: authorizers.door: the authorizer's answer has no policyDocument."
    )


def test_row_36_an_answer_that_comes_late_but_before_the_clock_was_looked_at_is_late():
    """Row 36."""
    gateway = machine(millis=50)
    connection_id = join(gateway)
    (asked,) = say(gateway, connection_id, action="echo")

    actions = gateway.answered(asked.invocation_id, OK, at(0.05))

    assert texts(actions) == ["Endpoint request timed out"]


def test_another_version_of_the_api_counts_from_the_next_message():
    gateway = machine()
    connection_id = join(gateway)

    gateway.replace_api(parse(document() | {"routeSelectionExpression": "$request.body.kind"}))
    (asked,) = say(gateway, connection_id, kind="echo")

    assert asked.event["requestContext"]["routeKey"] == "echo"


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Raised("Unauthorized"), 401),
        (Raised("unauthorized"), 500),
        (Raised("x"), 500),
        (Returned(None), 500),
        (Returned({"principalId": "ann", "policyDocument": {"Statement": []}}), 403),
    ],
)
def test_row_43_what_goes_wrong_at_the_door_has_a_status(outcome, status):
    """Row 43."""
    gateway = machine(authorizer=[])
    _, (asked,) = knock(gateway)

    (refusal,) = gateway.answered(asked.invocation_id, outcome, at(0))

    assert refusal.status == status


def test_ten_idle_minutes_close_and_a_message_starts_them_again():
    gateway = machine()
    idle, busy = join(gateway), join(gateway)
    say(gateway, busy, action="tell", now=300)

    assert [a for a in gateway.tick(at(599)) if isinstance(a, CloseWith)] == []
    assert [a for a in gateway.tick(at(600)) if isinstance(a, CloseWith)] == [
        CloseWith(idle, 1001, "Going away")
    ]
    assert CloseWith(busy, 1001, "Going away") in gateway.tick(at(900))


def test_two_hours_close_however_busy():
    gateway = machine()
    connection_id = join(gateway, now=10)
    for now in range(300, 7210, 300):
        say(gateway, connection_id, action="tell", now=now)
        assert CloseWith(connection_id, 1001, "Going away") not in gateway.tick(at(now))

    assert CloseWith(connection_id, 1001, "Going away") in gateway.tick(at(7210))


def test_a_binary_frame_closes_with_1003():
    gateway = machine()

    (close,) = gateway.binary_received(join(gateway))

    assert close.code == 1003


FAILURES = st.sampled_from(
    [
        OK,
        Raised("x"),
        Returned(None),
        Returned({"statusCode": 403}),
        Returned({"statusCode": 200, "body": "b"}),
    ]
)
HAPPENINGS = st.lists(
    st.one_of(
        st.just(("knock",)),
        st.tuples(st.just("say"), st.integers(0, 5)),
        st.tuples(st.just("close"), st.integers(0, 5)),
        st.tuples(st.just("answer"), st.integers(0, 9), FAILURES),
        st.tuples(st.just("wait"), st.sampled_from([0.1, 10, 29, 600])),
    ),
    max_size=60,
)


class World:
    """The sockets around a machine: carries out what it says, and checks that it may be said."""

    def __init__(self):
        self.gateway = machine()
        self.now = 0.0
        self.sockets = {}
        self.under_way = []

    def happen(self, happening):
        """Let one thing happen."""
        self.now += 0.01
        match happening:
            case ("knock",):
                connection_id, actions = knock(self.gateway, now=self.now)
                self.sockets[connection_id] = "waiting"
                self._carry_out(actions)
            case ("say", number) if ready := [s for s, at in self.sockets.items() if at == "open"]:
                said = say(self.gateway, ready[number % len(ready)], action="echo", now=self.now)
                self._carry_out(said)
            case ("close", number) if self.sockets:
                self.close(list(self.sockets)[number % len(self.sockets)])
            case ("answer", number, outcome) if self.under_way:
                done = self.under_way.pop(number % len(self.under_way))
                self._carry_out(self.gateway.answered(done, outcome, at(self.now)))
            case ("wait", seconds):
                self.now += seconds
                self._carry_out(self.gateway.tick(at(self.now)))

    def close(self, connection_id):
        """Let a client leave."""
        del self.sockets[connection_id]
        self._carry_out(self.gateway.closed(connection_id, 1006, "", at(self.now)))

    def _carry_out(self, actions):
        for action in actions:
            match action:
                case Invoke(invocation_id):
                    self.under_way.append(invocation_id)
                case Accept(connection_id):
                    assert self.sockets[connection_id] == "waiting"
                    self.sockets[connection_id] = "open"
                case Refuse(connection_id):
                    assert self.sockets.pop(connection_id) == "waiting"
                case SendText(connection_id) | CloseWith(connection_id):
                    assert self.sockets[connection_id] == "open"


@given(HAPPENINGS)
def test_whatever_happens_every_connection_ends_and_nothing_is_left(happenings):
    world = World()

    for happening in [*happenings, ("wait", 30)]:
        world.happen(happening)
    for connection_id in list(world.sockets):
        world.close(connection_id)
    world.happen(("wait", 100))

    assert world.gateway.connections == {}
    assert world.gateway.in_flight() == 0


# --- limits by person and by address ----------------------------------------------------------

GENEROUS = Limits(person_per_second=20, person_burst=1000, address_connections=500)


def enter(gateway, name, now=0):
    """Come in under a name, as far as one is let; give the connection's id and the last action."""
    connection_id, (asking,) = knock(gateway, f"name={name}", now=now)
    allowed = Returned(allow(asking.event) | {"principalId": name})
    (action,) = gateway.answered(asking.invocation_id, allowed, at(now))
    if isinstance(action, Invoke):
        (action,) = gateway.answered(action.invocation_id, OK, at(now))
    return connection_id, action


def test_invocations_say_whose_they_are_once_the_authorizer_has_said_it():
    gateway = machine(authorizer=[])
    connection_id, (asking,) = knock(gateway)
    allowed = Returned(allow(asking.event))
    (connecting,) = gateway.answered(asking.invocation_id, allowed, at(0))
    gateway.answered(connecting.invocation_id, OK, at(0))
    (saying,) = say(gateway, connection_id, action="echo")
    (leaving,) = gateway.closed(connection_id, 1000, "", at(0))

    assert [one.person for one in (asking, connecting, saying, leaving)] == ["", *["ann"] * 3]


def test_who_says_too_much_is_told_when_to_go_on_on_any_of_its_connections():
    gateway = machine(Limits(person_per_second=20, person_burst=60), authorizer=[])
    one, _ = enter(gateway, "flooder")
    two, _ = enter(gateway, "flooder")
    said = [*(say(gateway, one) for _ in range(30)), *(say(gateway, two) for _ in range(30))]

    kinds = [type(actions[0]) for actions in said]
    assert kinds == [Invoke] * 58 + [Throttle] * 2  # to come in twice counted too
    assert said[-1][0].wait_seconds == pytest.approx(0.05)
    assert isinstance(say(gateway, two, now=0.051)[0], Invoke)
    innocent, _ = enter(gateway, "ann")
    assert isinstance(say(gateway, innocent)[0], Invoke)


def test_without_an_authorizer_each_connection_is_a_person():
    gateway = machine(Limits(person_per_second=1, person_burst=2))
    one, two = join(gateway), join(gateway)

    assert [type(say(gateway, one)[0]) for _ in range(3)] == [Invoke, Invoke, Throttle]
    assert isinstance(say(gateway, two)[0], Invoke)


def test_a_person_may_have_so_many_connections_and_a_new_one_for_each_that_ended():
    gateway = machine(Limits(person_connections=16), authorizer=[])
    first, _ = enter(gateway, "ann")
    for _ in range(15):
        assert isinstance(enter(gateway, "ann")[1], Accept)

    _, refused = enter(gateway, "ann")
    assert (type(refused), refused.status) == (Refuse, 429)
    assert isinstance(enter(gateway, "bob")[1], Accept)
    gateway.closed(first, 1000, "", at(0))
    assert isinstance(enter(gateway, "ann")[1], Accept)
    assert isinstance(enter(gateway, "ann")[1], Refuse)


def test_a_handshake_that_failed_is_counted_no_longer():
    gateway = machine(Limits(person_connections=1), authorizer=[])
    for _ in range(3):
        _, (asking,) = knock(gateway)
        (connecting,) = gateway.answered(asking.invocation_id, Returned(allow(asking.event)), at(0))
        gateway.answered(connecting.invocation_id, Returned({"statusCode": 503}), at(0))

    assert isinstance(enter(gateway, "ann")[1], Accept)


def test_who_comes_in_again_and_again_is_refused_for_a_while():
    gateway = machine(Limits(person_per_second=20, person_burst=3), authorizer=[])

    assert [type(enter(gateway, "ann")[1]) for _ in range(4)] == [Accept] * 3 + [Refuse]
    assert isinstance(enter(gateway, "ann", now=1)[1], Accept)


def test_an_address_may_have_so_many_connections():
    gateway = machine(Limits(address_connections=2, counts_loopback=True))
    first = join(gateway)
    join(gateway)

    _, (refused,) = knock(gateway)
    assert (type(refused), refused.status) == (Refuse, 429)
    gateway.closed(first, 1000, "", at(0))
    join(gateway)


def test_a_person_at_rest_takes_no_memory():
    gateway = machine(GENEROUS, authorizer=[])
    connection_id, _ = enter(gateway, "ann")
    say(gateway, connection_id)
    assert gateway._persons._quotas
    gateway.closed(connection_id, 1000, "", at(0))
    gateway.tick(at(2))

    assert not gateway._persons._quotas
