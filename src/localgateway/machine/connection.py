"""What the gateway knows of a connection, and when it has been open for too long."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from localgateway.machine.events import ConnectionInfo, Handshake
from localgateway.machine.limits import Limits


class Instant(NamedTuple):
    """One moment on both clocks: monotonic seconds, and milliseconds since 1970."""

    monotonic: float
    epoch_ms: int


class Phase(Enum):
    """Where a connection is in its life."""

    AUTHORIZING = auto()
    CONNECTING = auto()
    OPEN = auto()
    CLOSED = auto()


@dataclass(slots=True)
class Connection:
    """One WebSocket, from its upgrade request to its `$disconnect`."""

    info: ConnectionInfo
    handshake: Handshake | None
    """Kept only until the 101: headers are on no later event."""
    phase: Phase
    last_active: float
    opened_at: float = 0.0
    person: str = ""
    """The principal that the authorizer named; empty without one."""
    counted_person: str = ""
    counted_address: str = ""
    """Under what the connection is counted, until it is forgotten."""

    def opened(self, now: Instant) -> None:
        """Count idle time and lifetime from now on: the 101 is on its way."""
        self.phase, self.handshake = Phase.OPEN, None
        self.opened_at = self.last_active = now.monotonic

    def is_expired(self, now: Instant, limits: Limits) -> bool:
        """Return whether it is open and was idle, or open, too long."""
        return self.phase is Phase.OPEN and (
            self.last_active <= now.monotonic - limits.idle_seconds
            or self.opened_at <= now.monotonic - limits.lifetime_seconds
        )
