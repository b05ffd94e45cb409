"""Count what API Gateway bills: messages (one for each started 32 KB) and connection minutes."""

from localgateway.machine.limits import Limits

STEP_BYTES = Limits().frame_bytes


class Meter:
    """The counters of one API. Times are seconds on a clock that never goes back."""

    def __init__(self) -> None:
        self.received = 0
        """Messages from clients."""
        self.sent = 0
        """Messages to clients: answers, posts, and the gateway's own."""
        self.connections = 0
        """Connections that were made."""
        self._since: dict[str, float] = {}
        self._seconds = 0.0

    def count_received(self, size: int) -> None:
        """Count a message of so many bytes from a client."""
        self.received += _steps(size)

    def count_sent(self, size: int) -> None:
        """Count a message of so many bytes to a client."""
        self.sent += _steps(size)

    def opened(self, connection_id: str, now: float) -> None:
        """Start to count a connection's time."""
        self.connections += 1
        self._since[connection_id] = now

    def closed(self, connection_id: str, now: float) -> None:
        """Stop counting its time, if it was open."""
        since = self._since.pop(connection_id, None)
        if since is not None:
            self._seconds += now - since

    def minutes(self, now: float) -> float:
        """Return how long all connections together were open, including those still open."""
        going_on = sum(now - since for since in self._since.values())
        return (self._seconds + going_on) / 60


def _steps(size: int) -> int:
    return max(1, -(-size // STEP_BYTES))
