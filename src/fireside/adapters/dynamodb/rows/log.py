"""The rows of the table of messages, and conversions from and to `Message`."""

# ruff: noqa: D103 - a name like `of_nonce` needs no docstring

from fireside.adapters.dynamodb.rows.values import (
    ABSENT,
    VERSION,
    Item,
    number,
    require_known_form,
    room_key,
    table,
    text,
)
from fireside.domain.message import Message, message_id

NONCE_SECONDS = 48 * 60 * 60
"""Seconds until a nonce expires, two days: clients may rely on one."""


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
    if message.reply_to is not None:
        row["re"] = text(message.reply_to)
    if message.is_unclaimed:
        row["free"] = number(1)
    return row


def message(row: Item) -> Message:
    """Return the message of a row, or a placeholder if it is damaged: a log must have no gaps."""
    room, seq = row["pk"]["S"].removeprefix(room_key("")), int(row["seq"]["N"])
    try:
        require_known_form(row)
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
            is_unclaimed="free" in row,
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
    require_known_form(row)
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
    require_known_form(row)
    return row["epoch"]["S"]


def messages_table(name: str) -> dict[str, object]:
    """Return the CreateTable request for messages, for a rehearsal; Terraform does it on AWS."""
    return table(name, "seq", "N")
