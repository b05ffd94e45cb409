"""The gateway as a state machine without I/O: what happened goes in, actions come out.

Time comes in as an argument, so ten idle minutes and two hours open pass in microseconds.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from localgateway.machine import events, policy
from localgateway.machine.actions import (
    Accept,
    Action,
    CloseWith,
    Invoke,
    Outcome,
    Raised,
    Refuse,
    SendText,
    Throttle,
)
from localgateway.machine.api import CONNECT, DEFAULT, DISCONNECT, LIFECYCLE, Api, Route
from localgateway.machine.connection import Connection, Instant, Phase
from localgateway.machine.events import ConnectionInfo, Event, Handshake, Ids
from localgateway.machine.limits import (
    CLOSE_GOING_AWAY,
    CLOSE_POLICY,
    CLOSE_UNSUPPORTED,
    NO_STATUS,
    Limits,
)
from localgateway.machine.persons import Persons, counted_address
from localgateway.machine.quota import Quota
from localgateway.machine.results import ProxyResult, read_result
from localgateway.machine.selection import compile_selection
from localgateway.platform.deadline import TooSlow

_SUCCESS = range(200, 300)
_INTERNAL_ERROR = "Internal server error"
_TIMED_OUT = "Endpoint request timed out"
_FORBIDDEN = "Forbidden"
_TOO_MANY = "Too Many Requests"
_BAD_BODY = "Bad request body"


class _Pending(NamedTuple):
    connection_id: str
    request_id: str
    route: Route
    deadline: float
    asks_authorizer: bool = False


class Gateway:
    """All connections of one API. Every method returns the actions to carry out, in order."""

    def __init__(self, api: Api, limits: Limits, ids: Ids, api_id: str = "local") -> None:
        self.api = api
        self.limits = limits
        self.connections: dict[str, Connection] = {}
        self._ids = ids
        self._api_id = api_id
        self._select = compile_selection(api.selection)
        self._pending: dict[int, _Pending] = {}
        self._refused_late: dict[int, Connection] = {}
        self._invocations = 0
        connects, requests = limits.connects_per_second, limits.requests_per_second
        self._persons = Persons(limits)
        self._connects = None if connects is None else Quota(connects, connects)
        self._requests = None if requests is None else Quota(requests, limits.requests_burst)

    def replace_api(self, api: Api) -> None:
        """Use another version of the API from now on; open connections stay open."""
        self.api = api
        self._select = compile_selection(api.selection)

    def opened(self, handshake: Handshake, now: Instant) -> tuple[str, list[Action]]:
        """Take an upgrade request; return the connection's id and the first actions."""
        connection_id = self._ids.connection()
        info = ConnectionInfo(
            connection_id,
            now.epoch_ms,
            self.api.stage,
            self._api_id,
            handshake.header("Host") or "",
            events.identity(handshake),
            stage_variables=self.api.stage_variables,
        )
        connection = Connection(info, handshake, Phase.AUTHORIZING, now.monotonic)
        self.connections[connection_id] = connection
        if not self._count_connection(connection, handshake, now):
            return connection_id, self._refuse(connection, 429, _TOO_MANY)
        route = self.api.routes.get(CONNECT)
        if route is None:
            return connection_id, self._accept(connection, None, now)
        if route.authorizer is None:
            return connection_id, self._run_connect(connection, route, handshake, now)
        request_id = self._ids.request()
        event = events.authorizer(handshake, info, request_id, now.epoch_ms)
        if not all(events.has_identity(handshake, event, i) for i in route.authorizer.identities):
            return connection_id, self._refuse(connection, 401, "Unauthorized")
        return connection_id, [
            self._invoke(
                _Pending(
                    connection_id,
                    request_id,
                    route,
                    self._deadline(route, now),
                    asks_authorizer=True,
                ),
                route.authorizer.name,
                event,
            )
        ]

    def text_received(self, connection_id: str, text: str, now: Instant) -> list[Action]:
        """Take a message, select its route, and invoke its function."""
        connection = self.connections[connection_id]
        connection.last_active = now.monotonic
        # Counted but never refused: we never saw API Gateway send a frame for a throttled message.
        self.count_request(now)
        request_id = self._ids.request()
        wait = self._persons.wait_seconds(connection.person or connection_id, now.monotonic)
        if wait:
            return [Throttle(connection_id, text, request_id, wait)]
        route = self._select_route(text)
        if route is None:
            return [
                SendText(connection_id, self._error_frame(_FORBIDDEN, connection_id, request_id))
            ]
        message_id = self._ids.message()
        try:
            fits = route.model is None or route.model(text)
        except TooSlow:  # all others wait meanwhile, and what follows it may take as long
            return [CloseWith(connection_id, CLOSE_POLICY, "A message took too long to check")]
        if not fits:
            frame = events.error_frame(_BAD_BODY, connection_id, message_id, "messageId")
            return [SendText(connection_id, frame)]
        event = events.message(
            connection.info,
            route.key,
            text,
            (request_id, message_id),
            now.epoch_ms,
        )
        pending = _Pending(connection_id, request_id, route, self._deadline(route, now))
        return [self._invoke(pending, route.integration, event, connection.person)]

    def binary_received(self, connection_id: str) -> list[Action]:
        """Close the connection: API Gateway takes no binary frames from clients."""
        return [CloseWith(connection_id, CLOSE_UNSUPPORTED, "Binary frames are not supported")]

    def closed(self, connection_id: str, code: int, reason: str, now: Instant) -> list[Action]:
        """Take the end of a socket, whatever its cause; `$disconnect` runs if it had been open."""
        connection = self.connections[connection_id]
        if connection.phase is not Phase.OPEN:
            # $connect may be running: its answer decides whether there is anything to undo.
            connection.phase = Phase.CLOSED
            return []
        text = reason or events.CLOSE_TEXTS.get(code, "")
        return self._run_disconnect(connection, (code, text), now)

    def answered(self, invocation_id: int, outcome: Outcome, now: Instant) -> list[Action]:
        """Take the outcome of an invocation; one after its deadline changes nothing."""
        pending = self._pending.get(invocation_id)
        if pending is None:
            return self._completed_late(invocation_id, outcome, now)
        if pending.deadline <= now.monotonic:
            return [*self._time_out(now), *self._completed_late(invocation_id, outcome, now)]
        del self._pending[invocation_id]
        connection = self.connections.get(pending.connection_id)
        if connection is None:
            return []
        if pending.asks_authorizer:
            return self._authorized(connection, pending, outcome, now)
        if pending.route.key == CONNECT:
            return self._connected(connection, outcome, now)
        return self._replied(pending, outcome)

    def tick(self, now: Instant) -> list[Action]:
        """Time out invocations, and close connections that were idle or open too long."""
        self._persons.forget_rested(now.monotonic)
        return [*self._time_out(now), *self._close_expired(now)]

    def in_flight(self) -> int:
        """Return how many invocations have not ended."""
        return len(self._pending)

    def _count_connection(self, connection: Connection, handshake: Handshake, now: Instant) -> bool:
        """Count a new connection; return whether it is within the quota, and its address's."""
        if self._connects is not None and not self._connects.take(now.monotonic):
            return False
        address = counted_address(handshake, self.limits)
        if not self._persons.enter_from(address):
            return False
        connection.counted_address = address
        return True

    def _count_person(self, connection: Connection, now: Instant) -> bool:
        """Count a new connection as its person's; return whether that is within the limits."""
        person = connection.person
        if self._persons.wait_seconds(person, now.monotonic) or not self._persons.enter(person):
            return False
        connection.counted_person = person
        return True

    def _uncount(self, connection: Connection) -> None:
        self._persons.leave(connection.counted_person)
        self._persons.leave_from(connection.counted_address)
        connection.counted_person = connection.counted_address = ""

    def count_request(self, now: Instant) -> bool:
        """Count a message or a request to @connections; return whether it is within the quota."""
        return self._requests is None or self._requests.take(now.monotonic)

    def _run_connect(
        self, connection: Connection, route: Route, handshake: Handshake, now: Instant
    ) -> list[Action]:
        connection.phase = Phase.CONNECTING
        info, request_id = connection.info, self._ids.request()
        event = events.connect(handshake, info, request_id, now.epoch_ms)
        pending = _Pending(info.connection_id, request_id, route, self._deadline(route, now))
        return [self._invoke(pending, route.integration, event, connection.person)]

    def _run_disconnect(
        self, connection: Connection, close: tuple[int, str], now: Instant
    ) -> list[Action]:
        connection.phase = Phase.CLOSED
        info = connection.info
        self._uncount(connection)
        self.connections.pop(info.connection_id, None)
        route = self.api.routes.get(DISCONNECT)
        if route is None:
            return []
        request_id = self._ids.request()
        event = events.disconnect(info, close, request_id, now.epoch_ms)
        pending = _Pending(info.connection_id, request_id, route, self._deadline(route, now))
        return [self._invoke(pending, route.integration, event, connection.person)]

    def _authorized(
        self, connection: Connection, pending: _Pending, outcome: Outcome, now: Instant
    ) -> list[Action]:
        if connection.phase is Phase.CLOSED:
            return self._forget(connection)
        if isinstance(outcome, Raised):
            if outcome.text == "Unauthorized":
                return self._refuse(connection, 401, "Unauthorized")
            return self._refuse(connection, 500, _INTERNAL_ERROR)
        try:
            decision = policy.decide(
                outcome.value, events.method_arn(connection.info), self.limits.authorizer_bytes
            )
        except policy.BadResult as cause:
            assert pending.route.authorizer is not None
            place = f"{self.api.source}: authorizers.{pending.route.authorizer.name}"
            return self._refuse(connection, 500, _INTERNAL_ERROR, f"{place}: {cause}.")
        if not decision.allowed:
            return self._refuse(connection, 403, _FORBIDDEN, decision.reason)
        return self._admitted(connection, decision.context, pending.route, now)

    def _admitted(
        self, connection: Connection, context: Mapping[str, Any], route: Route, now: Instant
    ) -> list[Action]:
        """Run `$connect` for the person that the authorizer let in, unless it comes too often."""
        assert connection.handshake is not None
        connection.person = str(context["principalId"])
        if not self._count_person(connection, now):
            return self._refuse(connection, 429, _TOO_MANY)
        latency_ms = now.epoch_ms - connection.info.connected_at
        connection.info.authorizer = {**context, "integrationLatency": max(0, latency_ms)}
        return self._run_connect(connection, route, connection.handshake, now)

    def _connected(self, connection: Connection, outcome: Outcome, now: Instant) -> list[Action]:
        result = _proxy_result(outcome)
        accepted = result is not None and result.status in _SUCCESS
        if connection.phase is Phase.CLOSED:
            # The client left while $connect ran: undo what it did, as if it had been open.
            close = (NO_STATUS, events.CLOSE_TEXTS[NO_STATUS])
            return (
                self._run_disconnect(connection, close, now)
                if accepted
                else self._forget(connection)
            )
        if result is None:
            return self._refuse(connection, 502, _INTERNAL_ERROR)
        if not accepted:
            return self._refuse(connection, result.status, "Refused")
        return self._accept(connection, result.subprotocol, now)

    def _replied(self, pending: _Pending, outcome: Outcome) -> list[Action]:
        connection_id = pending.connection_id
        result = _proxy_result(outcome)
        if result is None:
            frame = self._error_frame(_INTERNAL_ERROR, connection_id, pending.request_id)
            return [SendText(connection_id, frame)]
        if result.body is None or not pending.route.two_way:
            return []
        return [SendText(connection_id, result.body)]

    def _time_out(self, now: Instant) -> list[Action]:
        actions: list[Action] = []
        expired = [i for i, p in self._pending.items() if p.deadline <= now.monotonic]
        for invocation_id in expired:
            pending = self._pending.pop(invocation_id)
            connection = self.connections.get(pending.connection_id)
            if connection is None:
                continue
            if pending.route.key == CONNECT and not pending.asks_authorizer:
                self._refused_late[invocation_id] = connection
            if connection.phase is Phase.OPEN:
                frame = self._error_frame(_TIMED_OUT, pending.connection_id, pending.request_id)
                actions.append(SendText(pending.connection_id, frame))
            elif connection.phase is Phase.CLOSED:
                self._forget(connection)
            else:
                actions += self._refuse(connection, 504, _TIMED_OUT)
        return actions

    def _completed_late(self, invocation_id: int, outcome: Outcome, now: Instant) -> list[Action]:
        """Run `$disconnect` when a `$connect` succeeded after its client had been refused."""
        connection = self._refused_late.pop(invocation_id, None)
        result = _proxy_result(outcome)
        if connection is None or result is None or result.status not in _SUCCESS:
            return []
        return self._run_disconnect(connection, (NO_STATUS, events.CLOSE_TEXTS[NO_STATUS]), now)

    def _close_expired(self, now: Instant) -> Iterable[Action]:
        for connection_id, connection in self.connections.items():
            if connection.is_expired(now, self.limits):
                yield CloseWith(connection_id, CLOSE_GOING_AWAY, "Going away")

    def _accept(
        self, connection: Connection, subprotocol: str | None, now: Instant
    ) -> list[Action]:
        connection.opened(now)
        return [Accept(connection.info.connection_id, subprotocol)]

    def _refuse(
        self, connection: Connection, status: int, text: str, why: str = ""
    ) -> list[Action]:
        self._forget(connection)
        return [Refuse(connection.info.connection_id, status, text, why)]

    def _forget(self, connection: Connection) -> list[Action]:
        connection.phase = Phase.CLOSED
        self._uncount(connection)
        del self.connections[connection.info.connection_id]
        return []

    def _invoke(self, pending: _Pending, function: str, event: Event, person: str = "") -> Invoke:
        self._invocations += 1
        self._pending[self._invocations] = pending
        return Invoke(self._invocations, pending.connection_id, function, event, person)

    def _select_route(self, text: str) -> Route | None:
        """Return the route of a message; a client can't name `$connect`: it counts as unknown."""
        key = self._select(text)
        routes = self.api.routes
        if key is not None and key not in LIFECYCLE and key in routes:
            return routes[key]
        return routes.get(DEFAULT)

    def _deadline(self, route: Route, now: Instant) -> float:
        return now.monotonic + route.timeout_seconds

    def _error_frame(self, text: str, connection_id: str, request_id: str) -> str:
        return events.error_frame(text, connection_id, request_id)


def _proxy_result(outcome: Outcome) -> ProxyResult | None:
    return None if isinstance(outcome, Raised) else read_result(outcome.value)
