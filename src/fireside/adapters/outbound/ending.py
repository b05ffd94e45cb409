"""Ends connections over API Gateway's @connections: of who floods, or was put out."""

import logging
import time
from typing import Protocol
from urllib.parse import quote, urlsplit

from fireside.adapters.http.pool import Pool
from fireside.adapters.http.sigv4 import Credentials, Signer
from fireside.adapters.outbound.http import quoted

log = logging.getLogger(__name__)

END_SECONDS = 1.0
"""Timeout in seconds of ending one; the person who asked for it waits."""

_ENDED = {200, 204, 410}
"""Statuses after which a connection is no more; 410 says that it was none before."""


class Ender(Protocol):
    """Ends connections over @connections."""

    def end(self, connection_id: str) -> None:
        """End a connection; that it can't be ended is only logged."""


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

    def end(self, connection_id: str) -> None:
        """End a connection; that it can't be ended is only logged."""
        path = self._path + quoted(connection_id)
        signed = self._signer.sign(path, b"", time.time())
        head = f"DELETE {path} HTTP/1.1\r\n{signed}content-length: 0\r\n\r\n".encode()
        until = time.monotonic() + END_SECONDS
        [answer] = self._pool.exchange(1, lambda _: head, seconds=END_SECONDS, until=until)
        log_ended(None if answer is None else answer.status)


def log_ended(status: int | None) -> None:
    """Log that a connection was ended, or why it was not; one that is gone has ended."""
    if status in _ENDED:
        log.warning("a connection was ended")
    else:
        log.error("a connection was not ended: %s", status or "no answer")
