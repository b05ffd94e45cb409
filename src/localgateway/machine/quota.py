"""A rate limit as API Gateway counts it: a token bucket."""


class Quota:
    """Allows `per_second` requests a second, and at most `burst` at once."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second = per_second
        self._burst = self._tokens = burst
        self._filled_at = 0.0

    def take(self, now: float) -> bool:
        """Take a token and return whether there was one; `now` is seconds on a monotonic clock."""
        self._fill(now)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def wait_seconds(self) -> float:
        """Return how long after the last call there is a token."""
        return max(0.0, (1 - self._tokens) / self._per_second)

    def is_full(self, now: float) -> bool:
        """Return whether no token is missing."""
        self._fill(now)
        return self._tokens >= self._burst

    def _fill(self, now: float) -> None:
        grown = self._tokens + (now - self._filled_at) * self._per_second
        self._tokens = min(self._burst, grown)
        self._filled_at = now
