"""The chat: one class for each noun. Storage, network, time and randomness are ports."""

from fireside.chat.broadcasts import HANDSHAKE_GRACE_MS, Broadcasts
from fireside.chat.door import Arrival, Door, Sender
from fireside.chat.messages import Conversation
from fireside.chat.moderation import Moderation
from fireside.chat.names import Names, OwnerHashes
from fireside.chat.records import Records
from fireside.domain import standing
from fireside.ports import (
    Clock,
    ConnectionRegistry,
    Entropy,
    MessageStore,
    Outbound,
    People,
    RandomBytes,
)

__all__ = ["HANDSHAKE_GRACE_MS", "LIFETIME_SECONDS", "PING_SECONDS", "Arrival", "Chat", "Sender"]

PING_SECONDS = 25
"""Seconds between two pings of a client, where a ping costs nothing."""

LIFETIME_SECONDS = 7200
"""Seconds until API Gateway closes a connection, even one in use."""


class Chat:
    """The nouns of the chat, made of the ports."""

    def __init__(  # noqa: PLR0913 - four ports, time and randomness, four settings
        self,
        messages: MessageStore,
        people: People,
        connections: ConnectionRegistry,
        outbound: Outbound,
        *,
        clock: Clock,
        entropy: Entropy,
        random_bytes: RandomBytes,
        owner_hashes: OwnerHashes = frozenset,
        names: standing.NamesRule = "open",
        ping_seconds: int = PING_SECONDS,
        lifetime_seconds: int = LIFETIME_SECONDS,
    ) -> None:
        broadcasts, records = Broadcasts(connections, outbound, clock), Records(clock, entropy)
        self.door = Door(people, connections, clock, names)
        self.conversation = Conversation(
            messages,
            connections,
            people,
            broadcasts,
            clock=clock,
            entropy=entropy,
            ping_seconds=ping_seconds,
            lifetime_seconds=lifetime_seconds,
            names=names,
        )
        self.names = Names(
            people,
            broadcasts,
            records,
            clock=clock,
            random_bytes=random_bytes,
            owner_hashes=owner_hashes,
        )
        self.moderation = Moderation(people, broadcasts, records, clock=clock)
