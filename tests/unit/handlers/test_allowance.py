"""What one person may cost the group: counted over all processes, refused, and then ended."""

import json

import pytest

from fireside.adapters.memory import MemorySpending
from fireside.domain.errors import Busy
from fireside.domain.person import Device, Found, Person
from fireside.domain.standing import payer
from fireside.handlers.allowance import (
    CONNECTION,
    HOUR_MS,
    REPORT_EACH,
    WAIT_MS,
    Allowances,
    allowance_from,
    with_allowances,
)

PER_HOUR = 1_000
MEMBERS = 12


class Function:
    """Processes of `chat` that a gateway calls in turn, with one table behind them."""

    def __init__(self, processes=1):
        self.now_ms = 1_000 * HOUR_MS
        self.table = MemorySpending()
        self.pushed, self.handled, self.ended = MEMBERS - 1, [], []
        self.payer = lambda visitor: visitor.user_id
        self.processes = [self.process() for _ in range(processes)]
        self.calls = 0

    def process(self):
        def handle(event, _context):
            self.handled.append(event["requestContext"]["eventType"])
            return {"statusCode": 200, "body": '{"type":"ack"}'}

        allowances = Allowances(self.table, PER_HOUR, lambda: self.now_ms)

        def payer_of(visitor):
            return self.payer(visitor)

        return with_allowances(handle, allowances, payer_of, lambda: self.pushed, self.ended.extend)

    def call(self, user="ann", kind="MESSAGE", **shown):
        about = {"eventType": kind, "connectionId": f"of-{user}", "authorizer": {}}
        if user:
            about["authorizer"] = {"userId": user, "username": user, **shown}
        self.calls += 1
        event = {"requestContext": about, "body": '{"action":"sendMessage","id":"7"}'}
        return self.processes[self.calls % len(self.processes)](event, None)

    def until(self, is_so, most=10_000):
        for _ in range(most):
            response = self.call()
            if is_so(response):
                return json.loads(response["body"])
        raise AssertionError(most)


@pytest.mark.parametrize(("written", "found"), [(None, None), ("", None), ("10000", 10_000)])
def test_the_allowance_is_in_the_environment(written, found):
    environ = {} if written is None else {"FIRESIDE_PERSON_MESSAGES_PER_HOUR": written}

    assert allowance_from(environ) == found


@pytest.mark.parametrize("written", ["0", "-1", "many", "1.5"])
def test_what_is_no_allowance_is_named(written):
    with pytest.raises(ValueError, match=f"^FIRESIDE_PERSON_MESSAGES_PER_HOUR is '{written}': set"):
        allowance_from({"FIRESIDE_PERSON_MESSAGES_PER_HOUR": written})


def is_refused(response):
    return '"rate_limited"' in response["body"]


def test_who_used_up_the_allowance_is_told_when_to_come_back_and_nothing_is_handled():
    function = Function()

    refusal = function.until(is_refused)

    assert (refusal["id"], refusal["retryAfterMs"]) == ("7", WAIT_MS)
    assert len(function.handled) == -(-PER_HOUR // (MEMBERS + 1))
    assert json.loads(function.call("bob")["body"])["type"] == "ack"


def test_nobody_is_told_to_wait_beyond_the_hour():
    function = Function()
    function.now_ms += HOUR_MS - 5_000

    assert function.until(is_refused)["retryAfterMs"] == 5_000

    function.now_ms += 5_000
    assert not is_refused(function.call())


def test_who_goes_on_is_ended_and_lets_nobody_in_under_that_name_until_the_hour_is_over():
    function = Function()
    function.until(is_refused)
    assert function.ended == []

    function.until(lambda _: function.ended)

    assert set(function.ended) == {"of-ann"}
    assert function.call(kind="CONNECT") == {"statusCode": 429}
    assert function.call("bob", kind="CONNECT")["statusCode"] == 200
    function.now_ms += HOUR_MS
    assert function.call(kind="CONNECT")["statusCode"] == 200


@pytest.mark.parametrize("processes", [1, 10, 50])
def test_all_processes_together_let_one_person_cause_little_more_than_the_allowance(processes):
    function = Function(processes)

    function.until(lambda _: len(set(function.ended)) > 0)

    caused = len(function.handled) * (MEMBERS + 1)
    assert caused <= PER_HOUR + processes * (REPORT_EACH + MEMBERS + 1)


def test_connections_are_counted_in_every_process():
    function = Function(processes=10)

    statuses = [function.call(kind="CONNECT")["statusCode"] for _ in range(100)]

    assert statuses.count(200) <= PER_HOUR // CONNECTION + 10 * 2
    assert statuses[-1] == 429


def test_a_process_that_starts_lets_one_connection_in_before_it_knows():
    function = Function()
    function.until(lambda _: function.ended)
    function.processes = [function.process()]

    statuses = [function.call(kind="CONNECT")["statusCode"] for _ in range(3)]

    assert statuses == [200, 429, 429]


def test_a_usual_person_costs_a_write_for_each_100_messages():
    function = Function()
    writes = []
    spend = function.table.spend
    function.table.spend = lambda *what: writes.append(what) or spend(*what)
    function.pushed = 0

    for _ in range(150):
        function.call()

    assert [messages for _, _, messages in writes] == [100, 100, 100]


def test_who_goes_and_who_has_no_name_is_not_counted():
    function = Function()
    function.until(lambda _: function.ended)
    function.handled.clear()

    function.call(kind="DISCONNECT")
    function.call(user="", kind="CONNECT")

    assert function.handled == ["DISCONNECT", "CONNECT"]


def test_what_cannot_be_written_is_counted_here_and_written_later(caplog):
    function = Function()

    def busy(*_):
        raise Busy("not now")

    spend, function.table.spend = function.table.spend, busy
    function.until(is_refused)
    assert "not counted yet" in caplog.text
    assert "ann" not in caplog.text

    function.table.spend = spend
    function.call()
    assert spend("ann", 1_000, 0) > PER_HOUR


# --- who pays ---

ADA = Person("ada", "Ada", devices=(Device("hers", "", 0, 0),))


def test_a_stranger_who_shows_unknown_devices_under_adas_name_uses_up_nothing_of_hers():
    function = Function()
    function.payer = lambda visitor: payer(visitor, Found(ADA, {}))
    for number in range(PER_HOUR):
        function.call("ada", device=f"strange {number}")
    assert function.ended

    assert function.call("ada", device="strange")["body"].startswith('{"type":"error"')
    assert json.loads(function.call("ada", device="hers")["body"])["type"] == "ack"
    assert set(function.table._used) == {("ada#unknown", 1_000)}


def test_while_people_cannot_be_read_nobody_uses_up_what_is_adas():
    function = Function()

    def busy(_visitor):
        raise Busy("not now")

    function.payer = busy
    function.until(lambda _: function.ended)
    function.payer = lambda visitor: visitor.user_id

    assert json.loads(function.call()["body"])["type"] == "ack"
