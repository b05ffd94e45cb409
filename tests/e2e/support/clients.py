"""Clients without a browser: one asks, one writes until it is cut off, one reads it all."""

import asyncio
import contextlib
import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect as connect_sync

from tests.e2e.support.server_process import Running

LONGEST_SECONDS = 120
"""For an answer: no test says how fast a machine is."""


def status_of(url: str, data: bytes | None = None) -> int:
    try:
        with urllib.request.urlopen(url, data, timeout=LONGEST_SECONDS) as answer:  # noqa: S310 - our own
            return answer.status
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code


async def ask(socket: ClientConnection, command: dict, wanted: str) -> dict:
    """Send a command and return the first answer of the wanted type, or the error."""
    await socket.send(json.dumps(command))
    async for text in socket:
        frame = json.loads(text)
        if frame["type"] in (wanted, "error"):
            return frame
    raise AssertionError("the connection ended")


class Writer:
    """Sends one message after another, keeps the acks, and after a crash sends again."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent = 0
        self.acked: dict[str, tuple[int, str]] = {}
        self.unsure: str | None = None

    async def write(self, server: Running) -> None:
        """Send until the connection is lost; start with what the last crash left unsure."""
        with contextlib.suppress(ConnectionClosed, InvalidHandshake, OSError):
            url = f"{server.socket_url}?username={self.name}"
            async with connect(url, open_timeout=LONGEST_SECONDS) as socket:
                await socket.send(json.dumps({"action": "hello", "v": 1}))
                while True:
                    nonce = self.unsure or f"{self.name}-{self.sent}"
                    self.sent += self.unsure is None
                    self.unsure = nonce
                    await socket.send(
                        json.dumps({"action": "sendMessage", "message": nonce, "nonce": nonce})
                    )
                    if await self._is_acked(socket, nonce):
                        self.unsure = None

    async def _is_acked(self, socket, nonce: str) -> bool:
        async for text in socket:
            frame = json.loads(text)
            if "type" not in frame:  # the gateway's own: the handler did not come back
                return False
            if frame["type"] == "error":  # too many at once: it is to be sent again
                assert frame["retryable"], frame
                return False
            if frame["type"] == "ack" and frame["nonce"] == nonce:
                self.acked[nonce] = (frame["seq"], frame["messageId"])
                return True
        return False


async def more_are_acked(writers: Sequence[Writer], count: int) -> None:
    """Wait until so many more messages are acknowledged to them all together."""

    def acked() -> int:
        return sum(len(writer.acked) for writer in writers)

    goal = acked() + count
    for _ in range(LONGEST_SECONDS * 100):
        if acked() >= goal:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError(f"{acked()} messages are acknowledged, not {goal}")


def read_all(server: Running) -> list[dict]:
    """Read the whole room, oldest first, through the protocol."""
    messages: list[dict] = []
    url = f"{server.socket_url}?username=reader"
    with connect_sync(url, open_timeout=LONGEST_SECONDS) as socket:
        after = 0
        while after is not None:
            socket.send(json.dumps({"action": "getHistory", "after": after, "limit": 100}))
            frame = json.loads(socket.recv(timeout=LONGEST_SECONDS))
            assert frame["type"] == "history", frame
            messages += frame["messages"]
            after = frame["next"]
    return messages


def problems(messages: list[dict], writers: list[Writer]) -> list[str]:
    """Compare what was acknowledged with what is there."""
    found = []
    if [m["seq"] for m in messages] != list(range(1, len(messages) + 1)):
        found.append("the log is not dense")
    doubled = [text for text, count in Counter(m["message"] for m in messages).items() if count > 1]
    found += [f"{text} is there twice" for text in doubled]
    kept = {(m["message"], m["seq"], m["messageId"]) for m in messages}
    for writer in writers:
        for nonce, (seq, message_id) in writer.acked.items():
            if (nonce, seq, message_id) not in kept:
                found.append(f"{nonce} was acknowledged as {seq} and is lost")
    return found
