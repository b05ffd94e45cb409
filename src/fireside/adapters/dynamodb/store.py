"""Messages and connections in two DynamoDB tables, whose keys are in `rows.py`.

No Scan, no index: history is one Query, and so are a room's members. All reads are consistent,
as whoever comes second must see what the first one wrote.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.client import (
    ConditionFailed,
    Conflict,
    Passing,
    Patience,
    Refused,
    Tables,
)
from fireside.adapters.dynamodb.rows import Item
from fireside.domain.message import Draft, Kept, Message, Tail, follow
from fireside.ports import Clock, Connection, Members

_END = 10**20  # behind every seq
_BATCH_GET, _BATCH_WRITE = 100, 25  # rows that one call may name
_SHOW_WHAT_IS_THERE = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}

_Request = TypeVar("_Request")
_Result = TypeVar("_Result")


class DynamoStore:
    """The message store in the cloud. It keeps nothing in memory but its own name."""

    def __init__(
        self, tables: Tables, table: str, *, new_epoch: Callable[[], str], patience: Patience
    ) -> None:
        self._tables = tables
        self._table = table
        self._new_epoch = new_epoch
        self._patience = patience
        self._epoch = ""

    @property
    def epoch(self) -> str:
        """Name this store. A restored table has another name, and so a process of its own."""
        if not self._epoch:
            self._epoch = self._patience.persist(self._agree_on_epoch)
        return self._epoch

    def append(self, draft: Draft) -> Kept:
        """Keep a message behind the tail; under a nonce its author used, return the first.

        Raises:
            Busy: Others were quicker again and again, or DynamoDB was.
        """
        tried: list[Message] = []
        return self._patience.persist(lambda: self._try_to_append(draft, tried))

    def after(self, room: str, seq: int, limit: int) -> list[Message]:
        """Return what follows `seq`, oldest first."""
        return self._log(room, "seq > :seq", seq, limit, forward=True)

    def before(self, room: str, seq: int | None, limit: int) -> list[Message]:
        """Return what precedes `seq` (or the end), newest first."""
        end = _END if seq is None else seq
        return self._log(room, "seq < :seq", end, limit, forward=False)

    def head(self, room: str) -> int:
        """Return the last seq of a room, 0 when nothing was said."""
        return self._patience.persist(lambda: self._tail(room)).seq

    # --- writing ---

    def _try_to_append(self, draft: Draft, tried: list[Message]) -> Kept:
        """Append behind the tail as it is now; what was tried may be there, its answer lost."""
        message = follow(self._tail(draft.room), draft)
        tried.append(message)
        try:
            self._tables.call("TransactWriteItems", self._both_or_none(message, draft.now_ms))
        except ConditionFailed as taken:
            nonce = taken.found[1]
            if nonce is None:
                raise Conflict("another message got this seq") from taken
            first = self._first(nonce)
            return Kept(first, duplicate=first not in tried)
        return Kept(message, duplicate=False)

    def _both_or_none(self, message: Message, now_ms: int) -> dict[str, object]:
        """Write the message if its seq is free, and its nonce if that is new."""
        row = self._if_absent(rows.of_message(message))
        nonce = self._if_absent(rows.of_nonce(message, now_ms)) | _SHOW_WHAT_IS_THERE
        return {"TransactItems": [{"Put": row}, {"Put": nonce}]}

    def _first(self, nonce: Item) -> Message:
        """Read the message that a nonce leads to."""
        key = _needed(rows.under_nonce, nonce)
        request = {"TableName": self._table, "Key": key, "ConsistentRead": True}
        return rows.message(self._tables.call("GetItem", request).get("Item", key))

    def _agree_on_epoch(self) -> str:
        """Name the store, unless somebody has: then that is its name."""
        row = rows.of_epoch(self._new_epoch())
        try:
            self._tables.call("PutItem", self._if_absent(row) | _SHOW_WHAT_IS_THERE)
        except ConditionFailed as named:
            return _needed(rows.epoch, named.found[0] or row)
        return rows.epoch(row)

    def _if_absent(self, row: Item) -> dict[str, object]:
        return {"TableName": self._table, "Item": row, "ConditionExpression": rows.ABSENT}

    # --- reading ---

    def _tail(self, room: str) -> Tail:
        for message in self._query(room, "seq < :seq", _END, 1, forward=False):
            return Tail(message.seq, message.timestamp_ms)
        return Tail()

    def _log(self, room: str, where: str, seq: int, limit: int, *, forward: bool) -> list[Message]:
        return self._patience.persist(
            lambda: list(self._query(room, where, seq, limit, forward=forward))
        )

    def _query(
        self, room: str, where: str, seq: int, limit: int, *, forward: bool
    ) -> Iterator[Message]:
        request = {
            "TableName": self._table,
            "KeyConditionExpression": f"pk = :pk AND {where}",
            "ExpressionAttributeValues": {
                ":pk": rows.text(rows.room_key(room)),
                ":seq": rows.number(seq),
            },
            "ScanIndexForward": forward,
            "Limit": limit,
            "ConsistentRead": True,
        }
        found = itertools.islice(_pages(self._tables, request), limit)
        return (rows.message(row) for row in found)


class DynamoRegistry:
    """The open connections in the cloud.

    Its rows are written one after the other, each of them as often as need be: a connection is
    known only once its rooms know it, and is forgotten only once they have forgotten it. One that
    is expected is written the other way round: who is refused in the end is never said to leave,
    and would be posted to in each room that knows it.
    """

    def __init__(self, tables: Tables, table: str, *, clock: Clock, patience: Patience) -> None:
        self._tables = tables
        self._table = table
        self._clock = clock
        self._patience = patience

    def expect(self, connection: Connection) -> None:
        """Store a connection whose handshake is not over.

        If that fails, it is in no room, or a post that finds it gone can forget it.
        """
        self._patience.persist(lambda: self._announce(connection))

    def add(self, connection: Connection) -> None:
        """Store a connection, in place of what was known of it."""
        self._patience.persist(lambda: self._replace(connection))

    def get(self, connection_id: str) -> Connection | None:
        known = self._patience.persist(lambda: self._known([connection_id]))
        return known[0] if known else None

    def in_room(self, room: str) -> Members:
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": rows.text(rows.room_key(room))},
            "ConsistentRead": True,
        }
        found = self._patience.persist(lambda: list(_pages(self._tables, request)))
        return Members.of(self._open(found))

    def remove(self, connection_id: str) -> None:
        """Drop a connection; that it was dropped before is normal."""
        self._patience.persist(lambda: self._drop(self._known([connection_id])))

    def forget(self, connection_ids: Iterable[str], older_than_ms: int) -> None:
        """Drop those of the connections that were made before `older_than_ms`."""
        ids = sorted(set(connection_ids))
        self._patience.persist(lambda: self._drop(self._older(ids, older_than_ms)))

    # --- steps that can be taken twice ---

    def _announce(self, connection: Connection) -> None:
        self._write([_put(rows.of_connection(connection))])
        self._write(_joins(connection))

    def _replace(self, connection: Connection) -> None:
        known = self._known([connection.connection_id])
        left = {room for one in known for room in one.rooms}.difference(connection.rooms)
        self._write([_delete(rows.member_key(connection, room)) for room in sorted(left)])
        self._write(_joins(connection))
        self._write([_put(rows.of_connection(connection))])

    def _drop(self, connections: Sequence[Connection]) -> None:
        members = [rows.member_key(one, room) for one in connections for room in set(one.rooms)]
        self._write([_delete(key) for key in members])
        self._write([_delete(rows.connection_key(one.connection_id)) for one in connections])

    def _older(self, connection_ids: Sequence[str], than_ms: int) -> list[Connection]:
        return [one for one in self._known(connection_ids) if one.connected_at_ms < than_ms]

    # --- DynamoDB's batches, which may be done in part ---

    def _known(self, connection_ids: Sequence[str]) -> list[Connection]:
        keys = [rows.connection_key(connection_id) for connection_id in connection_ids]
        found: list[Item] = []
        while keys:
            batch, keys = keys[:_BATCH_GET], keys[_BATCH_GET:]
            wanted = {"RequestItems": {self._table: {"Keys": batch, "ConsistentRead": True}}}
            answer = self._tables.call("BatchGetItem", wanted)
            found += answer["Responses"].get(self._table, [])
            keys += _left(answer["UnprocessedKeys"].get(self._table, {}).get("Keys"), batch)
        return list(self._open(found))

    def _write(self, requests: Sequence[Mapping[str, object]]) -> None:
        waiting = list(requests)
        while waiting:
            batch, waiting = waiting[:_BATCH_WRITE], waiting[_BATCH_WRITE:]
            answer = self._tables.call("BatchWriteItem", {"RequestItems": {self._table: batch}})
            waiting += _left(answer["UnprocessedItems"].get(self._table), batch)

    def _open(self, found: Iterable[Item]) -> Iterator[Connection]:
        now_seconds = self._clock() // 1_000
        connections = (rows.connection(row, now_seconds) for row in found)
        return (connection for connection in connections if connection)


def _pages(tables: Tables, request: Mapping[str, object]) -> Iterator[Item]:
    """Query page by page: DynamoDB ends a page after a megabyte."""
    answer = tables.call("Query", request)
    yield from answer["Items"]
    while "LastEvaluatedKey" in answer:
        answer = tables.call("Query", {**request, "ExclusiveStartKey": answer["LastEvaluatedKey"]})
        yield from answer["Items"]


def _needed(read: Callable[[Item], _Result], row: Item) -> _Result:
    """Read a row that we can't do without."""
    try:
        return read(row)
    except ValueError as cause:
        raise Refused("a row of a later release") from cause


def _joins(connection: Connection) -> list[dict[str, object]]:
    return [_put(rows.of_member(connection, room)) for room in sorted(set(connection.rooms))]


def _put(row: Item) -> dict[str, object]:
    return {"PutRequest": {"Item": row}}


def _delete(key: Item) -> dict[str, object]:
    return {"DeleteRequest": {"Key": key}}


def _left(left: list[_Request] | None, batch: Sequence[_Request]) -> list[_Request]:
    """Return what a batch left undone, if it did anything at all."""
    if left and len(left) == len(batch):
        raise Passing("nothing of a batch was done")
    return left or []
