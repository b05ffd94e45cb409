"""The tables of a rehearsal, from outside: rooms get a past there, and lose it."""

import itertools
import time
from collections.abc import Iterable
from pathlib import Path

import boto3

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.http import DynamoDbApi
from fireside.adapters.http.sigv4 import Credentials
from fireside.cloud.rehearse.unpacked import CONNECTIONS, MESSAGES, PEOPLE
from fireside.domain.message import Draft, Tail, follow
from fireside.domain.names import LOBBY
from localgateway.machine.events import REGION

ROOM = rows.text(rows.room_key(LOBBY))
BATCH = 25  # rows that one call may write
LEAVE_SECONDS = 20
_NUMBERS = itertools.count(1)


class Tables:
    """The tables that one access key has in DynamoDB Local."""

    def __init__(self, address: str) -> None:
        self._key = f"REHEARSED{next(_NUMBERS)}"
        self._address = address
        self._client = DynamoDbApi(
            address, REGION, Credentials(self._key, "secret"), call_seconds=20
        )
        self._sdk = boto3.client(
            "dynamodb",
            region_name=REGION,
            endpoint_url=address,
            aws_access_key_id=self._key,
            aws_secret_access_key="secret",
        )

    @property
    def program(self) -> tuple[str, ...]:
        """Give what runs `fireside rehearse` over these tables."""
        return (str(Path(__file__).with_name("shared_dynamodb.py")), self._address, self._key)

    def keep(self, drafts: Iterable[Draft]) -> None:
        """Keep a past. Its nonces are left out, as they would be forgotten by now."""
        tail, puts = Tail(), []
        for draft in drafts:
            message = follow(tail, draft)
            tail = Tail(message.seq, message.timestamp_ms)
            puts.append({"PutRequest": {"Item": rows.of_message(message)}})
        self._write(puts)

    def forget(self) -> None:
        """Empty the room, once everybody has left: what they still said is gone too.

        So is who they were: the next test's Ada is another one.

        A connection that is there after all does no harm: the next message to it answers 410.
        """
        until = time.monotonic() + LEAVE_SECONDS
        while self._in_room(CONNECTIONS, "sk") and time.monotonic() < until:
            time.sleep(0.02)
        while keys := self._in_room(MESSAGES, "seq"):
            self._write([{"DeleteRequest": {"Key": key}} for key in keys])
            time.sleep(0.1)  # for what was being said when its writer left
        self._write([{"DeleteRequest": {"Key": key}} for key in self._people()], PEOPLE)

    def close(self) -> None:
        self._client.close()

    def _in_room(self, table: str, sort_key: str) -> list[rows.Item]:
        answer = self._client.call(
            "Query",
            {
                "TableName": table,
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": ROOM},
                "ProjectionExpression": f"pk, {sort_key}",
                "ConsistentRead": True,
            },
        )
        assert "LastEvaluatedKey" not in answer, "a test says less than a megabyte"
        return answer["Items"]

    def _people(self) -> list[rows.Item]:
        """Return the keys of all rows about people, which only a test asks for: by a Scan."""
        answer = self._sdk.scan(TableName=PEOPLE, ProjectionExpression="pk, sk")
        assert "LastEvaluatedKey" not in answer, "a test knows less than a megabyte of people"
        return list(answer["Items"])

    def _write(self, requests: list[dict[str, object]], table: str = MESSAGES) -> None:
        for batch in _batches(requests):
            answer = self._client.call("BatchWriteItem", {"RequestItems": {table: batch}})
            assert not answer["UnprocessedItems"]


def _batches(requests: list[dict[str, object]]) -> Iterable[list[dict[str, object]]]:
    return (requests[at : at + BATCH] for at in range(0, len(requests), BATCH))
