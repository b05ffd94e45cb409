"""A DynamoDB client over boto3, the alternative to `http.py`; it adds 200 ms to a cold start."""

from collections.abc import Mapping
from typing import Self

from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004 - the SDK's own

from fireside.adapters.dynamodb.client import Answer, Operation, Rejected, Transient, failure
from fireside.adapters.http.boto import SOCKETS, client

_VERBS: Mapping[Operation, str] = {
    "BatchGetItem": "batch_get_item",
    "BatchWriteItem": "batch_write_item",
    "CreateTable": "create_table",
    "DescribeTable": "describe_table",
    "GetItem": "get_item",
    "PutItem": "put_item",
    "Query": "query",
    "TransactWriteItems": "transact_write_items",
    "UpdateItem": "update_item",
}


class BotoTables:
    """DynamoDB through the SDK, configured for one attempt: `RetryPolicy` does the retries."""

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
        """Return an instance with a new client; the SDK finds the credentials by itself."""
        return cls(client("dynamodb", region, endpoint, call_seconds, sockets))

    def call(self, operation: Operation, request: Mapping[str, object]) -> Answer:
        """Call DynamoDB once, and return its answer."""
        try:
            answer: Answer = getattr(self._client, _VERBS[operation])(**request)
        except ClientError as cause:
            status = cause.response["ResponseMetadata"]["HTTPStatusCode"]
            raise failure(cause.response["Error"]["Code"], status, cause.response) from cause
        except (HTTPClientError, ConnectionError) as cause:
            raise Transient(type(cause).__name__) from cause
        except BotoCoreError as cause:
            raise Rejected(type(cause).__name__) from cause
        return answer
