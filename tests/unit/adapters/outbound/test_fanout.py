"""Posting to a room within the sender's time, and handing over what had no turn in it."""

import json
import logging

import pytest

from fireside import wire
from fireside.adapters.outbound.event_counts import EventCounts
from fireside.adapters.outbound.fanout import (
    INLINE,
    SHARD,
    WIDE,
    Deadlines,
    FanOut,
    deadlines_from,
)
from fireside.adapters.outbound.payload import NewerFormat, read
from fireside.adapters.outbound.posting import Posted
from fireside.domain.events import MessageSent
from fireside.domain.message import MAX_TEXT, Message
from fireside.environment import BROADCAST_SECONDS, POST_SECONDS

MANY = [f"JC1dgf{number:05}MCK-g=" for number in range(12_000)]


class Room:
    """A fan-out whose posts take the time that a test says, on a clock that only they move."""

    def __init__(
        self, *, seconds=0.0, gone=(), left=(), accepts=lambda _payload: True, deadlines=WIDE
    ):
        self.now = 100.0
        self.seconds, self.gone, self.left, self.accepts = seconds, set(gone), set(left), accepts
        self.posted = []
        self.budgets = []
        self.invoked = []
        self.order = []
        self.ended = []
        self.counts = EventCounts(lambda: self.now)
        self.counts.wrote()
        self.fan_out = FanOut(
            self,
            self,
            "fanout:live",
            ender=self,
            counts=self.counts,
            clock=lambda: 7_000,
            deadlines=deadlines,
        )

    def end(self, connection_ids):
        ids = list(connection_ids)
        self.order.append(f"end {len(ids)}")
        self.ended += ids

    def post(self, connection_ids, _data, *, budget_seconds, post_seconds):
        self.order.append("post")
        self.budgets.append((budget_seconds, post_seconds))
        ids = list(connection_ids)
        if budget_seconds < 1e-9:
            return Posted(set(), ids)
        self.now += min(self.seconds, budget_seconds)
        self.posted += [one for one in ids if one not in self.left]
        return Posted(self.gone.intersection(ids), [one for one in ids if one in self.left])

    def invoke(self, function, payloads):
        assert function == "fanout:live"
        self.order.append("invoke")
        accepted = [self.accepts(payload) for payload in payloads]
        self.invoked += [read(json.loads(payload)) for payload in payloads]
        return accepted

    def handed(self):
        return [one for handed in self.invoked for one in handed.ids]


def test_a_small_room_is_posted_to_and_nothing_is_delegated():
    room = Room(gone=MANY[:2])

    assert room.fan_out.send(MANY[:INLINE], b"hi") == set(MANY[:2])

    assert room.posted == MANY[:INLINE]
    assert room.invoked == []
    assert (room.counts.gone, room.counts.delegated) == (2, 0)


def test_a_cut_sends_the_last_frame_and_then_ends_each_connection():
    room = Room()

    room.fan_out.cut(iter(MANY[:2]), b"bye")

    assert room.order == ["post", "end 2"]
    assert (room.posted, room.ended) == (MANY[:2], MANY[:2])


@pytest.mark.parametrize("count", [INLINE + 1, SHARD + INLINE, SHARD + INLINE + 1, 12_000])
def test_beyond_500_are_delegated_first_each_of_them_once(count):
    """First, because it takes the time of an invocation and nobody's turn."""
    room = Room()

    room.fan_out.send(MANY[:count], "Grüße".encode())

    assert room.order == ["invoke", "post"]
    assert room.posted + room.handed() == MANY[:count]
    assert {(one.data, one.sent_at_ms) for one in room.invoked} == {("Grüße".encode(), 7_000)}
    assert len(room.invoked) == -(-(count - INLINE) // SHARD)
    assert room.counts.delegated == count - INLINE


def test_who_had_no_turn_or_was_throttled_is_delegated():
    room = Room(left=MANY[3:5])

    room.fan_out.send(MANY[:9], b"hi")

    assert room.handed() == MANY[3:5]
    assert set(room.posted).isdisjoint(room.handed())


def test_both_sends_of_a_message_share_the_time_since_it_was_kept():
    room = Room(seconds=0.25)
    room.now += 0.02

    room.fan_out.send(MANY[:9], b"to the others")
    room.fan_out.send(MANY[9:10], b"to the author")

    assert room.budgets == [
        (pytest.approx(WIDE.broadcast_seconds - 0.02), WIDE.post_seconds),
        (pytest.approx(WIDE.broadcast_seconds - 0.27), WIDE.post_seconds),
    ]


def test_until_a_deployment_has_measured_a_post_it_may_take_a_second():
    """The first one of a container looks up a name, shakes hands, and signs with a new token."""
    assert Deadlines() == WIDE == (1.0, 1.5)
    assert deadlines_from({}) == WIDE


@pytest.mark.parametrize("written", ["0.3", " .3 ", "3e-1"])
def test_a_deployment_may_say_other_times(written):
    found = deadlines_from({POST_SECONDS: "0.2", BROADCAST_SECONDS: written})

    assert found == (0.2, 0.3)
    room = Room(deadlines=found)
    room.fan_out.send(MANY[:9], b"hi")
    assert room.budgets == [(0.3, 0.2)]


@pytest.mark.parametrize("variable", [POST_SECONDS, BROADCAST_SECONDS])
@pytest.mark.parametrize("written", ["0", "-1", "soon", "nan", "inf", "1 s"])
def test_a_time_that_is_none_is_refused_by_name(variable, written):
    with pytest.raises(ValueError, match=f"^{variable} is '{written}': set it to seconds"):
        deadlines_from({variable: written})


def test_when_the_time_is_up_all_others_are_delegated():
    room = Room(seconds=9)

    room.fan_out.send(MANY[:9], b"to the others")
    room.fan_out.send(MANY[9:12], b"to the author")

    assert room.now == pytest.approx(100 + WIDE.broadcast_seconds)
    assert room.handed() == MANY[9:12]
    assert room.invoked[0].data == b"to the author"


def test_when_reading_the_room_took_all_the_time_one_hand_over_is_enough():
    room = Room()
    room.now += WIDE.broadcast_seconds

    room.fan_out.send(MANY[:700], b"hi")

    assert [len(handed.ids) for handed in room.invoked] == [700]
    assert room.posted == []


def test_each_message_has_its_own_time():
    room = Room(seconds=9)
    room.fan_out.send(MANY[:9], b"one")
    room.now += 60
    room.counts.begin()
    room.counts.wrote()

    room.fan_out.send(MANY[:9], b"two")

    assert [budget for budget, _ in room.budgets] == [pytest.approx(WIDE.broadcast_seconds)] * 2


def test_a_hand_over_that_fails_is_logged_and_no_more(caplog):
    room = Room(accepts=lambda payload: b"00500" not in payload)

    assert room.fan_out.send(MANY, b"a secret") == set()

    assert caplog.record_tuples == [
        (
            "fireside.adapters.outbound.fanout",
            logging.ERROR,
            f"{SHARD} connections were neither posted to nor passed on",
        )
    ]
    assert room.counts.delegated == len(MANY) - INLINE - SHARD


def test_the_longest_message_to_the_most_connections_fits_into_an_invocation():
    sizes = []
    room = Room(accepts=lambda payload: not sizes.append(len(payload)))
    text = "\x01" * MAX_TEXT
    longest = Message("r" * 99, 1, "i" * 26, 0, "u" * 99, "n" * 99, text, "x" * 64, "i" * 26)

    room.fan_out.send(MANY, wire.encode(MessageSent(longest), reader="u" * 99).encode())

    assert max(sizes) < 200_000


def test_a_hand_over_may_have_more_fields_and_no_later_form():
    payload = {"v": 1, "data": "hi", "ids": ["a"], "sentAtMs": 5, "new": True}

    assert read(payload) == (["a"], b"hi", 5)
    with pytest.raises(NewerFormat, match="deploy both"):
        read(payload | {"v": 2})


def test_who_is_cut_gets_a_last_frame_first_and_then_all_are_ended_at_once():
    """Each by itself would take as long as the slowest of all: 20 of them a function's time."""
    room = Room()

    room.fan_out.cut(MANY[:20], b"over")

    assert room.order == ["post", "end 20"]
    assert room.posted == MANY[:20]
