"""Whose connection ends when an invite is replaced: who showed another one at the handshake.

With a device it may come back at once, as a person needs no invite.
"""

import asyncio
import contextlib
import json
import logging

import pytest

from fireside.adapters.secret_file import SecretFile
from fireside.domain.invite import hash_of
from fireside.handlers.authorizer import INVITE_HASH
from fireside.server import ended_invites
from fireside.server.data_folder import invite_file, request_end


class Server:
    """Has connections, each named for the secret that it came by; tells which were ended."""

    def __init__(self, *secrets):
        self.contexts = {secret: {INVITE_HASH: hash_of(secret)} for secret in secrets}
        self.ended = []
        self.frames = []

    def close_where(self, is_over, last_frame, reason):
        over = [secret for secret, context in self.contexts.items() if is_over(context)]
        for secret in over:
            del self.contexts[secret]
        self.ended += [over] if over else []
        self.frames += [json.loads(last_frame)] * len(over)
        assert reason == "Invite replaced"
        return len(over)


class Looks:
    """Stands for the sleep: at each look the next of some steps is taken; after them it stops."""

    def __init__(self, *steps):
        self.steps = list(steps)

    async def __call__(self, seconds):
        assert seconds == ended_invites.LOOK_SECONDS
        if not self.steps:
            raise asyncio.CancelledError
        self.steps.pop(0)()


def nothing():
    pass


def watch(folder, server, *steps):
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(ended_invites.watch(folder, server, Looks(*steps)))


def test_it_waits_until_it_is_asked_and_goes_by_the_file(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    request_end(tmp_path)  # before the start
    old, new = "old-one", invite_file(tmp_path).replace()
    server = Server(old, new)

    watch(tmp_path, server, nothing, nothing)
    assert server.ended == []

    watch(tmp_path, server, lambda: request_end(tmp_path), *[nothing] * 3)
    assert server.ended == [[old]]
    assert server.frames == [
        {
            "type": "closing",
            "reason": "The invite was replaced; ask for the new link, then open it in this tab",
            "again": False,
        }
    ]
    assert set(server.contexts) == {new}
    assert [one.getMessage() for one in caplog.records] == [
        "the invite was replaced: 1 connections that came by it end"
    ]


def test_a_handshake_that_was_under_way_is_ended_too(tmp_path):
    invite_file(tmp_path).replace()
    server = Server("first")

    def come():
        server.contexts["second"] = {INVITE_HASH: hash_of("second")}

    watch(tmp_path, server, lambda: request_end(tmp_path), come)
    assert server.ended == [["first"], ["second"]]


def test_it_goes_on_when_the_invite_cannot_be_read(tmp_path, monkeypatch, caplog):
    invite_file(tmp_path).replace()
    server, hashes = Server("old"), SecretFile.hashes
    failing = [ValueError("secret"), None]

    def sometimes(self):
        error = failing.pop(0)
        if error:
            raise error
        return hashes(self)

    monkeypatch.setattr(SecretFile, "hashes", sometimes)
    watch(tmp_path, server, lambda: request_end(tmp_path), nothing)

    assert server.ended == [["old"]]
    assert "run `fireside invite --new --end` again" in caplog.text


@pytest.mark.parametrize("context", [{INVITE_HASH: hash_of("old-one")}, {}])
def test_a_connection_that_showed_no_invite_of_these_came_by_another(context):
    is_other = ended_invites.came_by_another(frozenset({hash_of("new")}), with_device=False)
    assert is_other(context)
    assert not is_other({INVITE_HASH: hash_of("new")})


def test_who_showed_a_device_may_come_back_and_others_may_not(tmp_path):
    new = invite_file(tmp_path).replace()
    server = Server("old", "old with a device", new)
    server.contexts["old with a device"]["device"] = "d" * 22

    watch(tmp_path, server, lambda: request_end(tmp_path), nothing)

    assert server.ended == [["old with a device"], ["old"]]
    assert [frame["again"] for frame in server.frames] == [True, False]
    assert set(server.contexts) == {new}


def test_who_came_by_a_device_alone_is_left_alone(tmp_path):
    invite_file(tmp_path).replace()
    server = Server()
    server.contexts = {"person": {"device": "d" * 22}, "nobody": {}}

    watch(tmp_path, server, lambda: request_end(tmp_path), nothing)

    assert server.ended == [["nobody"]]
