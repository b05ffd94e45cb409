"""Simulated users, who send messages in a rehearsal and measure when others get them."""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from fireside.domain.commands.messages import OLDEST
from fireside.handlers.handshake import INVITE_PREFIX, SUBPROTOCOL

SENDS_PER_SECOND = 5.0
"""Of all users together: a busy room, in which few sends collide."""

ANSWER_SECONDS = 20.0
"""Timeout of an answer."""

PUSH_SECONDS = 2.0
"""Timeout of the pushes that are missing at the end."""

Frame = dict[str, object]


@dataclass(slots=True)
class LoadResult:
    """What the simulated users measured; times in milliseconds from sending."""

    ack_ms: list[float] = field(default_factory=list)
    push_ms: list[float] = field(default_factory=list)
    expected_pushes: int = 0
    """One for each message and each other user."""
    unanswered: int = 0
    pings: int = 0
    """Pings that were answered."""


class SimulatedUser:
    """A user with one connection, which it reads all the time."""

    def __init__(self, name: str, socket: ClientConnection, result: LoadResult) -> None:
        self.name = name
        self._socket = socket
        self._result = result
        self._answers: dict[str, asyncio.Future[float]] = {}
        self._reading = asyncio.create_task(self._read())

    async def request(self, action: str, **fields: object) -> float | None:
        """Send a command; return the time of its answer (monotonic), None without one."""
        request_id = f"{self.name}-{len(self._answers)}"
        answer = self._answers[request_id] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"action": action, "id": request_id, **fields}))
        try:
            return await asyncio.wait_for(answer, ANSWER_SECONDS)
        except TimeoutError:
            return None

    async def send_message(self, text: str) -> None:
        """Send a message that ends with the time of sending, and measure its ack."""
        sent = time.monotonic()
        answered = await self.request("sendMessage", message=f"{text} {sent!r}")
        if answered is None:
            self._result.unanswered += 1
        else:
            self._result.ack_ms.append((answered - sent) * 1_000)

    async def close(self) -> None:
        """Close the connection."""
        await self._socket.close()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        async for text in self._socket:
            now = time.monotonic()
            frame: Frame = json.loads(text)
            if frame.get("type") == "message":
                sent = float(str(frame["message"]).rpartition(" ")[2])
                self._result.push_ms.append((now - sent) * 1_000)
            answer = self._answers.get(str(frame.get("id")))
            if answer is not None and not answer.done():
                answer.set_result(now)


async def run_load(  # noqa: PLR0913 - what a rehearsal is asked for, and where
    url: str,
    people: int,
    messages: int,
    seed: int,
    result: LoadResult,
    *,
    invite: str | None = None,
) -> None:
    """Connect `people` users, let each send `messages` messages and ping, and disconnect them."""
    rng = random.Random(seed)  # noqa: S311 - to be repeated, no secret
    result.expected_pushes = people * messages * (people - 1)
    async with AsyncExitStack() as closing:
        users = [
            await connect_user(url, number, result, closing, invite) for number in range(people)
        ]
        turns = [number for number in range(people) for _ in range(messages)]
        rng.shuffle(turns)
        await _send_in_turn(users, turns, rng)
        await _wait_for_pushes(result)
        for user in users:
            result.pings += await user.request("ping") is not None


async def connect_user(
    url: str,
    number: int,
    result: LoadResult,
    closing: AsyncExitStack,
    invite: str | None = None,
) -> SimulatedUser:
    """Connect as the page does: `hello`, then the newest page of history."""
    name = f"Person {number + 1}"
    offered = [] if invite is None else [Subprotocol(f"{INVITE_PREFIX}{invite}")]
    socket = await closing.enter_async_context(
        connect(
            f"{url}?username=Person%20{number + 1}",
            proxy=None,
            subprotocols=[Subprotocol(SUBPROTOCOL), *offered],
        )
    )
    user = SimulatedUser(name, socket, result)
    closing.push_async_callback(user.close)
    await user.request("hello", v=OLDEST)
    await user.request("getHistory")
    return user


async def _send_in_turn(
    users: Sequence[SimulatedUser], turns: Sequence[int], rng: random.Random
) -> None:
    """Send a message for each turn, at random times and without waiting for acks."""
    sending = set()
    for turn, number in enumerate(turns):
        sending.add(asyncio.create_task(users[number].send_message(f"turn {turn}")))
        await asyncio.sleep(rng.expovariate(SENDS_PER_SECOND))
    await asyncio.gather(*sending)


async def _wait_for_pushes(result: LoadResult) -> None:
    """Wait until every push has arrived, but not longer than PUSH_SECONDS."""
    end = time.monotonic() + PUSH_SECONDS
    while len(result.push_ms) < result.expected_pushes and time.monotonic() < end:  # noqa: ASYNC110 - no event announces them
        await asyncio.sleep(0.02)
