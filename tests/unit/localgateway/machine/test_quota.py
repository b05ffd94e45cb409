"""Quotas that are counted: new connections a second, and how many routes an API may have."""

import itertools

import pytest

from localgateway.machine.actions import Accept, Refuse
from localgateway.machine.api import ApiError, parse
from localgateway.machine.connection import Instant
from localgateway.machine.core import Gateway
from localgateway.machine.events import Handshake, Ids
from localgateway.machine.limits import Limits

DOCUMENT = {
    "name": "test",
    "stage": "dev",
    "integrations": {"app": {}},
    "routes": {"$default": {"integration": "app"}},
}


def gateway(**limits):
    ids = itertools.count()
    return Gateway(parse(DOCUMENT), Limits(**limits), Ids(lambda n: next(ids).to_bytes(n, "big")))


def join(machine, seconds):
    handshake = Handshake("dev", "", (("Host", "localhost"),), "127.0.0.1")
    (action,) = machine.opened(handshake, Instant(seconds, 0))[1]
    return action


def test_a_second_may_bring_so_many_connections_and_the_next_is_429():
    machine = gateway(connects_per_second=3)
    first = [join(machine, 10) for _ in range(5)]
    later = [join(machine, 10.34) for _ in range(2)]
    rested = [join(machine, 60) for _ in range(4)]

    assert [type(action) for action in first] == [Accept] * 3 + [Refuse] * 2
    assert (first[3].status, first[3].message) == (429, "Too Many Requests")
    assert [type(action) for action in later] == [Accept, Refuse]
    assert [type(action) for action in rested] == [Accept] * 3 + [Refuse]
    assert len(machine.connections) == 7


def test_without_a_rate_anybody_may_come():
    machine = gateway()

    assert {type(join(machine, 10)) for _ in range(1000)} == {Accept}


def test_messages_and_posts_share_a_quota_with_a_burst():
    machine = gateway(requests_per_second=8, requests_burst=4)
    connection_id = join(machine, 0).connection_id

    machine.text_received(connection_id, "{}", Instant(10, 0))
    at_once = [machine.count_request(Instant(10, 0)) for _ in range(4)]
    a_second_later = [machine.count_request(Instant(11, 0)) for _ in range(5)]

    assert at_once == [True] * 3 + [False]
    assert a_second_later == [True] * 4 + [False]


@pytest.mark.parametrize(
    ("kind", "most"), [("routes", 300), ("integrations", 300), ("authorizers", 10)]
)
def test_more_than_the_quota_is_refused_by_name(kind, most):
    entry = {"integration": "app"} if kind == "routes" else {}
    many = {f"n{i}": entry for i in range(most)}
    base = DOCUMENT.get(kind, {})
    parse(DOCUMENT | {kind: base | dict(itertools.islice(many.items(), most - len(base)))})

    with pytest.raises(ApiError, match=f"api.json: {kind}: there are .*allows {most}"):
        parse(DOCUMENT | {kind: base | many | {"more": entry}})
