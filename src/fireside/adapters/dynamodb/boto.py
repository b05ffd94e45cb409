"""Clients over boto3: what our own are compared with, and what they can be exchanged for.

It costs a cold start more than 200 ms, so nothing imports it that was not told to.
"""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Self

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004 - the SDK's own

from fireside.adapters.dynamodb.client import Answer, Operation, Passing, Refused, failure
from fireside.adapters.outbound.lambda_invoke import ACCEPTED, INVOKE_SECONDS

log = logging.getLogger(__name__)

_SOCKETS = 10

_VERBS: Mapping[Operation, str] = {
    "BatchGetItem": "batch_get_item",
    "BatchWriteItem": "batch_write_item",
    "CreateTable": "create_table",
    "GetItem": "get_item",
    "PutItem": "put_item",
    "Query": "query",
    "TransactWriteItems": "transact_write_items",
}


class BotoTables:
    """DynamoDB through the SDK, which is told to try once: being patient is our own affair."""

    def __init__(self, client: BaseClient) -> None:
        self._client = client

    @classmethod
    def connect(
        cls,
        region: str,
        endpoint: str | None = None,
        *,
        call_seconds: float = 1,
        sockets: int = _SOCKETS,
    ) -> Self:
        """Make a client; the credentials are where the SDK looks for them."""
        return cls(client("dynamodb", region, endpoint, call_seconds, sockets))

    def call(self, operation: Operation, request: Mapping[str, object]) -> Answer:
        """Ask once."""
        try:
            answer: Answer = getattr(self._client, _VERBS[operation])(**request)
        except ClientError as cause:
            status = cause.response["ResponseMetadata"]["HTTPStatusCode"]
            raise failure(cause.response["Error"]["Code"], status, cause.response) from cause
        except (HTTPClientError, ConnectionError) as cause:
            raise Passing(type(cause).__name__) from cause
        except BotoCoreError as cause:
            raise Refused(type(cause).__name__) from cause
        return answer


class BotoFunctions:
    """Asynchronous invocations through the SDK."""

    def __init__(self, client: BaseClient, seconds: float) -> None:
        """Take a client, and how long all payloads of one call may take."""
        self._client, self._seconds = client, seconds
        self._threads = ThreadPoolExecutor(_SOCKETS)

    @classmethod
    def connect(
        cls, region: str, endpoint: str | None = None, *, seconds: float = INVOKE_SECONDS
    ) -> Self:
        """Make a client; the credentials are where the SDK looks for them."""
        return cls(client("lambda", region, endpoint, seconds), seconds)

    def invoke(self, function: str, payloads: Sequence[bytes]) -> list[bool]:
        """Have a function, named or by ARN, run once for each payload."""
        under_way = [self._threads.submit(self._invoke, function, one) for one in payloads]
        wait(under_way, self._seconds)
        return [_is_accepted(_status(one)) for one in under_way]

    def close(self) -> None:
        """End the threads, once what they ask has had its time."""
        self._threads.shutdown(cancel_futures=True)
        self._client.close()

    def _invoke(self, function: str, payload: bytes) -> object:
        """Ask once; give the status, or why there is none."""
        try:
            answer = self._client.invoke(
                FunctionName=function, InvocationType="Event", Payload=payload
            )
            return answer["StatusCode"]
        except ClientError as cause:
            return cause.response["ResponseMetadata"]["HTTPStatusCode"]
        except (BotoCoreError, HTTPClientError, ConnectionError) as cause:
            return type(cause).__name__


def _status(asked: Future[object]) -> object:
    """Tell what came of it by now: one that has not begun never will."""
    return asked.result() if not asked.cancel() and asked.done() else "no answer"


def _is_accepted(status: object) -> bool:
    if status != ACCEPTED:
        log.error("a function was not invoked: %s", status)
    return status == ACCEPTED


def client(
    service: str, region: str, endpoint: str | None, seconds: float, sockets: int = _SOCKETS
) -> BaseClient:
    """Make a client that tries once: being patient is our own affair."""
    config = Config(
        connect_timeout=seconds,
        read_timeout=seconds,
        retries={"total_max_attempts": 1},
        max_pool_connections=sockets,
    )
    return boto3.client(service, region_name=region, endpoint_url=endpoint, config=config)
