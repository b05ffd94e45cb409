import asyncio

import pytest

from fireside.cloud.rehearse.latency import AWS_MILLISECONDS, LatencySimulator


def times(kind, seed=0, count=1_000):
    latency = LatencySimulator(AWS_MILLISECONDS, seed)
    return [latency.seconds(kind) * 1_000 for _ in range(count)]


def test_a_seed_waits_the_same_times_and_another_waits_others():
    assert times("read") == times("read")
    assert times("read") != times("read", seed=1)


def test_kinds_do_not_disturb_each_other():
    latency = LatencySimulator(AWS_MILLISECONDS, 0)
    alternating = [(latency.seconds("read"), latency.seconds("post"))[0] * 1_000 for _ in range(9)]

    assert alternating == times("read", count=9)


def test_most_times_lie_between_the_two_and_one_in_a_hundred_is_late():
    for kind, (low, high) in AWS_MILLISECONDS.items():
        found = times(kind)
        late = [one for one in found if one > high]

        assert min(found) >= low
        assert 1 <= len(late) <= 30
        assert max(found) <= 5 * high


def test_what_has_passed_already_is_not_waited_again(monkeypatch):
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    async def wait(since):
        loop = asyncio.get_running_loop()
        loop.time = lambda: 100.0
        await LatencySimulator(AWS_MILLISECONDS, 0).wait("cold start", 100.0 - since)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    for since in (10, 0.05):
        asyncio.run(wait(since))

    all_of_it = LatencySimulator(AWS_MILLISECONDS, 0).seconds("cold start")
    assert waited == [pytest.approx(all_of_it - 0.05)]


def test_without_latency_nobody_waits():
    assert LatencySimulator({}, 0).seconds("cold start") == 0
