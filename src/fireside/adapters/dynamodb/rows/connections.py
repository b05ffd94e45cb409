"""The rows of the table of connections, and conversions from and to `Connection`."""

# ruff: noqa: D103 - a name like `member_key` needs no docstring

from fireside.adapters.dynamodb.rows.values import (
    VERSION,
    Item,
    number,
    require_known_form,
    room_key,
    table,
    text,
)
from fireside.ports import Connection

CONNECTION_SECONDS = 2 * 60 * 60 + 10 * 60
"""Seconds until a row of a connection expires. API Gateway closes a connection after two hours."""


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
        require_known_form(row)
        if int(row["ttl"]["N"]) <= now_seconds:
            return None
        return Connection(
            _connection_id(row),
            row["uid"]["S"],
            row["name"]["S"],
            tuple(row["rooms"]["S"].split(_BETWEEN_ROOMS)) if row["rooms"]["S"] else (),
            int(row["at"]["N"]),
            row["hi"]["N"] == "1",
            row.get("device", text(""))["S"],
        )
    except (KeyError, ValueError):
        return None


def _connection_id(row: Item) -> str:
    is_member = row["pk"]["S"].startswith(room_key(""))
    return row["sk"]["S"] if is_member else row["pk"]["S"].removeprefix("connection#")


_BETWEEN_ROOMS = "\n"  # no room has it in its name


def _facts(connection: Connection) -> Item:
    row = {
        "v": number(VERSION),
        "uid": text(connection.user_id),
        "name": text(connection.username),
        "rooms": text(_BETWEEN_ROOMS.join(connection.rooms)),
        "at": number(connection.connected_at_ms),
        "hi": number(int(connection.said_hello)),
        "ttl": number(connection.connected_at_ms // 1_000 + CONNECTION_SECONDS),
    }
    return row | {"device": text(connection.device)} if connection.device else row


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


def connections_table(name: str) -> dict[str, object]:
    """Return the CreateTable request for connections."""
    return table(name, "sk", "S")
