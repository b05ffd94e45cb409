"""Calls that DynamoDB may do only in part: pages of a Query, and batches."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from fireside.adapters.dynamodb.client import Rejected, Tables, Transient
from fireside.adapters.dynamodb.rows import Item

_BATCH_GET = 100  # rows that one call may contain, DynamoDB's limit

_Request = TypeVar("_Request")
_Result = TypeVar("_Result")


def pages(tables: Tables, request: Mapping[str, object]) -> Iterator[Item]:
    """Return the rows of a Query, page by page: DynamoDB ends a page after 1 MB."""
    answer = tables.call("Query", request)
    yield from answer["Items"]
    while "LastEvaluatedKey" in answer:
        answer = tables.call("Query", {**request, "ExclusiveStartKey": answer["LastEvaluatedKey"]})
        yield from answer["Items"]


def look_up(tables: Tables, table: str, keys: Sequence[Item]) -> list[Item]:
    """Return those of the rows that exist, in any order."""
    waiting, found = list(keys), list[Item]()
    while waiting:
        batch, waiting = waiting[:_BATCH_GET], waiting[_BATCH_GET:]
        wanted = {"RequestItems": {table: {"Keys": batch, "ConsistentRead": True}}}
        answer = tables.call("BatchGetItem", wanted)
        found += answer["Responses"].get(table, [])
        waiting += left(answer["UnprocessedKeys"].get(table, {}).get("Keys"), batch)
    return found


def left(left: list[_Request] | None, batch: Sequence[_Request]) -> list[_Request]:
    """Return the requests that a batch did not do.

    Raises:
        Transient: It did none.
    """
    if left and len(left) == len(batch):
        raise Transient("no request of the batch was done")
    return left or []


def needed(read: Callable[[Item], _Result], row: Item) -> _Result:
    """Return what `read` makes of a row.

    Raises:
        Rejected: The row is damaged, or has a newer format than this code knows.
    """
    try:
        return read(row)
    except (KeyError, TypeError, ValueError) as cause:
        raise Rejected("the row was written by a newer release, or is damaged") from cause
