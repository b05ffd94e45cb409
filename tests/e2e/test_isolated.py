"""`fireside serve --isolated`: what is different below, and what must not show."""

import asyncio
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect

from fireside.adapters.sqlite.store import SqliteStore
from fireside.adapters.sqlite.unusable import StoreLocked
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.entry import EntryRules
from fireside.server import isolated
from fireside.server.data_folder import open_store
from fireside.server.local import (
    api_document,
    make_isolated_server,
    own_address,
    start_handlers,
)
from fireside.server.settings import Settings
from localgateway.machine.limits import Limits
from tests.e2e.support.clients import LONGEST_SECONDS, ask, status_of
from tests.e2e.support.server_process import serving

pytestmark = pytest.mark.long


@asynccontextmanager
async def running(data, **settings):
    settings = Settings(data=data, isolated=True, **settings)
    server = make_isolated_server(settings, None)
    await server.start(settings.host, 0)
    await start_handlers(settings, server)
    try:
        yield server
    finally:
        await server.stop()


def test_what_is_said_reaches_the_others_over_http(tmp_path):
    async def talk():
        async with running(tmp_path) as server:
            url = f"ws://127.0.0.1:{server.port}/ws"
            async with (
                connect(f"{url}?username=Ada") as ada,
                connect(f"{url}?username=Bob") as bob,
            ):
                text = {"action": "sendMessage", "message": "grüß dich 🔥"}
                ack = await ask(ada, text, "ack")
                return ack, json.loads(await asyncio.wait_for(bob.recv(), LONGEST_SECONDS))

    ack, heard = asyncio.run(talk())

    assert heard["message"] == "grüß dich 🔥"
    assert heard["messageId"] == ack["messageId"]


def test_nobody_but_the_handlers_may_post(tmp_path):
    async def try_it():
        async with running(tmp_path) as server:
            url = f"http://127.0.0.1:{server.port}/ws/@connections/JC1dgf9yoAMCK-g%3D"
            return await asyncio.to_thread(status_of, url, b"hi")

    assert asyncio.run(try_it()) == 403


@pytest.mark.parametrize(("is_lost", "status"), [(False, 200), (True, 503)])
def test_ready_is_what_the_handlers_say(tmp_path, is_lost, status):
    async def look():
        async with running(tmp_path / "data") as server:
            if is_lost:
                await server.runner.reload(handlers_without_a_folder(tmp_path))
            url = f"http://127.0.0.1:{server.port}/readyz"
            return await asyncio.to_thread(status_of, url)

    assert asyncio.run(look()) == status


def handlers_without_a_folder(tmp_path):
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "folder"
    endpoint = "http://127.0.0.1:9/ws"
    return isolated.with_handlers(
        api_document(), Settings(data=folder), EntryRules(), endpoint, Limits()
    )


def test_handlers_that_can_not_start_are_said_and_ended(tmp_path):
    (tmp_path / "data").write_text("in the way")

    async def begin():
        async with running(tmp_path / "data"):
            raise AssertionError

    with pytest.raises(CannotStart, match="own process does not work"):
        asyncio.run(begin())


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104 - not listened on
        ("::", "http://127.0.0.1:80"),
        ("::1", "http://[::1]:80"),
        ("192.168.1.20", "http://192.168.1.20:80"),
    ],
)
def test_handlers_post_to_where_the_server_listens(tmp_path, host, address):
    class Listening:
        port = 80

    assert own_address(Settings(data=tmp_path, host=host), Listening()) == address


def test_a_folder_in_use_is_said_before_anything_starts(tmp_path):
    with serving(tmp_path, "--isolated"):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "fireside",
                "serve",
                "--isolated",
                "--port",
                "0",
                "--data",
                str(tmp_path),
            ],
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )

    assert done.returncode == ExitCode.UNAVAILABLE
    assert "Another Fireside" in done.stderr


def test_a_lock_that_is_let_go_of_in_time_is_taken(tmp_path, monkeypatch):
    store = open_store(tmp_path)
    was_locked = threading.Event()
    open_once = SqliteStore.open

    def noted(*path, **options):
        try:
            return open_once(*path, **options)
        except StoreLocked:
            was_locked.set()
            raise

    monkeypatch.setattr(SqliteStore, "open", noted)
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(open_store, tmp_path, lock_timeout_seconds=LONGEST_SECONDS)
        assert was_locked.wait(LONGEST_SECONDS)
        store.close()
        waiting.result().close()
