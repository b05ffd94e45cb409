"""Posts to @connections over boto3, with threads: what our own way is compared with."""

import functools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Self

from botocore.client import BaseClient
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)

from fireside.adapters.dynamodb.boto import client
from fireside.adapters.outbound.posting import (
    BUDGET_SECONDS,
    POST_SECONDS,
    UNSENT,
    Chances,
    Posting,
    Status,
)

THREADS = 50
_SENT = 200


class BotoConnections(Posting):
    """Posts through the SDK, which is told to try once: being patient is our own affair."""

    def __init__(
        self,
        client_for: Callable[[float], BaseClient],
        *,
        post_seconds: float = POST_SECONDS,
        budget_seconds: float = BUDGET_SECONDS,
        chances: Chances | None = None,
    ) -> None:
        """Take what makes a client whose posts have so many seconds."""
        super().__init__(post_seconds=post_seconds, budget_seconds=budget_seconds, chances=chances)
        self._client_for = functools.cache(client_for)
        self._client_for(post_seconds)  # a client takes its time to be made
        self._threads = ThreadPoolExecutor(THREADS)

    @classmethod
    def connect(cls, endpoint: str, region: str) -> Self:
        """Lead to `https://HOST/STAGE`; the credentials are where the SDK looks for them."""
        return cls(functools.partial(posting_client, endpoint, region))

    def close(self) -> None:
        """End the threads, once what they post has had its time."""
        self._threads.shutdown(cancel_futures=True)

    def _statuses(
        self, ids: list[str], data: bytes, seconds: float, until: float
    ) -> Sequence[Status]:
        posts = self._client_for(seconds)
        under_way = [self._threads.submit(_post, posts, one, data, until) for one in ids]
        wait(under_way, until - time.monotonic())
        return [_status(post) for post in under_way]


def posting_client(endpoint: str, region: str, seconds: float) -> BaseClient:
    """Make a client for posts."""
    return client("apigatewaymanagementapi", region, endpoint, seconds, THREADS)


def _post(posts: BaseClient, connection_id: str, data: bytes, until: float) -> int | None:
    if time.monotonic() >= until:
        return UNSENT
    try:
        posts.post_to_connection(ConnectionId=connection_id, Data=data)
    except ClientError as cause:
        status: int = cause.response["ResponseMetadata"]["HTTPStatusCode"]
        return status
    except (ConnectTimeoutError, EndpointConnectionError):
        return UNSENT
    except BotoCoreError:
        return None
    return _SENT


def _status(post: Future[int | None]) -> int | None:
    """Tell what came of a post by now: one that has not begun never will."""
    if post.cancel():
        return UNSENT
    return post.result() if post.done() else None
