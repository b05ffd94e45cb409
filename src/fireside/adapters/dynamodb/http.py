"""A DynamoDB client over `adapters/http`, without an SDK, so that a cold start is short.

A call is one POST that names the operation in a header; request and answer are JSON.
"""

import contextlib
import json
import re
import ssl
import time
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple, get_args
from urllib.parse import urlsplit

from fireside.adapters.dynamodb import client
from fireside.adapters.dynamodb.client import Operation, Rejected, Transient, failure
from fireside.adapters.http.http1 import Answer as HttpAnswer
from fireside.adapters.http.pool import Pool
from fireside.adapters.http.sigv4 import Credentials, Signer
from fireside.domain.hosts import DEFAULT_PORTS

CALL_SECONDS = 1.0
"""Timeout in seconds of one call, connecting included. DynamoDB answers in milliseconds."""

_CHECKSUM = re.compile(rb"\r\nx-amz-crc32:[ \t]*(\d{1,10})[ \t]*\r\n")
_OK = 200


class DynamoDbApi:
    """DynamoDB over HTTP. Safe to use from several threads: each call has its own connection."""

    def __init__(
        self,
        endpoint: str,
        region: str,
        credentials: Credentials,
        *,
        tls: ssl.SSLContext | None = None,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        """Store the settings; connections are opened by the first call.

        Args:
            endpoint: `https://dynamodb.REGION.amazonaws.com`, or the URL of a stand-in.
            region: AWS Region of the tables.
            credentials: AWS credentials to sign with.
            tls: TLS context for an https endpoint.
            call_seconds: Timeout of one call.
        """
        self._url = urlsplit(endpoint)
        self._region, self._credentials, self._tls = region, credentials, tls
        self._call_seconds = call_seconds
        self._idle = [self._channel()]

    def call(self, operation: Operation, request: Mapping[str, object]) -> client.Answer:
        """Call DynamoDB once, and return its answer.

        A request that the server can't have read, because the connection was closed already, is
        sent again on a new connection.

        Raises:
            TableFailure: One of its subclasses.
        """
        written = self._write(request)
        try:
            channel = self._idle.pop()
        except IndexError:
            channel = self._channel()
        try:
            answer = channel.exchange(operation, written, self._call_seconds)
        finally:
            self._idle.append(channel)
        return _read(answer)

    def close(self) -> None:
        """Close all connections."""
        while self._idle:
            self._idle.pop().pool.close()

    def _write(self, request: Mapping[str, object]) -> bytes:
        try:
            return json.dumps(request).encode()
        except TypeError as cause:
            raise Rejected("the request can't be written as JSON") from cause

    def _channel(self) -> "_Channel":
        assert self._url.hostname is not None
        port = self._url.port or DEFAULT_PORTS[self._url.scheme]
        signers = {operation: self._signer(operation) for operation in get_args(Operation)}
        return _Channel(Pool(self._url.hostname, port, tls=self._tls, most=1), signers)

    def _signer(self, operation: Operation) -> Signer:
        return Signer(
            self._credentials,
            region=self._region,
            service="dynamodb",
            method="POST",
            host=self._url.netloc,
            headers={
                "content-type": "application/x-amz-json-1.0",
                "x-amz-target": f"DynamoDB_20120810.{operation}",
            },
        )


class _Channel(NamedTuple):
    """What one call at a time uses: a connection, and a signer for each operation."""

    pool: Pool
    signers: Mapping[Operation, Signer]

    def exchange(self, operation: Operation, body: bytes, seconds: float) -> HttpAnswer | None:
        signed = self.signers[operation].sign("/", body, time.time())
        head = f"POST / HTTP/1.1\r\n{signed}content-length: {len(body)}\r\n\r\n".encode()
        until = time.monotonic() + seconds
        [answer] = self.pool.exchange(1, lambda _: head + body, seconds=seconds, until=until)
        return answer


def _read(answer: HttpAnswer | None) -> client.Answer:
    if answer is None:
        raise Transient("no answer")
    if not _is_whole(answer):
        raise Transient("a damaged answer")
    if answer.status != _OK:
        body = _error(answer.body)
        raise failure(_code(body) or str(answer.status), answer.status, body)
    try:
        read: client.Answer = json.loads(answer.body)
    except ValueError as cause:
        raise Transient("no JSON") from cause
    return read


def _is_whole(answer: HttpAnswer) -> bool:
    """Compare DynamoDB's checksum, which also covers what TLS does not: the way inside AWS."""
    checksum = _CHECKSUM.search(answer.head)
    return checksum is None or int(checksum[1]) == zlib.crc32(answer.body)


def _error(body: bytes) -> dict[str, Any]:
    """Return an error's body, empty if it is not a JSON object: a proxy may have answered."""
    with contextlib.suppress(ValueError):
        read = json.loads(body)
        if isinstance(read, dict):
            return read
    return {}


def _code(body: Mapping[str, Any]) -> str:
    """Return the error's name, without the namespace before it."""
    return str(body.get("__type", "")).rpartition("#")[2]
