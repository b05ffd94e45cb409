"""Messages, connections and what people used in two DynamoDB tables, whose keys are in `rows/`.

No Scan and no index: a page of history is one Query, and so are a room's members. All reads are
strongly consistent, because a writer must see what the writer before it stored.
"""

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.calls import left, look_up, needed, pages
from fireside.adapters.dynamodb.client import (
    ConditionFailed,
    Conflict,
    Rejected,
    RetryPolicy,
    Tables,
    Transient,
)
from fireside.adapters.dynamodb.rows import Item
from fireside.domain.message import Draft, Message, Stored, Tail, follow
from fireside.ports import Clock, Connection, Members

log = logging.getLogger(__name__)

EPOCH_SECONDS = 600
"""How long a process believes its epoch. To restore a table under its own name takes longer."""

ASK_AGAIN_SECONDS = 60
"""How long it does when AWS did not say which table it was."""

_END = 10**20  # greater than every seq
_BATCH_WRITE = 25  # rows that one call may contain, DynamoDB's limit
_SHOW_WHAT_IS_THERE = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


class DynamoStore:
    """The message store on AWS. It keeps nothing in memory but its epoch."""

    def __init__(
        self, tables: Tables, table: str, *, new_epoch: Callable[[], str], retry: RetryPolicy
    ) -> None:
        self._tables = tables
        self._table = table
        self._new_epoch = new_epoch
        self._retry = retry
        self._epoch = ""
        self._epoch_until = 0.0

    @property
    def epoch(self) -> str:
        """Return the name of this store, which is asked for again now and then."""
        now = self._retry.monotonic()
        if not self._epoch or now >= self._epoch_until:
            table_id = self._table_id()
            if table_id is not None or not self._epoch:
                self._epoch = self._retry.run(lambda: self._agree_on_epoch(table_id or ""))
            self._epoch_until = now + (ASK_AGAIN_SECONDS if table_id is None else EPOCH_SECONDS)
        return self._epoch

    def append(self, draft: Draft) -> Stored:
        """Append a message to its room's log.

        If its author used this nonce before, store nothing and return that first message.

        Raises:
            Busy: Other senders or throttling got in the way until the retry budget was used up.
        """
        tried: list[Message] = []
        return self._retry.run(lambda: self._try_to_append(draft, tried))

    def after(self, room: str, seq: int, limit: int) -> list[Message]:
        """Return the messages after `seq`, oldest first."""
        return self._log(room, "seq > :seq", seq, limit, forward=True)

    def before(self, room: str, seq: int | None, limit: int) -> list[Message]:
        """Return the messages before `seq` (or the last ones), newest first."""
        end = _END if seq is None else seq
        return self._log(room, "seq < :seq", end, limit, forward=False)

    def head(self, room: str) -> int:
        """Return the last seq of a room, 0 if it has no message."""
        return self._retry.run(lambda: self._tail(room)).seq

    # --- writing ---

    def _try_to_append(self, draft: Draft, tried: list[Message]) -> Stored:
        """Append at the current end.

        `tried` has the messages of earlier attempts: one may be stored, with only its answer lost.
        """
        message = follow(self._tail(draft.room), draft)
        tried.append(message)
        try:
            self._tables.call("TransactWriteItems", self._both_or_none(message, draft.now_ms))
        except ConditionFailed as taken:
            nonce = taken.found[1]
            if nonce is None:
                raise Conflict("another message has this seq") from taken
            first = self._first(nonce)
            return Stored(first, duplicate=first not in tried)
        return Stored(message, duplicate=False)

    def _both_or_none(self, message: Message, now_ms: int) -> dict[str, object]:
        """Return the transaction that stores a message if its seq is free and its nonce is new."""
        row = self._if_absent(rows.of_message(message))
        nonce = self._if_absent(rows.of_nonce(message, now_ms)) | _SHOW_WHAT_IS_THERE
        return {"TransactItems": [{"Put": row}, {"Put": nonce}]}

    def _first(self, nonce: Item) -> Message:
        """Return the message that a row of a nonce points to."""
        key = needed(rows.under_nonce, nonce)
        request = {"TableName": self._table, "Key": key, "ConsistentRead": True}
        return rows.message(self._tables.call("GetItem", request).get("Item", key))

    def _agree_on_epoch(self, table_id: str) -> str:
        """Store a new epoch, unless there is one of this table; return the one that is stored.

        A table that was restored from a backup has the row of the table that was backed up.
        """
        row = rows.of_epoch(self._new_epoch(), table_id)
        request = self._if_absent(row) | _SHOW_WHAT_IS_THERE
        if table_id:
            request |= rows.absent_or_of_another_table(table_id)
        try:
            self._tables.call("PutItem", request)
        except ConditionFailed as named:
            return needed(rows.epoch, named.found[0] or row)
        return rows.epoch(row)

    def _table_id(self) -> str | None:
        """Return the id of the table, which a restored one does not share.

        It is empty if it can't be known, as DynamoDB Local gives its tables none, and None if it
        can't be known now. Then no message waits: the call is not needed to read or write.
        """
        try:
            answer = self._tables.call("DescribeTable", {"TableName": self._table})
        except (Rejected, Transient) as cause:
            log.warning("%s: whether the table was restored is unknown", cause)
            return None if isinstance(cause, Transient) else ""
        return str(answer["Table"].get("TableId", ""))

    def _if_absent(self, row: Item) -> dict[str, object]:
        return {"TableName": self._table, "Item": row, "ConditionExpression": rows.ABSENT}

    # --- reading ---

    def _tail(self, room: str) -> Tail:
        for message in self._query(room, "seq < :seq", _END, 1, forward=False):
            return Tail(message.seq, message.timestamp_ms)
        return Tail()

    def _log(self, room: str, where: str, seq: int, limit: int, *, forward: bool) -> list[Message]:
        return self._retry.run(lambda: list(self._query(room, where, seq, limit, forward=forward)))

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
        found = itertools.islice(pages(self._tables, request), limit)
        return (rows.message(row) for row in found)


class DynamoRegistry:
    """The registry of open connections on AWS.

    A connection has a row of its own and one for each of its rooms. They are written one after
    the other, each with retries. `add` writes the rows of the rooms first, and `remove` deletes
    them first, so that a connection with a row of its own is in all its rooms. `expect` writes
    the connection's own row first: if the handshake is refused in the end, no `$disconnect` comes,
    and only with that row can `forget` find the rows of the rooms.
    """

    def __init__(self, tables: Tables, table: str, *, clock: Clock, retry: RetryPolicy) -> None:
        self._tables = tables
        self._table = table
        self._clock = clock
        self._retry = retry

    def expect(self, connection: Connection) -> None:
        """Store a connection whose handshake is not over.

        If that fails half-way, the connection is in no room, or `forget` can still delete it.
        """
        self._retry.run(lambda: self._announce(connection))

    def add(self, connection: Connection) -> None:
        """Store a connection, and replace what was stored of it."""
        self._retry.run(lambda: self._replace(connection))

    def get(self, connection_id: str) -> Connection | None:
        known = self._retry.run(lambda: self._known([connection_id]))
        return known[0] if known else None

    def in_room(self, room: str) -> Members:
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": rows.text(rows.room_key(room))},
            "ConsistentRead": True,
        }
        found = self._retry.run(lambda: list(pages(self._tables, request)))
        return Members.of(self._open(found))

    def remove(self, connection_id: str) -> None:
        """Delete a connection; does nothing if it is not stored."""
        self._retry.run(lambda: self._drop(self._known([connection_id])))

    def forget(self, connection_ids: Iterable[str], older_than_ms: int) -> None:
        """Delete those of the connections that were opened before `older_than_ms`."""
        ids = sorted(set(connection_ids))
        self._retry.run(lambda: self._drop(self._older(ids, older_than_ms)))

    # --- steps that are safe to repeat ---

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

    # --- batches, of which DynamoDB may do only a part ---

    def _known(self, connection_ids: Sequence[str]) -> list[Connection]:
        keys = [rows.connection_key(connection_id) for connection_id in connection_ids]
        return list(self._open(look_up(self._tables, self._table, keys)))

    def _write(self, requests: Sequence[Mapping[str, object]]) -> None:
        waiting = list(requests)
        while waiting:
            batch, waiting = waiting[:_BATCH_WRITE], waiting[_BATCH_WRITE:]
            answer = self._tables.call("BatchWriteItem", {"RequestItems": {self._table: batch}})
            waiting += left(answer["UnprocessedItems"].get(self._table), batch)

    def _open(self, found: Iterable[Item]) -> Iterator[Connection]:
        now_seconds = self._clock() // 1_000
        connections = (rows.connection(row, now_seconds) for row in found)
        return (connection for connection in connections if connection)


class DynamoSpending:
    """What each person has used, on AWS; a call whose answer is lost may count twice."""

    def __init__(self, tables: Tables, table: str, *, retry: RetryPolicy) -> None:
        self._tables = tables
        self._table = table
        self._retry = retry

    def spend(self, user_id: str, hour: int, messages: int) -> int:
        """Add messages to what a person used in an hour since 1970; return all of it."""
        key = rows.spending_key(user_id, hour)
        request = {"TableName": self._table, "Key": key, **rows.spend(hour, messages)}
        answer = self._retry.run(lambda: self._tables.call("UpdateItem", request))
        return int(answer["Attributes"]["used"]["N"])


def _joins(connection: Connection) -> list[dict[str, object]]:
    return [_put(rows.of_member(connection, room)) for room in sorted(set(connection.rooms))]


def _put(row: Item) -> dict[str, object]:
    return {"PutRequest": {"Item": row}}


def _delete(key: Item) -> dict[str, object]:
    return {"DeleteRequest": {"Key": key}}
