"""Faults: what a plan says, that a seed repeats it, and that a line keeps to it."""

import asyncio
import heapq
import json
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgateway.dev import faults
from localgateway.dev.faults import Delivery, Faults, FaultsError, FaultyDelivery, Frequency, Plan
from localgateway.functions.runner import Completed
from localgateway.machine.actions import Invoke, Returned

EVERYTHING = {
    kind: Frequency(chance=0.3)
    for kind in (
        "delay",
        "drop",
        "double",
        "reorder",
        "gone",
        "throttle",
        "coldStart",
        "timeout",
        "cut",
    )
}


def at(*turns):
    return Frequency(turns=frozenset(turns))


def fates(seed, turns=200):
    asked = Faults(Plan(EVERYTHING, seed=seed))
    return [
        (
            asked.delivery(),
            asked.post_error(),
            asked.cold_start(),
            asked.times_out(),
            asked.lifetime(),
        )
        for _ in range(turns)
    ]


def test_a_seed_repeats_everything_and_another_does_not():
    assert fates(1) == fates(1)
    assert fates(1) != fates(2)


def test_one_kind_does_not_disturb_another():
    lone, busy = Faults(Plan(EVERYTHING)), Faults(Plan(EVERYTHING))
    pushes = []
    for _ in range(100):
        busy.cold_start()
        pushes.append(busy.delivery())
        busy.post_error()

    assert [lone.delivery() for _ in range(100)] == pushes


def test_a_chance_is_about_what_it_says():
    asked = Faults(Plan({"drop": Frequency(chance=0.1)}))

    assert 60 < sum(asked.delivery().copies == 0 for _ in range(1000)) < 140


def test_turns_are_exact():
    asked = Faults(Plan({"drop": at(2), "double": at(3), "reorder": at(4), "gone": at(1)}))

    assert [asked.delivery() for _ in range(4)] == [
        Delivery(1, 0, overtaken=False),
        Delivery(0, 0, overtaken=False),
        Delivery(2, 0, overtaken=False),
        Delivery(1, 0, overtaken=True),
    ]
    assert [asked.post_error() for _ in range(2)] == [410, None]


def test_times_lie_between_their_two_lengths():
    plan = Plan(
        {"delay": Frequency(1), "coldStart": Frequency(1), "cut": Frequency(1)},
        {"delayMillis": (10, 20)},
    )
    asked = Faults(plan)
    for _ in range(50):
        assert 0.01 <= asked.delivery().delay_seconds <= 0.02
        assert 0.3 <= asked.cold_start() <= 1.5
        assert 5 <= asked.lifetime() <= 30


def test_an_empty_plan_changes_nothing():
    asked = Faults(Plan())

    assert asked.delivery() == Delivery(1, 0, overtaken=False)
    assert (asked.post_error(), asked.cold_start(), asked.times_out(), asked.lifetime()) == (
        None,
        0,
        False,
        None,
    )


class FakeClock:
    """Time that passes when it is told to."""

    def __init__(self):
        self.now = 0.0
        self._calls = []
        self._order = count()

    def time(self):
        return self.now

    def call_at(self, when, callback, *args):
        heapq.heappush(self._calls, (when, next(self._order), callback, args))

    def run(self):
        while self._calls:
            self.now, _, callback, args = heapq.heappop(self._calls)
            callback(*args)


class Sink:
    """A line whose frames arrive in a list."""

    def __init__(self, plan):
        self.clock = FakeClock()
        self.arrived = []
        self.line = FaultyDelivery(
            Faults(plan), self.clock, lambda *sent: self.arrived.append(sent)
        )

    def push(self, *frames, to="a"):
        for frame in frames:
            self.line.send(to, frame)

    def frames(self, to="a"):
        return [frame for connection_id, frame in self.arrived if connection_id == to]


def test_without_faults_everything_leaves_at_once():
    line = Sink(Plan())
    line.push(1, 2, 3)

    assert line.frames() == [1, 2, 3]


def test_a_delayed_frame_keeps_its_place():
    line = Sink(Plan({"delay": at(1, 2)}, {"delayMillis": (50, 500)}))
    line.push(1, 2, 3)
    line.push(9, to="b")
    assert line.arrived == [("b", 9)]
    line.clock.run()

    assert line.frames() == [1, 2, 3]
    line.push(4)
    assert line.frames() == [1, 2, 3, 4], "the queue is gone"


def test_an_overtaken_frame_leaves_after_the_next():
    line = Sink(Plan({"reorder": at(1, 4)}))
    line.push(1, 2, 3)
    assert line.frames() == [2, 1, 3]
    line.push(4)
    line.clock.run()

    assert line.frames() == [2, 1, 3, 4], "nothing overtook it, but it came"
    assert line.clock.now == pytest.approx(faults.REORDER_SECONDS)


def test_a_dropped_frame_overtakes_nothing_and_a_doubled_one_comes_twice():
    line = Sink(Plan({"reorder": at(1), "drop": at(2), "double": at(3)}))
    line.push(1, 2, 3)

    assert line.frames() == [3, 3, 1]


@given(st.integers(), st.lists(st.integers(), max_size=60))
def test_without_drop_and_double_each_frame_comes_once(seed, frames):
    line = Sink(Plan({"delay": Frequency(0.4), "reorder": Frequency(0.4)}, seed=seed))
    line.push(*frames)
    line.clock.run()

    assert sorted(line.frames()) == sorted(frames)
    assert not line.line._queues
    assert not line.line._due
    assert not line.line._overtaken


@given(st.integers(), st.lists(st.integers(), max_size=60))
def test_delays_alone_keep_the_order(seed, frames):
    line = Sink(Plan({"delay": Frequency(0.5)}, seed=seed))
    line.push(*frames)
    line.clock.run()

    assert line.frames() == frames


class Inner:
    """A runner that is told when an invocation is over."""

    functions = ("f",)

    def __init__(self, on_completed):
        self.on_completed = on_completed
        self.submitted = []
        self.started = False

    def start(self):
        self.started = True

    def submit(self, invocation):
        self.submitted.append(invocation)

    def stop(self, timeout_seconds):
        return timeout_seconds == 3


def invocation(number):
    return Invoke(number, "a", "f", {})


def over(number):
    return Completed(invocation(number), Returned(None), [])


def slowed(plan):
    inner, released = [], []

    def make(*, on_completed):
        inner.append(Inner(on_completed))
        return inner[0]

    runner = faults.slow(make, Faults(plan))(on_completed=released.append)
    runner.start()
    return runner, inner[0], released


def test_a_cold_start_comes_before_the_call():
    async def run():
        plan = Plan({"coldStart": at(2)}, {"coldStartMillis": (20, 20)})
        runner, inner, _ = slowed(plan)
        for number in (1, 2, 3):
            runner.submit(invocation(number))
        assert [done.invocation_id for done in inner.submitted] == [1, 3]
        await asyncio.sleep(0.05)

        assert [done.invocation_id for done in inner.submitted] == [1, 3, 2]
        assert (runner.functions, inner.started, runner.stop(3)) == (("f",), True, True)

    asyncio.run(run())


def test_what_is_still_cold_when_the_runner_stops_never_starts():
    async def run():
        plan = Plan({"coldStart": at(1)}, {"coldStartMillis": (20, 20)})
        runner, inner, _ = slowed(plan)
        runner.submit(invocation(1))
        runner.stop(1)
        await asyncio.sleep(0.05)

        assert inner.submitted == []

    asyncio.run(run())


def test_a_late_answer_is_kept_beyond_any_integrations_time(monkeypatch):
    monkeypatch.setattr(faults, "TOO_LATE_SECONDS", 0.02)

    async def run():
        runner, inner, released = slowed(Plan({"timeout": at(1)}))
        runner.submit(invocation(1))
        runner.submit(invocation(2))
        inner.on_completed([over(1), over(2)])
        assert released == [[over(2)]]
        await asyncio.sleep(0.05)

        assert released == [[over(2)], [over(1)]]
        return runner, inner

    _, inner = asyncio.run(run())
    inner.on_completed([over(3)])


def test_a_late_answer_after_the_loops_end_is_nobodys():
    async def run():
        runner, inner, released = slowed(Plan({"timeout": at(1)}))
        runner.submit(invocation(1))
        return inner, released

    inner, released = asyncio.run(run())
    inner.on_completed([over(1)])

    assert released == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_plan_is_read_from_a_file(tmp_path, encoding):
    path = tmp_path / "faults.json"
    plan = json.dumps({"drop": 0.5, "gone": [1, 3], "delayMillis": [1, 2], "seed": 9})
    path.write_bytes(plan.encode(encoding))

    assert faults.read(str(path)) == Plan(
        {"drop": Frequency(0.5), "gone": at(1, 3)}, {"delayMillis": (1, 2)}, 9
    )


def test_a_text_longer_than_a_file_name_is_read_too():
    assert faults.read(",".join(["drop=0.5"] * 100)) == Plan({"drop": Frequency(0.5)})


def test_a_plan_is_read_from_text():
    assert faults.read("drop=0.5, gone=#1+3,delayMillis=1-2,cutMillis=7,seed=9") == Plan(
        {"drop": Frequency(0.5), "gone": at(1, 3)}, {"delayMillis": (1, 2), "cutMillis": (7, 7)}, 9
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("dorp=1", "'dorp' is no fault. Did you mean 'drop'?"),
        ("storm=1", "'storm' is no fault. Known are delay, drop"),
        ("drop=2", "--faults: drop: 2.0 is neither a chance"),
        ("drop=often", "--faults: drop: 'often' is no number. Write"),
        ("drop=#0", r"drop: \[0\] is neither"),
        ("delayMillis=5-6-7", "is no length in milliseconds"),
        ("seed=x", "seed: 'x' is no number"),
        ("no-such-file", "no-such-file: it can't be read"),
    ],
)
def test_a_bad_text_names_the_place(text, sentence):
    with pytest.raises(FaultsError, match=sentence):
        faults.read(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "it is not JSON"),
        ("[]", "an object is needed"),
        ('{"seed": "a"}', "seed: 'a' is no whole number"),
        ('{"drop": true}', "drop: True is neither"),
        ('{"drop": []}', "is neither"),
        ('{"delayMillis": [-1, 5]}', "is no length"),
        ('{"delayMillis": []}', "is no length"),
    ],
)
def test_a_bad_file_names_the_place(tmp_path, text, sentence):
    path = tmp_path / "faults.json"
    path.write_text(text)
    with pytest.raises(FaultsError, match=sentence) as caught:
        faults.read(str(path))
    assert str(path) in str(caught.value)
