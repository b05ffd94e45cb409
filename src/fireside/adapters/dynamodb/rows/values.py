"""What all rows share: values, the version of their format, and a table's definition."""

# ruff: noqa: D103 - a name like `room_key` needs no docstring

VERSION = 1

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


def require_known_form(row: Item) -> None:
    """Raise `ValueError` if a row has a newer format."""
    if int(row["v"]["N"]) > VERSION:
        raise ValueError("a newer format")


def table(name: str, sort_key: str, kind: str) -> dict[str, object]:
    """Return a CreateTable request."""
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
