"""How much one person, and one address, may ask of a chat on one machine."""

from dataclasses import replace

from fireside.server.settings import Settings, are_limits_on
from localgateway.machine.limits import Limits

REQUESTS_UNDER_WAY = 32
"""Requests of one connection that are handled at a time, whatever the setting says.

With 8 a busy room had a third fewer deliveries (bench/bench_deliveries.py), with 32 none fewer.
"""

PER_SECOND, BURST = 20.0, 60.0
"""Requests of one person, of any kind; a page in use needs one or two a second."""

CONNECTIONS_OF_A_PERSON = 16
CONNECTIONS_OF_AN_ADDRESS = 500
"""Enough for a school, which has one address to the outside."""
HTTP_OF_AN_ADDRESS = 64
"""Connections with plain HTTP, idle or unfinished; a page needs a few, for a moment."""


def chat_limits(settings: Settings, most: int = Limits().max_connections) -> Limits:
    """Return the gateway's limits for a chat, with room for `most` connections."""
    always = Limits(max_connections=most, pending_invocations=REQUESTS_UNDER_WAY)
    if not are_limits_on(settings):
        return always
    return replace(
        always,
        person_per_second=PER_SECOND,
        person_burst=BURST,
        person_connections=CONNECTIONS_OF_A_PERSON,
        address_connections=CONNECTIONS_OF_AN_ADDRESS,
        address_http=HTTP_OF_AN_ADDRESS,
        counts_loopback=settings.limits == "on",
        is_behind_proxy=settings.public_url is not None,
    )
