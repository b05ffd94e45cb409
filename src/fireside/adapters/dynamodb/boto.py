"""DynamoDB over boto3, the alternative to `http.py`. Slow to import: a cold start pays 200 ms."""

from collections.abc import Mapping
from typing import Self

from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004 - the SDK's own

from fireside.adapters.dynamodb.client import Answer, Operation, Passing, Refused, failure
from fireside.adapters.http.boto import SOCKETS, client

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
        sockets: int = SOCKETS,
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
