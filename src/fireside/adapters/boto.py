"""Tables over boto3: what our own client is compared with, and what it can be exchanged for.

It costs a cold start more than 200 ms, so nothing imports it that was not told to.
"""

from collections.abc import Mapping
from typing import Self

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004 - the SDK's own

from fireside.adapters.tables import Answer, Operation, Passing, Refused, failure

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
        cls, region: str, endpoint: str | None = None, *, call_seconds: float = 1, sockets: int = 10
    ) -> Self:
        """Make a client; the credentials are where the SDK looks for them."""
        config = Config(
            connect_timeout=call_seconds,
            read_timeout=call_seconds,
            retries={"total_max_attempts": 1},
            max_pool_connections=sockets,
        )
        return cls(
            boto3.client("dynamodb", region_name=region, endpoint_url=endpoint, config=config)
        )

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
