"""Trouble that comes to every server: a full disk, a restart in the middle of a conversation."""

import asyncio
import contextlib
import json
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from fireside.server.data_folder import open_store
from fireside.server.local import make_server
from fireside.server.settings import Settings
from tests.e2e.support.clients import (
    LONGEST_SECONDS,
    Writer,
    ask,
    more_are_acked,
    problems,
    read_all,
)
from tests.e2e.support.server_process import in_both_modes, serving


async def fill_and_free(data: Path) -> dict[str, list[dict]]:
    """Fill the disk while somebody talks, then make room again; return what was answered."""
    settings = Settings(data=data)
    store = open_store(data)
    server = make_server(settings, store, None)
    await server.start("127.0.0.1", 0)
    said: dict[str, list[dict]] = {"before": [], "full": [], "after": []}
    try:
        async with connect(f"ws://127.0.0.1:{server.port}/ws?username=Ada") as socket:

            async def say(when: str, number: int) -> None:
                text = {"action": "sendMessage", "message": "x" * 900, "nonce": f"{number}"}
                said[when].append(await ask(socket, text, "ack"))

            await say("before", 0)
            await limit(server, store, pages=1)  # SQLite takes the present size: it is full now
            for number in range(1, 12):
                await say("full", number)
            said["history"] = [await ask(socket, {"action": "getHistory"}, "history")]
            await limit(server, store, pages=1_000_000)
            for number in range(1, 12):
                await say("after", number)
    finally:
        await server.stop()
        store.close()
    return said


async def limit(server, store, *, pages: int) -> None:
    """Let the database grow to so many pages and no further, as a disk would."""
    run = server.runner.call(lambda: store._database.execute(f"PRAGMA max_page_count={pages}"))
    await asyncio.wrap_future(run)


def test_a_full_disk_refuses_sends_keeps_reading_and_recovers(tmp_path):
    said = asyncio.run(fill_and_free(tmp_path))

    refused = [frame for frame in said["full"] if frame["type"] == "error"]
    kept = [frame for frame in said["full"] if frame["type"] == "ack"]
    assert {(f["code"], f["retryable"]) for f in refused} == {("storage", True)}
    assert len(said["history"][0]["messages"]) == 1 + len(kept)
    assert [frame["type"] for frame in said["after"]] == ["ack"] * 11
    assert sorted(frame["seq"] for frame in said["after"]) == list(range(2, 13))


async def write_until_closed(server, writers: list[Writer]) -> None:
    """Write, ask the server to stop, and wait until every connection is closed."""
    writing = asyncio.gather(*(writer.write(server) for writer in writers))
    await more_are_acked(writers, 10 * len(writers))
    await asyncio.to_thread(server.stop)
    await asyncio.wait_for(writing, LONGEST_SECONDS)


@in_both_modes
def test_a_stop_under_load_loses_nothing_and_comes_to_its_end(tmp_path, mode):
    writers = [Writer(f"writer-{letter}") for letter in "abcdefgh"]
    with serving(tmp_path / "data", *mode) as server:
        asyncio.run(write_until_closed(server, writers))
        assert server.process.returncode == 0
    with serving(tmp_path / "data", *mode) as server:
        assert problems(read_all(server), writers) == []


@in_both_modes
def test_a_stop_is_announced_with_when_to_come_back(tmp_path, mode):
    async def last_words(url: str, stop) -> tuple[dict, int]:
        async with connect(f"{url}?username=Ada") as socket:
            await asyncio.to_thread(stop)
            frame: dict = {}
            with contextlib.suppress(ConnectionClosed):
                async for text in socket:
                    frame = json.loads(text)
            return frame, socket.close_code

    with serving(tmp_path / "data", *mode) as server:
        frame, code = asyncio.run(last_words(server.socket_url, server.stop))

    assert (frame["type"], frame["again"], code) == ("closing", True, 1012)
    assert frame["retryAfterMs"] > 0
