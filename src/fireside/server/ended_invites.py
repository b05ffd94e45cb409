"""Ends the connections of an invite that was replaced: `fireside invite --new --end`.

The command touches a file beside the invite, and the running server looks at it every second. Each
connection carries the hash of the secret that it came in with, which the authorizer noted. A device
may come back at once: a person needs no invite, and a stranger is refused.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from fireside import wire
from fireside.domain.events import Closing
from fireside.handlers.authorizer import INVITE_HASH
from fireside.server.data_folder import end_requested, invite_file
from localgateway.net.server import Server

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[object]]

LOOK_SECONDS = 1.0
LOOKS = 2
"""How often to look for such connections: at the first, a handshake may be under way."""

ENDED = Closing(
    "The invite was replaced; ask for the new link, then open it in this tab", again=False
)
WITH_DEVICE = Closing("The invite was replaced", again=True)


async def watch(folder: Path, server: Server, sleep: Sleep = asyncio.sleep) -> None:
    """End such connections whenever that was asked for, until this is cancelled."""
    seen, left = end_requested(folder), 0
    while True:
        await sleep(LOOK_SECONDS)
        asked = end_requested(folder)
        if asked != seen:
            seen, left = asked, LOOKS
        if left:
            left -= 1
            _end_others(folder, server)


def _end_others(folder: Path, server: Server) -> None:
    """End the connections that came by another invite; what fails is only logged."""
    try:
        hashes = invite_file(folder).hashes()
        ended = sum(
            server.close_where(
                came_by_another(hashes, with_device=with_device), _frame(why), "Invite replaced"
            )
            for with_device, why in ((True, WITH_DEVICE), (False, ENDED))
        )
    except Exception:  # the watch goes on: a later request may do better
        log.exception(
            "connections of the replaced invite may go on: run `fireside invite --new --end` again"
        )
        return
    if ended:
        log.info("the invite was replaced: %d connections that came by it end", ended)


def came_by_another(
    hashes: frozenset[str], *, with_device: bool
) -> Callable[[Mapping[str, object]], bool]:
    """Return a test of an authorizer context: whether its connection came by no invite of these.

    It holds for connections with a device, or for those without one. A device that showed no
    invite at all came by being a person's.
    """

    def is_other(context: Mapping[str, object]) -> bool:
        if bool(context.get("device")) != with_device:
            return False
        shown = context.get(INVITE_HASH)
        return shown not in hashes and not (with_device and shown is None)

    return is_other


def _frame(why: Closing) -> bytes:
    return wire.encode(why).encode()
