"""Pages: where they begin and end, and that each fits into one frame."""

import pytest

from fireside.domain.message import message_id
from tests.contract.drafts import keep
from tests.flow.house import House


@pytest.fixture
def ann():
    ann = House().join("Ann", hello=True)
    for number in range(1, 13):
        ann.say(f"message {number}")
    return ann


def seqs(page):
    return [message["seq"] for message in page["messages"]]


def test_the_newest_page(ann):
    page = ann.ask("getHistory", limit=5)

    assert seqs(page) == [12, 11, 10, 9, 8]
    assert (page["prev"], page["next"], page["epoch"]) == (8, None, "epoch-1")


def test_an_older_page(ann):
    page = ann.ask("getHistory", limit=5, before=8)

    assert seqs(page) == [7, 6, 5, 4, 3]
    assert (page["prev"], page["next"]) == (3, 7)


def test_the_oldest_page(ann):
    page = ann.ask("getHistory", limit=5, before=3)

    assert seqs(page) == [2, 1]
    assert (page["prev"], page["next"]) == (None, 2)


def test_a_newer_page_reads_forward(ann):
    page = ann.ask("getHistory", limit=5, after=3)

    assert seqs(page) == [4, 5, 6, 7, 8]
    assert (page["prev"], page["next"], page["order"]) == (4, 8, "oldest-first")


@pytest.mark.parametrize(
    "where", [{"before": 1}, {"before": 0}, {"after": 12}, {"after": 2**53 - 1}]
)
def test_beyond_the_ends_there_is_nothing(ann, where):
    page = ann.ask("getHistory", **where)

    assert (seqs(page), page["prev"], page["next"]) == ([], None, None)


def test_an_empty_room_has_an_empty_page():
    page = House().join("Ann").ask("getHistory")

    assert (seqs(page), page["prev"], page["next"]) == ([], None, None)


@pytest.mark.variations
@pytest.mark.parametrize("wide", ["x", "é", "漢", "🔥", "\x01", '"'])
def test_pages_are_cut_by_bytes_and_miss_nothing(wide):
    house = House()
    ann = house.join("Ann", hello=True)
    for number in range(40):
        if wide == "\x01":  # as an older version stored it
            keep(house.store, f"n{number}", text=wide * 1_000, room="general")
        else:
            ann.say(wide * 1_000)

    read, before = [], {}
    while before != {"before": None}:
        page = ann.ask("getHistory", limit=100, **before)
        assert page["messages"]
        read += seqs(page)
        before = {"before": page["prev"]}

    assert read == list(range(40, 0, -1))


def test_resume_goes_on_until_there_is_no_more():
    ann = House().join("Ann", hello=True)
    for _ in range(140):
        ann.say("漢" * 300)

    greeting = ann.ask("hello", v=1, resume={"general": {"epoch": "epoch-1", "after": 5}})
    parts = greeting["resumed"]
    while parts[-1]["more"]:
        parts.append(ann.ask("resume", room="general", epoch="epoch-1", after=parts[-1]["to"]))

    read = [event["seq"] for part in parts for event in part["events"]]
    assert read == list(range(6, 141))
    assert len(parts) > 1
    assert not any(part["reset"] for part in parts)


def test_a_cursor_ahead_of_the_log_starts_over(ann):
    resumed = ann.ask("resume", room="general", epoch="epoch-1", after=13)

    assert resumed["reset"]
    assert (resumed["from"], resumed["to"]) == (0, 12)


@pytest.mark.in_memory
def test_a_cursor_below_what_is_kept_starts_over():
    house = House()
    ann = house.join("Ann", hello=True)
    for number in range(1, 5):
        ann.say(f"message {number}")
    house.store.after = lambda room, *_: house.store._logs[room][2:]

    resumed = ann.ask("resume", room="general", epoch="epoch-1", after=1)

    assert resumed["reset"]
    assert [event["seq"] for event in resumed["events"]] == [1, 2, 3, 4]


def test_a_cursor_at_the_end_misses_nothing(ann):
    resumed = ann.ask("resume", room="general", epoch="epoch-1", after=12)

    assert (resumed["events"], resumed["from"], resumed["to"]) == ([], 12, 12)
    assert (resumed["more"], resumed["reset"]) == (False, False)


# --- cursors that prove themselves ---


def test_a_cursor_with_its_message_goes_on_under_another_epoch(ann):
    """The store got a new name without need: the client loses nothing and loads nothing again."""
    [at_9] = ann.ask("getHistory", after=8, limit=1)["messages"]

    resumed = ann.ask(
        "resume", room="general", epoch="old", after=9, messageId=at_9["messageId"], id="r"
    )

    assert [event["seq"] for event in resumed["events"]] == [10, 11, 12]
    assert (resumed["from"], resumed["to"], resumed["epoch"]) == (9, 12, "epoch-1")
    assert (resumed["more"], resumed["reset"]) == (False, False)


@pytest.mark.parametrize("after", [9, 12, 1, 0, 13, 2**53 - 1])
def test_a_cursor_whose_message_is_another_starts_over_under_the_same_epoch(ann, after):
    """A restored store that kept its name: what the client has after some seq is gone."""
    elsewhere = message_id(1_795_345_200_000, after % 2**30, 99)

    resumed = ann.ask("resume", room="general", epoch="epoch-1", after=after, messageId=elsewhere)

    assert resumed["reset"]
    assert [event["seq"] for event in resumed["events"]] == list(range(1, 13))


def test_the_first_message_proves_no_beginning():
    ann = House().join("Ann", hello=True)
    first = ann.say("hi")

    resumed = ann.ask(
        "resume", room="general", epoch="epoch-1", after=0, messageId=first["messageId"]
    )

    assert resumed["reset"]


def test_a_message_of_the_log_proves_no_other_place_in_it(ann):
    [at_9] = ann.ask("getHistory", after=8, limit=1)["messages"]

    resumed = ann.ask(
        "resume", room="general", epoch="epoch-1", after=11, messageId=at_9["messageId"]
    )

    assert resumed["reset"]


def test_a_cursor_with_its_message_at_the_end_misses_nothing(ann):
    [newest] = ann.ask("getHistory", limit=1)["messages"]
    cursor = {"epoch": "old", "after": 12, "messageId": newest["messageId"]}

    [resumed] = ann.ask("hello", v=1, resume={"general": cursor})["resumed"]

    assert (resumed["events"], resumed["from"], resumed["to"]) == ([], 12, 12)
    assert (resumed["more"], resumed["reset"]) == (False, False)


def test_a_cursor_with_its_message_gets_a_page_as_long_as_others():
    ann = House().join("Ann", hello=True)
    first = ann.say("hi")
    for _ in range(101):
        ann.say("hi")

    resumed = ann.ask(
        "resume", room="general", epoch="epoch-1", after=1, messageId=first["messageId"]
    )

    assert [event["seq"] for event in resumed["events"]] == list(range(2, 102))
    assert resumed["more"]


def test_another_epoch_of_an_empty_room_is_still_told():
    resumed = House().join("Ann").ask("resume", room="general", epoch="old", after=7)

    assert (resumed["events"], resumed["from"], resumed["to"]) == ([], 0, 0)
    assert resumed["reset"]


def test_hello_tells_where_things_stand(ann):
    greeting = ann.ask("hello", v=1, id="h")

    assert greeting["id"] == "h"
    assert (greeting["v"], greeting["min"]) == (1, 1)
    assert greeting["user"] == {
        "userId": "ann",
        "username": "Ann",
        "claimed": False,
        "role": "member",
    }
    assert greeting["place"] == {"names": "open"}
    assert greeting["rooms"] == [{"room": "general", "epoch": "epoch-1", "head": 12}]
    assert greeting["resumed"] == []
    assert greeting["serverTime"] == "2026-11-22T11:00:00.000Z"


def test_hello_leaves_out_rooms_one_is_not_in(ann):
    cursor = {"epoch": "epoch-1", "after": 11}

    greeting = ann.ask("hello", v=1, resume={"gone": cursor, "general": cursor})

    assert [part["room"] for part in greeting["resumed"]] == ["general"]
    assert [event["seq"] for event in greeting["resumed"][0]["events"]] == [12]
