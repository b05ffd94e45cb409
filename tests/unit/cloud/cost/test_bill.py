"""The bill: the design's scenarios stay below what was promised, and every line adds up."""

from dataclasses import fields, replace

import pytest

from fireside.adapters.dynamodb import units
from fireside.adapters.dynamodb.rows import people
from fireside.adapters.outbound.fanout import WIDE
from fireside.cloud.cost import bill, prices
from fireside.cloud.cost.bill import Line, lines, total, worst_day
from fireside.cloud.cost.usage import (
    ActivityCounts,
    Usage,
    Workload,
    billed_usage,
    monthly_counts,
    monthly_usage,
    naive_usage,
    scale,
)
from fireside.domain.device_secrets import DEVICE_ID_CHARACTERS
from fireside.domain.lookalikes import name_keys
from fireside.domain.names import MAX_NAME
from fireside.domain.person import (
    DAY_MS,
    MAX_DEVICES,
    MAX_LABEL,
    MAX_LINKS,
    Device,
    DeviceLink,
    Holder,
    Person,
)
from fireside.handlers.allowance import REPORT_EACH

NOON = 1_795_345_200_000

FIVE = Workload(5, 300, hours=2, days=22, online=5, online_per_room=5)
FIFTY = Workload(50, 2_000, hours=8, days=22, online=50, online_per_room=12)
FIVE_HUNDRED = Workload(500, 5_000, hours=4.8, days=30, online=100, online_per_room=40)
"""100 of 500 people are online on average: 4.8 hours each, on 30 days."""

USED = {"API Gateway", "Lambda", "DynamoDB"}


def listed(found):
    """Return the total of what the design document counted: no page, no logs, no storage."""
    stored = (prices.STORED, prices.BACKED_UP)
    counted = [line for line in found if line.price.service in USED]
    return total([line for line in counted if line.price not in stored])


@pytest.mark.parametrize(("workload", "most"), [(FIVE, 0.08), (FIFTY, 1.10), (FIVE_HUNDRED, 9.70)])
def test_the_scenarios_stay_below_what_was_promised(workload, most):
    assert total(bill.monthly(workload)) <= most
    assert listed(bill.monthly(workload, free_tier=False)) <= most


@pytest.mark.parametrize(
    ("workload", "dollars"), [(FIVE, 0.06), (FIFTY, 2.53), (FIVE_HUNDRED, 17.01)]
)
def test_the_usual_design_costs_what_was_measured(workload, dollars):
    assert listed(bill.naive(workload, free_tier=False)) == pytest.approx(
        dollars, rel=0.03, abs=0.01
    )


def test_our_protocol_costs_what_was_calculated_by_hand():
    assert listed(bill.monthly(FIFTY, free_tier=False)) == pytest.approx(1.07, rel=0.01)
    assert listed(bill.monthly(FIVE_HUNDRED, free_tier=False)) == pytest.approx(9.63, rel=0.01)


def test_a_message_is_billed_for_its_way_in_its_ack_and_its_receivers():
    alone = billed_usage(ActivityCounts(sends=1_000, members=1))
    crowd = billed_usage(ActivityCounts(sends=1_000, members=40))

    assert alone.messages == 2_000
    assert crowd.messages == 2_000 + 39_000
    assert alone.write_units == 4_000 + 2_000 / REPORT_EACH
    assert crowd.write_units == 4_000 + 41_000 / REPORT_EACH
    assert alone.read_units == 3_000


def test_each_command_and_each_way_in_reads_who_it_is():
    session = {"sends": 1, "pings": 1, "connections": 1, "history_loads": 1}
    person = billed_usage(ActivityCounts(**session))
    nobody = billed_usage(ActivityCounts(**session, unclaimed_keys=2))

    assert nobody.read_units - person.read_units == 5 * 2
    assert billed_usage(ActivityCounts(pings=1)).read_units == 1 + 2


def test_a_claim_and_the_first_visit_of_a_day_are_written_once():
    keys = len(name_keys("Grace"))
    claim = billed_usage(ActivityCounts(claims=1))
    day = billed_usage(ActivityCounts(device_days=1))

    assert claim.read_units == 2 + 2 * keys
    assert claim.write_units == 2 * (1 + keys) + 2 / REPORT_EACH
    assert (day.read_units, day.write_units, day.messages) == (1, 1, 0)
    month = monthly_counts(FIFTY)
    assert (month.claims, month.device_days) == (50, 50 * 22)


def test_the_most_that_a_command_reads_and_writes_is_what_rows_allow():
    devices = tuple(
        Device("0" * DEVICE_ID_CHARACTERS, "\U0001f600" * MAX_LABEL, NOON, NOON // DAY_MS)
        for _ in range(MAX_DEVICES)
    )
    links = tuple(DeviceLink("0" * 64, NOON, "0" * 22) for _ in range(MAX_LINKS))
    person = Person(
        "\U00020000" * 2 * MAX_NAME,
        "\U00020000" * MAX_NAME,
        "moderator",
        devices,
        "0" * 64,
        NOON,
        links,
    )
    row = people.of_person(person)
    names = [people.of_name("k" * 80, Holder(person.user_id, NOON))] * 4  # two new, two old keys
    puts = [{"Put": {"Item": one}} for one in (row, *names)]

    most = units.written("TransactWriteItems", {"TransactItems": puts}) + 1
    assert most == bill.MAX_WRITE_UNITS
    assert units.read("GetItem", {}, {"Item": row}) == bill.MAX_READ_UNITS - 103 - 1


@pytest.mark.parametrize(("size", "units"), [(100, 4), (1_000, 6), (4_000, 12)])
def test_a_long_message_is_written_in_more_units(size, units):
    used = billed_usage(ActivityCounts(sends=1, message_bytes=size))
    assert used.write_units == units + 2 / REPORT_EACH


def test_silence_is_billed_for_its_pings_and_its_minutes():
    used = billed_usage(ActivityCounts(minutes=17, pings=2))

    assert (used.messages, used.connection_minutes, used.requests) == (4, 17, 2)
    assert used.write_units == 4 / REPORT_EACH


@pytest.mark.parametrize(("members", "calls"), [(500, 1), (501, 2), (5_500, 2), (5_501, 3)])
def test_a_large_room_takes_further_calls(members, calls):
    assert billed_usage(ActivityCounts(sends=1, members=members)).requests == calls


def test_clients_come_back_when_the_gateway_cuts_them():
    short = monthly_usage(replace(FIFTY, hours=2))
    long = monthly_usage(replace(FIFTY, hours=2.1))

    assert long.site_requests - short.site_requests == 50 * 22


def test_what_is_free_is_taken_off_once_and_never_below_nothing():
    [line] = [line for line in lines(Usage(requests=1_500_000)) if line.price is prices.REQUESTS]

    assert line.dollars == pytest.approx(0.10)
    assert Line(prices.REQUESTS, 10, 1_000_000).dollars == 0
    assert total(lines(Usage(requests=1_500_000), free_tier=False)) == pytest.approx(0.30)


def test_every_count_has_its_line():
    for field in fields(Usage):
        many = lines(replace(Usage(), **{field.name: 1e9}), free_tier=False)

        assert sum(line.dollars > 0 for line in many) == 1, field.name


def test_only_what_is_free_for_ever_is_taken_off():
    free = {line.price.unit for line in lines(Usage()) if line.free}

    assert prices.MESSAGES.unit not in free
    assert prices.WRITES.unit not in free
    assert {prices.REQUESTS.unit, prices.STORED.unit} <= free


def test_every_price_names_its_source():
    found = [price for price in vars(prices).values() if isinstance(price, prices.Price)]

    assert len(found) == len({line.price for line in lines(Usage())}) + 1  # x86 beside arm64
    assert all(price.source.startswith("https://aws.amazon.com/") for price in found)


def test_ten_times_the_people_say_ten_times_as_much_in_rooms_as_large():
    more = scale(FIFTY, 500)

    assert more.messages_per_day == 20_000
    assert more.in_room == 12
    assert naive_usage(more).messages > 90 * naive_usage(FIFTY).messages


def test_by_default_all_are_in_the_one_room_and_not_all_at_once():
    workload = Workload(48, 100)

    assert workload.connected == workload.in_room == 16


THROTTLE = {"throttle_rate": 20, "throttle_burst": 40}


def test_the_worst_day_grows_with_the_throttle_and_the_brake():
    mild = total(worst_day(**THROTTLE, brake_messages_per_hour=20_000))

    assert 10 < mild < 40
    assert mild < total(worst_day(**THROTTLE, brake_messages_per_hour=40_000))
    assert mild < total(
        worst_day(throttle_rate=40, throttle_burst=40, brake_messages_per_hour=20_000)
    )
    assert mild < total(worst_day(**THROTTLE, brake_messages_per_hour=20_000, brake_minutes=60))


def test_on_the_worst_day_each_message_waits_for_receivers_that_hang():
    commands = 20_000 * 12 + 20 * 15 * 60

    def gb_seconds(seconds):
        day = worst_day(**THROTTLE, brake_messages_per_hour=20_000, broadcast_seconds=seconds)
        return next(line.quantity for line in day if line.price is prices.GB_SECONDS_ARM)

    assert gb_seconds(1.5) - gb_seconds(0.5) == pytest.approx(commands * 0.5)
    usual = worst_day(**THROTTLE, brake_messages_per_hour=20_000)
    assert usual == worst_day(
        **THROTTLE,
        brake_messages_per_hour=20_000,
        broadcast_seconds=WIDE.broadcast_seconds,
    )


def test_without_a_brake_the_throttle_is_the_bound():
    accepted = 20 * 86_400 + 40
    found = {line.price: line for line in worst_day(**THROTTLE, brake_messages_per_hour=1e12)}

    assert found[prices.REQUESTS].quantity == accepted
    assert found[prices.WRITES].quantity == accepted * bill.MAX_WRITE_UNITS


def test_no_ordinary_day_costs_as_much_as_the_worst():
    day = replace(FIVE_HUNDRED, days=1)
    said = monthly_usage(day).messages / 24

    assert total(bill.monthly(day, free_tier=False)) < total(
        worst_day(**THROTTLE, brake_messages_per_hour=said)
    )
