"""A quota per second, as API Gateway counts it: a bucket of tokens that fills up by itself."""


class Quota:
    """So many a second, and at most `burst` at once."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second = per_second
        self._burst = self._tokens = burst
        self._filled_at = 0.0

    def take(self, now: float) -> bool:
        """Take a token, if there is one; `now` is in seconds on a clock that never jumps."""
        grown = self._tokens + (now - self._filled_at) * self._per_second
        self._tokens = min(self._burst, grown)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
