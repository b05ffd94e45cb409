"""Asynchronous invocation of Lambda functions over `adapters/http`, without an SDK."""

import logging
import time
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import quote

from fireside.adapters.http.http1 import Answer
from fireside.adapters.http.pool import Pool
from fireside.adapters.http.sigv4 import Credentials, Signer

log = logging.getLogger(__name__)

INVOKE_SECONDS = 1.0
"""Timeout in seconds of all invocations of one call. The sender waits for its answer meanwhile,
and a container's first one looks up a name, shakes hands and signs with a new token."""

ACCEPTED = 202


class Functions(Protocol):
    """Invokes Lambda functions."""

    def invoke(self, function: str, payloads: Sequence[bytes]) -> list[bool]:
        """Invoke a function once for each payload; return for each whether Lambda accepted it.

        There are no retries: if only the answer was lost, the function would run twice.
        """


class LambdaApi:
    """Invokes functions asynchronously, over HTTP."""

    def __init__(
        self,
        host: str,
        region: str,
        credentials: Credentials,
        pool: Pool,
        *,
        seconds: float = INVOKE_SECONDS,
    ) -> None:
        """Store the settings.

        Args:
            host: Value of the Host header; the pool must connect to it.
            region: AWS Region of the functions.
            credentials: AWS credentials to sign with.
            pool: Connections to use.
            seconds: Timeout of all payloads of one call.
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
        """Invoke a function, given by name or ARN, once for each payload."""
        path = f"/2015-03-31/functions/{quote(function, safe='')}/invocations"

        def write(index: int) -> bytes:
            body = payloads[index]
            signed = self._signer.sign(path, body, time.time())
            head = f"POST {path} HTTP/1.1\r\n{signed}content-length: {len(body)}\r\n\r\n"
            return head.encode() + body

        until = time.monotonic() + self._seconds
        answers = self._pool.exchange(len(payloads), write, seconds=self._seconds, until=until)
        return [_check_accepted(answer) for answer in answers]


def _check_accepted(answer: Answer | None) -> bool:
    status = None if answer is None else answer.status
    if status != ACCEPTED:
        log.error("a function was not invoked: %s", status or "no answer")
    return status == ACCEPTED
