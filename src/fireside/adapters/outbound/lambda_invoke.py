"""Lambda's Invoke over our own signer and pool: have a function run soon, and don't wait for it."""

import logging
import time
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import quote

from fireside.adapters.http.http1 import Answer
from fireside.adapters.http.pool import Pool
from fireside.adapters.http.sigv4 import Credentials, Signer

log = logging.getLogger(__name__)

INVOKE_SECONDS = 0.5
"""For all hand-overs of one call. Somebody waits for an answer meanwhile."""

ACCEPTED = 202


class Functions(Protocol):
    """The way to other functions."""

    def invoke(self, function: str, payloads: Sequence[bytes]) -> list[bool]:
        """Have a function run once for each payload; tell for each whether it was accepted.

        It may run all the same when its answer was lost; so nothing is asked twice.
        """


class LambdaApi:
    """Invokes asynchronously, over HTTP."""

    def __init__(
        self,
        host: str,
        region: str,
        credentials: Credentials,
        pool: Pool,
        *,
        seconds: float = INVOKE_SECONDS,
    ) -> None:
        """Name the service.

        Args:
            host: As in the Host header; the pool must lead there.
            region: Where the functions are.
            credentials: Who signs.
            pool: Carries the requests.
            seconds: For all payloads of one call.
        """
        self._pool, self._seconds = pool, seconds
        self._signer = Signer(
            credentials,
            region=region,
            service="lambda",
            method="POST",
            host=host,
            headers={"x-amz-invocation-type": "Event"},
        )

    def invoke(self, function: str, payloads: Sequence[bytes]) -> list[bool]:
        """Have a function, named or by ARN, run once for each payload."""
        path = f"/2015-03-31/functions/{quote(function, safe='')}/invocations"

        def write(index: int) -> bytes:
            body = payloads[index]
            signed = self._signer.sign(path, body, time.time())
            head = f"POST {path} HTTP/1.1\r\n{signed}content-length: {len(body)}\r\n\r\n"
            return head.encode() + body

        until = time.monotonic() + self._seconds
        answers = self._pool.exchange(len(payloads), write, seconds=self._seconds, until=until)
        return [_is_accepted(answer) for answer in answers]


def _is_accepted(answer: Answer | None) -> bool:
    status = None if answer is None else answer.status
    if status != ACCEPTED:
        log.error("a function was not invoked: %s", status or "no answer")
    return status == ACCEPTED
