"""Ends connections over API Gateway's @connections: of who floods, or was put out."""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol
from urllib.parse import quote, urlsplit

from fireside.adapters.http.pool import Pool
from fireside.adapters.http.sigv4 import Credentials, Signer
from fireside.adapters.outbound.http import quoted

log = logging.getLogger(__name__)

END_SECONDS = 1.0
"""Timeout in seconds of ending some, all at once; the person who asked for it waits."""

_ENDED = {200, 204, 410}
"""Statuses after which a connection is no more; 410 says that it was none before."""


class Ender(Protocol):
    """Ends connections over @connections."""

    def end(self, connection_ids: Sequence[str]) -> None:
        """End connections within `END_SECONDS`; that one can't be ended is only logged."""


class ConnectionsEnder:
    """Ends connections over the signer and the pool of `adapters/http`."""

    def __init__(self, endpoint: str, region: str, credentials: Credentials, pool: Pool) -> None:
        """Store the settings, which are those of `ConnectionsApi`."""
        url = urlsplit(endpoint)
        self._path = f"{quote(url.path.rstrip('/'), safe='/~%')}/%40connections/"
        self._pool = pool
        self._signer = Signer(
            credentials, region=region, service="execute-api", method="DELETE", host=url.netloc
        )

    def end(self, connection_ids: Sequence[str]) -> None:
        """End connections within `END_SECONDS`; that one can't be ended is only logged."""

        def write(index: int) -> bytes:
            path = self._path + quoted(connection_ids[index])
            signed = self._signer.sign(path, b"", time.time())
            return f"DELETE {path} HTTP/1.1\r\n{signed}content-length: 0\r\n\r\n".encode()

        count, until = len(connection_ids), time.monotonic() + END_SECONDS
        answers = self._pool.exchange(count, write, seconds=END_SECONDS, until=until)
        log_ended([None if answer is None else answer.status for answer in answers])


def log_ended(statuses: Iterable[int | None]) -> None:
    """Log how many connections were ended, or why not; one that is gone has ended."""
    for status, count in Counter(statuses).items():
        if status in _ENDED:
            log.warning("connections ended: %d", count)
        else:
            log.error("connections not ended: %d (%s)", count, status or "no answer")
