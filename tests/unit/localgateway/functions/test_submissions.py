"""Invocations that arrive in one turn of the loop are submitted at its end."""

import asyncio

from localgateway.functions.submissions import Submissions
from localgateway.machine.actions import Invoke


class Runner:
    def __init__(self):
        self.submitted = []

    def submit(self, invocation):
        self.submitted.append(invocation.invocation_id)


def test_what_arrives_in_one_turn_is_submitted_after_it_in_order():
    async def arrive():
        submissions.add(invocation(1))
        submissions.add(invocation(2))
        before = list(runner.submitted)
        await asyncio.sleep(0)
        return before

    runner, loop = Runner(), asyncio.new_event_loop()
    submissions = Submissions(runner, loop)
    try:
        assert loop.run_until_complete(arrive()) == []
    finally:
        loop.close()

    assert runner.submitted == [1, 2]


def test_what_waits_when_the_server_stops_is_submitted_at_once_and_only_once():
    async def arrive_and_stop():
        submissions.add(invocation(1))
        submissions.submit()
        at_once = list(runner.submitted)
        submissions.add(invocation(2))
        await asyncio.sleep(0)
        return at_once

    runner, loop = Runner(), asyncio.new_event_loop()
    submissions = Submissions(runner, loop)
    try:
        assert loop.run_until_complete(arrive_and_stop()) == [1]
    finally:
        loop.close()

    assert runner.submitted == [1, 2]


def invocation(number):
    return Invoke(number, f"c{number}", "f", {})
