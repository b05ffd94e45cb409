"""People who talk by themselves, so that a rehearsal needs none: who saw what, and when."""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect

SENDS_PER_SECOND = 5.0
"""Of all together: a lively room, in which few senders meet."""

PATIENCE_SECONDS = 20.0
"""For an answer, and in the end for what is still under way."""

Frame = dict[str, object]


@dataclass(slots=True)
class Heard:
    """What came of everything that was said; times in milliseconds."""

    to_ack: list[float] = field(default_factory=list)
    to_seen: list[float] = field(default_factory=list)
    expected: int = 0
    """How often something said should be seen by somebody else."""
    unanswered: int = 0
    pings: int = 0


class Person:
    """Somebody with one connection. Reads all the time; sends when told."""

    def __init__(self, name: str, socket: ClientConnection, heard: Heard) -> None:
        self.name = name
        self._socket = socket
        self._heard = heard
        self._answers: dict[str, asyncio.Future[float]] = {}
        self._reading = asyncio.create_task(self._read())

    async def ask(self, action: str, **fields: object) -> float | None:
        """Send a command; return when its answer came, None when none did."""
        wanted = f"{self.name}-{len(self._answers)}"
        answer = self._answers[wanted] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"action": action, "id": wanted, **fields}))
        try:
            return await asyncio.wait_for(answer, PATIENCE_SECONDS)
        except TimeoutError:
            return None

    async def say(self, words: str) -> None:
        """Say something that tells when it was said."""
        began = time.monotonic()
        answered = await self.ask("sendMessage", message=f"{words} {began!r}")
        if answered is None:
            self._heard.unanswered += 1
        else:
            self._heard.to_ack.append((answered - began) * 1_000)

    async def leave(self) -> None:
        """Close the connection."""
        await self._socket.close()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        async for text in self._socket:
            now = time.monotonic()
            frame: Frame = json.loads(text)
            if frame.get("type") == "message":
                said = float(str(frame["message"]).rpartition(" ")[2])
                self._heard.to_seen.append((now - said) * 1_000)
            answer = self._answers.get(str(frame.get("id")))
            if answer is not None and not answer.done():
                answer.set_result(now)


async def talk(url: str, people: int, messages: int, seed: int, heard: Heard) -> None:
    """Have people come, each say so many messages, ask for the heads, and go."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, no secret
    heard.expected = people * messages * (people - 1)
    async with AsyncExitStack() as leaving:
        crowd = [await join(url, number, heard, leaving) for number in range(people)]
        turns = [number for number in range(people) for _ in range(messages)]
        chance.shuffle(turns)
        await _take_turns(crowd, turns, chance)
        await _until_seen(heard)
        for person in crowd:
            heard.pings += await person.ask("ping") is not None


async def join(url: str, number: int, heard: Heard, leaving: AsyncExitStack) -> Person:
    """Come as the page does: hello, then the newest page of history."""
    name = f"Person {number + 1}"
    socket = await leaving.enter_async_context(
        connect(f"{url}?username=Person%20{number + 1}", proxy=None)
    )
    person = Person(name, socket, heard)
    leaving.push_async_callback(person.leave)
    await person.ask("hello", v=1)
    await person.ask("getHistory")
    return person


async def _take_turns(crowd: Sequence[Person], turns: Sequence[int], chance: random.Random) -> None:
    """Let each speak at its turn, at random moments; nobody waits for another's answer."""
    speaking = set()
    for turn, number in enumerate(turns):
        speaking.add(asyncio.create_task(crowd[number].say(f"turn {turn}")))
        await asyncio.sleep(chance.expovariate(SENDS_PER_SECOND))
    await asyncio.gather(*speaking)


async def _until_seen(heard: Heard) -> None:
    """Give what is under way its time."""
    end = time.monotonic() + 2
    while len(heard.to_seen) < heard.expected and time.monotonic() < end:  # noqa: ASYNC110 - there is nothing to be told by
        await asyncio.sleep(0.02)
