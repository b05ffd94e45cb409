"""Posts to @connections over boto3, with threads: the alternative to `http.py`."""

import functools
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Self

from botocore.client import BaseClient
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - the SDK's own
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)

from fireside.adapters.http.boto import SOCKETS, client
from fireside.adapters.outbound.ending import END_SECONDS, log_ended
from fireside.adapters.outbound.lambda_invoke import ACCEPTED, INVOKE_SECONDS
from fireside.adapters.outbound.posting import (
    BUDGET_SECONDS,
    NOT_PROCESSED,
    POST_SECONDS,
    Posting,
    Status,
    Timing,
)

log = logging.getLogger(__name__)

THREADS = 50
_SENT = 200


class BotoConnections(Posting):
    """Posts through the SDK, configured for one attempt: `Posting` does the retries."""

    def __init__(
        self,
        client_for: Callable[[float], BaseClient],
        *,
        post_seconds: float = POST_SECONDS,
        budget_seconds: float = BUDGET_SECONDS,
        timing: Timing | None = None,
    ) -> None:
        """Store the settings; `client_for` returns a client for a timeout in seconds."""
        super().__init__(post_seconds=post_seconds, budget_seconds=budget_seconds, timing=timing)
        self._client_for = functools.cache(client_for)
        self._client_for(post_seconds)  # ahead of the first post: creating a client is slow
        self._threads = ThreadPoolExecutor(THREADS)

    @classmethod
    def connect(cls, endpoint: str, region: str) -> Self:
        """Return an instance for `https://HOST/STAGE`; the SDK finds the credentials by itself."""
        return cls(functools.partial(posting_client, endpoint, region))

    def close(self) -> None:
        """Stop the threads after their current posts."""
        self._threads.shutdown(cancel_futures=True)

    def _statuses(
        self, ids: list[str], data: bytes, seconds: float, until: float
    ) -> Sequence[Status]:
        posts = self._client_for(seconds)
        under_way = [self._threads.submit(_post, posts, one, data, until) for one in ids]
        wait(under_way, until - time.monotonic())
        return [_status(post) for post in under_way]


class BotoEnder:
    """Ends connections through the SDK."""

    def __init__(self, make_client: Callable[[], BaseClient]) -> None:
        """Store how to make the client: it is hardly ever needed, and making it is slow."""
        self._client = functools.cache(make_client)
        self._threads = ThreadPoolExecutor(THREADS)  # which starts none before they are needed

    @classmethod
    def connect(cls, endpoint: str, region: str) -> Self:
        """Return an instance for `https://HOST/STAGE`; the SDK finds the credentials by itself."""
        return cls(lambda: posting_client(endpoint, region, END_SECONDS))

    def end(self, connection_ids: Sequence[str]) -> None:
        """End connections within `END_SECONDS`; that one can't be ended is only logged."""
        self._client()  # before the threads, each of which would make one
        until = time.monotonic() + END_SECONDS
        under_way = [self._threads.submit(self._end, one) for one in connection_ids]
        wait(under_way, until - time.monotonic())
        log_ended(_status(one) or None for one in under_way)

    def _end(self, connection_id: str) -> int | None:
        try:
            self._client().delete_connection(ConnectionId=connection_id)
        except ClientError as cause:
            status: int = cause.response["ResponseMetadata"]["HTTPStatusCode"]
            return status
        except (BotoCoreError, HTTPClientError, ConnectionError):
            return None
        return _SENT


def posting_client(endpoint: str, region: str, seconds: float) -> BaseClient:
    """Return a client whose posts have a timeout of `seconds`."""
    return client("apigatewaymanagementapi", region, endpoint, seconds, THREADS)


def _post(posts: BaseClient, connection_id: str, data: bytes, until: float) -> int | None:
    if time.monotonic() >= until:
        return NOT_PROCESSED
    try:
        posts.post_to_connection(ConnectionId=connection_id, Data=data)
    except ClientError as cause:
        status: int = cause.response["ResponseMetadata"]["HTTPStatusCode"]
        return status
    except (ConnectTimeoutError, EndpointConnectionError):
        return NOT_PROCESSED
    except BotoCoreError:
        return None
    return _SENT


def _status(post: Future[int | None]) -> int | None:
    """Return a post's status so far; cancel it if it has not begun."""
    if post.cancel():
        return NOT_PROCESSED
    return post.result() if post.done() else None


class BotoFunctions:
    """Asynchronous invocations through the SDK."""

    def __init__(self, client: BaseClient, seconds: float) -> None:
        """Store a client, and the timeout of all payloads of one call."""
        self._client, self._seconds = client, seconds
        self._threads = ThreadPoolExecutor(SOCKETS)

    @classmethod
    def connect(
        cls, region: str, endpoint: str | None = None, *, seconds: float = INVOKE_SECONDS
    ) -> Self:
        """Return an instance with a new client; the SDK finds the credentials by itself."""
        return cls(client("lambda", region, endpoint, seconds), seconds)

    def invoke(self, function: str, payloads: Sequence[bytes]) -> list[bool]:
        """Invoke a function, given by name or ARN, once for each payload."""
        under_way = [self._threads.submit(self._invoke, function, one) for one in payloads]
        wait(under_way, self._seconds)
        return [_check_accepted(_invoke_status(one)) for one in under_way]

    def close(self) -> None:
        """Stop the threads after their current calls."""
        self._threads.shutdown(cancel_futures=True)
        self._client.close()

    def _invoke(self, function: str, payload: bytes) -> object:
        """Invoke once; return the status, or the name of the error."""
        try:
            answer = self._client.invoke(
                FunctionName=function, InvocationType="Event", Payload=payload
            )
            return answer["StatusCode"]
        except ClientError as cause:
            return cause.response["ResponseMetadata"]["HTTPStatusCode"]
        except (BotoCoreError, HTTPClientError, ConnectionError) as cause:
            return type(cause).__name__


def _invoke_status(asked: Future[object]) -> object:
    """Return a call's status so far; cancel it if it has not begun."""
    return asked.result() if not asked.cancel() and asked.done() else "no answer"


def _check_accepted(status: object) -> bool:
    if status != ACCEPTED:
        log.error("a function was not invoked: %s", status)
    return status == ACCEPTED
