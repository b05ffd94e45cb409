"""Other threads hand items to the loop, and wake it once for all that wait."""

import asyncio
import threading

import pytest

from localgateway.platform.handover import Handover


class Loop:
    """The loop, and how often it was woken."""

    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.woken = 0
        self.failures = []

    def call_soon_threadsafe(self, callback):
        self.woken += 1
        self.loop.call_soon_threadsafe(callback)

    def call_exception_handler(self, context):
        self.failures.append(context["exception"])


def on_another_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def put(handover, items):
    on_another_thread(lambda: [handover.put(item) for item in items])


def test_a_busy_loop_is_woken_once_and_takes_all_in_order():
    async def main():
        loop, taken = Loop(), []
        handover = Handover(taken.append, loop)
        put(handover, range(1_000))
        await asyncio.sleep(0)
        return loop.woken, taken

    assert asyncio.run(main()) == (1, list(range(1_000)))


def test_what_comes_after_the_items_were_taken_wakes_it_again():
    async def main():
        loop, taken = Loop(), []
        handover = Handover(taken.append, loop)
        for number in (1, 2):
            put(handover, [number])
            await asyncio.sleep(0)
        return loop.woken, taken

    assert asyncio.run(main()) == (2, [1, 2])


def test_what_is_put_while_others_are_taken_comes_in_the_next_turn():
    async def main():
        loop, taken = Loop(), []

        def take(item):
            taken.append(item)
            if item < 3:
                handover.put(item + 1)

        handover = Handover(take, loop)
        handover.put(1)
        turns = []
        for _ in range(3):
            await asyncio.sleep(0)
            turns.append(list(taken))
        return turns

    assert asyncio.run(main()) == [[1], [1, 2], [1, 2, 3]]


def test_an_item_that_can_not_be_taken_costs_no_other():
    async def main():
        loop, taken = Loop(), []

        def take(item):
            if item == 2:
                raise RuntimeError
            taken.append(item)

        put(Handover(take, loop), [1, 2, 3])
        await asyncio.sleep(0)
        return taken, [type(failure) for failure in loop.failures]

    assert asyncio.run(main()) == ([1, 3], [RuntimeError])


def test_a_closed_loop_takes_nothing():
    loop = asyncio.new_event_loop()
    loop.close()

    with pytest.raises(RuntimeError):
        Handover(print, loop).put(1)
