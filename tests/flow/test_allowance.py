"""One person's flood on AWS: it is refused and then ended in every process, and others go on."""

import pytest

from fireside.functions import aws
from fireside.handlers.allowance import REPORT_EACH
from tests.flow.cloud import PATIENT
from tests.flow.house import House

pytestmark = pytest.mark.in_cloud

PER_HOUR = 300
EACH = 5
"""Messages of a send of a plain client: itself, its answer, and a push to each of three."""


def processes_of(house, count):
    """Make processes of `chat` on the tables of a house."""
    world = aws.System(
        house.clock, house.entropy, lambda: "epoch-1", PATIENT, write_line=lambda _line: None
    )
    environ = house.region.environ(FIRESIDE_PERSON_MESSAGES_PER_HOUR=str(PER_HOUR))
    return [aws.build_chat(environ, world) for _ in range(count)]


def test_a_flood_is_refused_and_ended_in_all_processes_and_others_go_on():
    house = House()
    flooder, other, _ = (house.join(name) for name in ("Mallory", "Ann", "Bob"))
    processes = processes_of(house, 2)
    stored = 0
    for number in range(PER_HOUR):
        house.handler = processes[number % 2]
        answer = flooder.say("flood", id="7")
        stored += answer["type"] == "ack"
        if house.region.ended:
            break

    assert (answer["code"], answer["id"], answer["retryAfterMs"]) == ("rate_limited", "7", 60_000)
    assert set(house.region.ended) == {"Mallory"}
    assert stored * EACH <= PER_HOUR + 2 * (REPORT_EACH + EACH)
    assert house.store.head("general") == stored
    for house.handler in processes:
        assert house.handler(flooder.connect_event(), None) == {"statusCode": 429}
        assert other.say("still here")["type"] == "ack"

    house.wait(3_600)
    assert house.handler(flooder.connect_event(), None) == {"statusCode": 200}
    assert flooder.say("sorry")["type"] == "ack"


def test_a_new_process_knows_what_was_used_before_once_it_has_counted_a_little():
    house = House()
    flooder, *_ = (house.join(name) for name in ("Mallory", "Ann", "Bob"))
    [first] = processes_of(house, 1)
    house.handler = first
    while flooder.say("flood")["type"] == "ack":
        pass

    [house.handler] = processes_of(house, 1)
    answers = [flooder.say("flood")["type"] for _ in range(40)]

    assert answers.count("ack") == REPORT_EACH / EACH
    assert answers[-1] == "error"


def test_the_time_of_the_fan_out_ends_before_the_allowance_is_counted(monkeypatch):
    house = House()
    ann, *_ = (house.join(name) for name in ("Ann", "Bob"))
    done = []
    spend = aws.DynamoSpending.spend
    monkeypatch.setattr(
        aws.DynamoSpending, "spend", lambda *given: done.append("counted") or spend(*given)
    )
    world = aws.System(
        house.clock, house.entropy, lambda: "epoch-1", PATIENT, write_line=lambda _: done.append("")
    )
    house.handler = aws.build_chat(
        house.region.environ(FIRESIDE_PERSON_MESSAGES_PER_HOUR="10000"), world
    )
    while "counted" not in done:
        ann.say("hello")

    assert done[-2:] == ["", "counted"]
