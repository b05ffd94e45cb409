"""One person who asks too much of a real server: what it hears, and that others are served."""

import asyncio
import json
from dataclasses import replace

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from fireside.server.data_folder import open_store
from fireside.server.limits import chat_limits
from fireside.server.local import make_server
from fireside.server.settings import Settings

SECONDS = 60
"""For what takes a moment: a machine may be a busy one."""


def run(tmp_path, scene, **limits):
    """Play a scene on a server with limits; some may be others, so that no speed matters."""
    settings = Settings(data=tmp_path, port=0, limits="on")

    async def play():
        store = open_store(tmp_path)
        server = make_server(settings, store, None, replace(chat_limits(settings), **limits))
        await server.start("127.0.0.1", 0)
        try:
            async with asyncio.timeout(SECONDS):
                await scene(server.port)
        finally:
            await server.stop()
            store.close()

    asyncio.run(play())


def address(port, name):
    return f"ws://127.0.0.1:{port}/ws?username={name}"


async def answers(socket, count):
    """Return the next frames of a connection."""
    return [json.loads(await socket.recv()) for _ in range(count)]


def test_who_floods_hears_rate_limited_and_stays_and_the_innocent_is_served(tmp_path):
    async def scene(port):
        async with (
            connect(address(port, "flooder")) as flooder,
            connect(address(port, "ann")) as ann,
        ):
            for n in range(300):
                await flooder.send(json.dumps({"action": "ping", "id": str(n)}))
            heard = await answers(flooder, 60)

            # To come in was the first of sixty; the refusal overtakes what is under way.
            (refusal,) = (frame for frame in heard if frame["type"] != "pong")
            assert refusal["type"] == "error"
            assert (refusal["code"], refusal["id"]) == ("rate_limited", "59")
            assert refusal["retryable"]
            assert refusal["retryAfterMs"] > 0
            assert "wait" in refusal["message"]
            await ann.send('{"action":"ping"}')
            assert (await answers(ann, 1))[0]["type"] == "pong"

    run(tmp_path, scene, person_per_second=0.0001)


def test_the_seventeenth_connection_of_a_person_is_refused_and_another_person_let_in(tmp_path):
    async def scene(port):
        async with asyncio.TaskGroup() as group:
            coming = [group.create_task(_come(port, "ann")) for _ in range(16)]
        with pytest.raises(InvalidStatus) as refused:
            await _come(port, "ann")
        assert refused.value.response.status_code == 429
        bob = await _come(port, "bob")
        await asyncio.gather(*(task.result().close() for task in coming), bob.close())

    run(tmp_path, scene)


async def _come(port, name, *secrets):
    return await connect(address(port, name), subprotocols=["fireside.v1", *secrets])


def test_who_has_none_of_a_persons_devices_uses_up_none_of_the_persons_limits(tmp_path):
    async def scene(port):
        async with await _come(port, "Ada", DEVICE) as ada:
            await ada.send('{"action":"claim","name":"Ada"}')
            assert json.loads(await ada.recv())["type"] == "claimed"
            names = ["Ada", "Eve&user=ada"] * 40
            statuses = [await _refused(port, name) for name in names]
            assert statuses == [403] * 60 + [429] * 20
            await ada.send('{"action":"ping"}')
            assert json.loads(await ada.recv())["type"] == "pong"
        for name in names[:2]:
            await (await _come(port, name, DEVICE)).close()

    run(tmp_path, scene, person_per_second=0.0001)


DEVICE = "device." + "d" * 43


async def _refused(port, name):
    with pytest.raises(InvalidStatus) as refused:
        await _come(port, name)
    return refused.value.response.status_code
