"""One person's flood on AWS: it is refused and then ended in every process, and others go on."""

from dataclasses import replace

import pytest

from fireside.domain.person import Change
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
        clock=house.clock,
        entropy=house.entropy,
        random_bytes=house.random_bytes,
        new_epoch=lambda: "epoch-1",
        retry=PATIENT,
        write_line=lambda _line: None,
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
        clock=house.clock,
        entropy=house.entropy,
        random_bytes=house.random_bytes,
        new_epoch=lambda: "epoch-1",
        retry=PATIENT,
        write_line=lambda _: done.append(""),
    )
    house.handler = aws.build_chat(
        house.region.environ(FIRESIDE_PERSON_MESSAGES_PER_HOUR="10000"), world
    )
    while "counted" not in done:
        ann.say("hello")

    assert done[-2:] == ["", "counted"]


# --- who shows devices that are not the person's ---


def of_device(house, number):
    """Let somebody come as Ada, with a device of this number."""
    person = house.somebody("Ada", f"Ada {number}")
    context = house.context
    device = {"device": f"{number:022}"}

    def with_device(one, route):
        found = context(one, route)
        return found | {"authorizer": found["authorizer"] | (device if one is person else {})}

    house.context = with_device
    return person


def test_strangers_under_adas_name_use_up_what_is_theirs_together_and_nothing_of_hers():
    house = House()
    ada, *strangers = (of_device(house, number) for number in range(3))
    assert ada.ask("claim", name="Ada")["type"] == "claimed"
    house.handler, _ = processes = processes_of(house, 2)

    refused = [strangers[number % 2].say("it is me")["code"] for number in range(PER_HOUR)]

    assert refused[0] == "name_taken"
    assert refused.count("name_taken") * 2 == PER_HOUR
    assert refused[-1] == "rate_limited"
    assert set(house.region.ended) == {"Ada 1", "Ada 2"}
    for house.handler in processes:
        assert ada.say("still here")["type"] == "ack"
    [house.handler] = processes_of(house, 1)
    house.region.calls.clear()
    assert strangers[0].say("me again")["code"] == "name_taken"
    assert house.region.calls == {"BatchGetItem": 2}, "who it is, and that it is in no room"


def test_a_person_is_read_once_an_event_and_again_at_the_next():
    house = House()
    ada = of_device(house, 0)
    ada.ask("claim", name="Ada")
    [house.handler] = processes_of(house, 1)
    ada.ask("ping")
    house.region.calls.clear()

    assert ada.ask("devices")["type"] == "devices"
    assert house.region.calls == {"BatchGetItem": 1}
    house.store.people.change(
        "ada", (), lambda found: Change(replace(found.person, is_banned=True))
    )
    assert ada.ask("devices")["code"] == "forbidden"
