"""Readiness: whoever asks shares an answer, because asking costs a write."""

import asyncio

from localgateway.net.site import Readiness


def test_all_who_ask_at_once_share_one_check(monkeypatch):
    monkeypatch.setattr("localgateway.net.site._REUSE_SECONDS", 600)
    checks = 0

    async def check():
        nonlocal checks
        checks += 1
        await asyncio.sleep(0)

    async def ask_often():
        readiness = Readiness(check)
        at_once = await asyncio.gather(*(readiness.ask() for _ in range(50)))
        return [*at_once, await readiness.ask()]

    assert asyncio.run(ask_often()) == [True] * 51
    assert checks == 1


def test_an_old_answer_is_asked_for_again():
    answers = iter([None, OSError("the disk is full")])

    async def check():
        answer = next(answers)
        if answer is not None:
            raise answer

    async def ask_twice():
        readiness = Readiness(check)
        first = await readiness.ask()
        readiness._asked_at -= 10
        return first, await readiness.ask()

    assert asyncio.run(ask_twice()) == (True, False)
