"""How long a connection may be idle, and how long open."""

import pytest

from localgateway.machine.connection import Connection, Instant, Phase
from localgateway.machine.events import ConnectionInfo, Handshake
from localgateway.machine.limits import Limits

LIMITS = Limits(idle_seconds=600, lifetime_seconds=7200)


def connection():
    handshake = Handshake("ws", "", [], "127.0.0.1")
    info = ConnectionInfo("c1", 0, "ws", "local", "localhost", {})
    return Connection(info, handshake, Phase.CONNECTING, 0.0)


def test_an_open_connection_keeps_nothing_of_its_request():
    one = connection()
    one.opened(Instant(5.0, 0))

    assert (one.phase, one.handshake) == (Phase.OPEN, None)
    assert one.opened_at == one.last_active == 5.0


def test_idle_time_counts_from_the_last_message():
    one = connection()
    one.opened(Instant(0.0, 0))
    one.last_active = 100.0

    assert not one.is_expired(Instant(699.0, 0), LIMITS)
    assert one.is_expired(Instant(700.0, 0), LIMITS)


def test_lifetime_counts_from_the_101_however_active_it_is():
    one = connection()
    one.opened(Instant(10.0, 0))
    one.last_active = 7209.0

    assert not one.is_expired(Instant(7209.0, 0), LIMITS)
    assert one.is_expired(Instant(7210.0, 0), LIMITS)


@pytest.mark.parametrize("phase", [Phase.AUTHORIZING, Phase.CONNECTING, Phase.CLOSED])
def test_only_an_open_connection_expires(phase):
    one = connection()
    one.phase = phase

    assert not one.is_expired(Instant(10_000.0, 0), LIMITS)
