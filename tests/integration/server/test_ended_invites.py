"""Whose connection ends when an invite is replaced: who showed another one at the handshake."""

import asyncio
import contextlib

from fireside.domain.invite import hash_of
from fireside.handlers.authorizer import INVITE_HASH
from fireside.server import ended_invites
from fireside.server.data_folder import invite_file, request_end


class Server:
    """Takes what is to be ended, and for which of two connections that holds."""

    def __init__(self):
        self.ended = asyncio.Queue()

    def end(self, is_over, last_frame, reason):
        contexts = {secret: {INVITE_HASH: hash_of(secret)} for secret in ("old-one", "other")}
        self.ended.put_nowait([name for name, context in contexts.items() if is_over(context)])
        assert b"ask for the new link" in last_frame
        assert reason == "Invite replaced"
        return 1


def test_it_waits_until_it_is_asked_and_goes_by_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(ended_invites, "LOOK_SECONDS", 0.01)
    request_end(tmp_path)  # before the start

    async def story():
        server = Server()
        watching = asyncio.create_task(ended_invites.watch(tmp_path, server))
        secret = invite_file(tmp_path).replace()
        await asyncio.sleep(0.05)
        assert server.ended.empty()

        request_end(tmp_path)
        assert await server.ended.get() == ["old-one", "other"]
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        return secret

    secret = asyncio.run(story())
    is_other = ended_invites.came_by_another(invite_file(tmp_path).hashes())
    assert not is_other({INVITE_HASH: hash_of(secret)})
    assert is_other({INVITE_HASH: hash_of("old-one")})
    assert is_other({})
