import pytest

from localgateway.machine.metering import Meter


@pytest.mark.parametrize(
    ("size", "billed"), [(0, 1), (1, 1), (32_768, 1), (32_769, 2), (131_072, 4)]
)
def test_a_message_is_billed_by_the_32_kilobytes(size, billed):
    meter = Meter()

    meter.count_received(size)
    meter.count_sent(size)

    assert (meter.received, meter.sent) == (billed, billed)


def test_minutes_are_those_of_all_connections_also_of_those_still_open():
    meter = Meter()

    meter.opened("a", 0.0)
    meter.opened("b", 30.0)
    meter.closed("a", 60.0)

    assert meter.minutes(90.0) == 2.0
    assert meter.connections == 2


def test_what_never_was_open_costs_nothing():
    meter = Meter()

    meter.closed("a", 60.0)

    assert meter.minutes(90.0) == 0
