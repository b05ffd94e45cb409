"""The rows of the two DynamoDB tables, and conversions from and to `Message` and `Connection`.

    messages      pk                  seq     contains
                  room#general        1, 2 …  a message of the room's log
                  nonce#ann#6f1c…     0       the key of the message with this nonce; has a ttl
                  epoch               0       the name of this store, and the id of its table

    connections   pk                  sk      contains
                  connection#L0SM…    -       a connection and its rooms; has a ttl
                  room#general        L0SM…   the same connection, as a member of the room
                  person#ann          495812  what a person used in an hour since 1970; has a ttl

Attribute names are short because AWS bills every byte: a member of a room stays below 100 bytes.
`v` in every row is the version of its format. A newer version of the code may add attributes; if
it changes what an attribute means, it raises `v`. Code that reads a row with a higher `v` than it
knows shows a message as damaged, ignores a connection, and raises for any other row.
"""

# ruff: noqa: D103 - a name like `member_key` needs no docstring

from fireside.domain.message import Message, message_id
from fireside.ports import Connection

VERSION = 1

NONCE_SECONDS = 48 * 60 * 60
"""Seconds until a nonce expires, two days: clients may rely on one."""

CONNECTION_SECONDS = 2 * 60 * 60 + 10 * 60
"""Seconds until a row of a connection expires. API Gateway closes a connection after two hours."""

ABSENT = "attribute_not_exists(pk)"

Value = dict[str, str]
"""A text `{"S": ...}` or a number `{"N": ...}`; the rows contain no other type."""

Item = dict[str, Value]
"""A row, or its key."""


def text(value: str) -> Value:
    return {"S": value}


def number(value: int) -> Value:
    return {"N": str(value)}


def room_key(room: str) -> str:
    return f"room#{room}"


# --- the table of messages ---


def of_message(message: Message) -> Item:
    row = {
        "pk": text(room_key(message.room)),
        "seq": number(message.seq),
        "v": number(VERSION),
        "id": text(message.message_id),
        "ts": number(message.timestamp_ms),
        "uid": text(message.user_id),
        "name": text(message.username),
        "text": text(message.text),
        "nonce": text(message.nonce),
    }
    return row if message.reply_to is None else row | {"re": text(message.reply_to)}


def message(row: Item) -> Message:
    """Return the message of a row, or a placeholder if it is damaged: a log must have no gaps."""
    room, seq = row["pk"]["S"].removeprefix(room_key("")), int(row["seq"]["N"])
    try:
        _require_known_form(row)
        return Message(
            room,
            seq,
            row["id"]["S"],
            int(row["ts"]["N"]),
            row["uid"]["S"],
            row["name"]["S"],
            row["text"]["S"],
            row["nonce"]["S"],
            row["re"]["S"] if "re" in row else None,
        )
    except (KeyError, ValueError):
        return Message(room, seq, message_id(0, seq, 0), 0, "", "?", "\ufffd", "", None)


def of_nonce(message: Message, now_ms: int) -> Item:
    return {
        "pk": text(f"nonce#{message.user_id}#{message.nonce}"),
        "seq": number(0),
        "v": number(VERSION),
        "log": text(room_key(message.room)),
        "at": number(message.seq),
        "ttl": number(now_ms // 1_000 + NONCE_SECONDS),
    }


def under_nonce(row: Item) -> Item:
    """Return the key of the message that a row of a nonce points to.

    Raises:
        ValueError: The row has a newer format.
    """
    _require_known_form(row)
    return {"pk": row["log"], "seq": row["at"]}


def of_epoch(epoch: str, table_id: str) -> Item:
    return {
        "pk": text("epoch"),
        "seq": number(0),
        "v": number(VERSION),
        "epoch": text(epoch),
        "table": text(table_id),
    }


def absent_or_of_another_table(table_id: str) -> dict[str, object]:
    """Return the condition for a new epoch, as fields of a request."""
    return {
        "ConditionExpression": f"{ABSENT} OR #table <> :table",
        "ExpressionAttributeNames": {"#table": "table"},
        "ExpressionAttributeValues": {":table": text(table_id)},
    }


def epoch(row: Item) -> str:
    """Return the epoch, the store's name.

    Raises:
        ValueError: The row has a newer format.
    """
    _require_known_form(row)
    return row["epoch"]["S"]


# --- the table of connections ---


def connection_key(connection_id: str) -> Item:
    return {"pk": text(f"connection#{connection_id}"), "sk": text("-")}


def member_key(connection: Connection, room: str) -> Item:
    return {"pk": text(room_key(room)), "sk": text(connection.connection_id)}


def of_connection(connection: Connection) -> Item:
    return connection_key(connection.connection_id) | _facts(connection)


def of_member(connection: Connection, room: str) -> Item:
    return member_key(connection, room) | _facts(connection)


def connection(row: Item, now_seconds: int) -> Connection | None:
    """Return the connection of either of its rows, or None if that is damaged or has expired.

    DynamoDB deletes expired rows late, so they may still be read.
    """
    try:
        _require_known_form(row)
        if int(row["ttl"]["N"]) <= now_seconds:
            return None
        return Connection(
            _connection_id(row),
            row["uid"]["S"],
            row["name"]["S"],
            tuple(row["rooms"]["S"].split(_BETWEEN_ROOMS)) if row["rooms"]["S"] else (),
            int(row["at"]["N"]),
            row["hi"]["N"] == "1",
        )
    except (KeyError, ValueError):
        return None


def _connection_id(row: Item) -> str:
    is_member = row["pk"]["S"].startswith(room_key(""))
    return row["sk"]["S"] if is_member else row["pk"]["S"].removeprefix("connection#")


_BETWEEN_ROOMS = "\n"  # no room has it in its name


def _facts(connection: Connection) -> Item:
    return {
        "v": number(VERSION),
        "uid": text(connection.user_id),
        "name": text(connection.username),
        "rooms": text(_BETWEEN_ROOMS.join(connection.rooms)),
        "at": number(connection.connected_at_ms),
        "hi": number(int(connection.said_hello)),
        "ttl": number(connection.connected_at_ms // 1_000 + CONNECTION_SECONDS),
    }


def spending_key(user_id: str, hour: int) -> Item:
    return {"pk": text(f"person#{user_id}"), "sk": text(str(hour))}


def spend(hour: int, messages: int) -> dict[str, object]:
    """Return what is added to a person's row, as fields of a request that answers with the sum."""
    return {
        "UpdateExpression": "SET v = :v, #ttl = :ttl ADD used :used",
        "ExpressionAttributeNames": {"#ttl": "ttl"},
        "ExpressionAttributeValues": {
            ":v": number(VERSION),
            ":ttl": number((hour + 2) * 3_600),
            ":used": number(messages),
        },
        "ReturnValues": "UPDATED_NEW",
    }


# --- both ---


def _require_known_form(row: Item) -> None:
    if int(row["v"]["N"]) > VERSION:
        raise ValueError("a newer format")


def messages_table(name: str) -> dict[str, object]:
    """Return the CreateTable request for messages, for a rehearsal; Terraform does it on AWS."""
    return _table(name, "seq", "N")


def connections_table(name: str) -> dict[str, object]:
    """Return the CreateTable request for connections."""
    return _table(name, "sk", "S")


def _table(name: str, sort_key: str, kind: str) -> dict[str, object]:
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": sort_key, "AttributeType": kind},
        ],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": sort_key, "KeyType": "RANGE"},
        ],
    }
