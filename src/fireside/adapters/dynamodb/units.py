"""The units DynamoDB bills for a call, computed from its rows: reads per 4 KB, writes per 1 KB.

DynamoDB Local 3 reports too little: 2 units for a transaction that AWS bills as 4.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fireside.adapters.dynamodb.client import Answer, ConditionFailed, Operation, Tables
from fireside.adapters.dynamodb.rows import Item

READ_UNIT_BYTES, WRITE_UNIT_BYTES = 4_096, 1_024
_TRANSACTION = 2  # each write of a transaction is billed twice: prepared, then committed


def size(row: Item) -> int:
    """Return a row's size in bytes as DynamoDB counts: names, texts, half a byte for a digit."""
    return sum(len(name) + _value_size(*pair) for name, at in row.items() for pair in at.items())


def _value_size(kind: str, value: str) -> int:
    return len(value.encode()) if kind == "S" else (len(value) + 1) // 2 + 1


def written(operation: Operation, request: Mapping[str, Any]) -> int:
    """Return the write units of a call; a deleted row is one unit, as such rows are below 1 KB."""
    match operation:
        case "PutItem":
            return _steps(size(request["Item"]), WRITE_UNIT_BYTES)
        case "TransactWriteItems":
            puts = [one["Put"]["Item"] for one in request["TransactItems"]]
            return _TRANSACTION * sum(_steps(size(row), WRITE_UNIT_BYTES) for row in puts)
        case "UpdateItem":
            return 1  # only counts are updated, in rows below 1 KB
        case "BatchWriteItem":
            asked = [one for several in request["RequestItems"].values() for one in several]
            puts = [one["PutRequest"]["Item"] for one in asked if "PutRequest" in one]
            deleted = len(asked) - len(puts)
            return deleted + sum(_steps(size(row), WRITE_UNIT_BYTES) for row in puts)
        case _:
            return 0


def read(operation: Operation, request: Mapping[str, Any], answer: Answer) -> int:
    """Return the read units of a consistent read; a row that does not exist costs one."""
    match operation:
        case "Query":
            return _steps(sum(size(row) for row in answer["Items"]), READ_UNIT_BYTES)
        case "GetItem":
            return _steps(size(answer.get("Item", {})), READ_UNIT_BYTES)
        case "BatchGetItem":
            keys = sum(len(asked["Keys"]) for asked in request["RequestItems"].values())
            found = [row for several in answer["Responses"].values() for row in several]
            return keys - len(found) + sum(_steps(size(row), READ_UNIT_BYTES) for row in found)
        case _:
            return 0


def _steps(bytes_: int, step: int) -> int:
    return max(1, math.ceil(bytes_ / step))


@dataclass(slots=True)
class MeteredTables:
    """A DynamoDB client that counts billed units; a write whose condition fails is billed too."""

    tables: Tables
    calls: int = 0
    read_units: int = 0
    write_units: int = 0

    def call(self, operation: Operation, request: Mapping[str, object]) -> Answer:
        """Call DynamoDB once, and count the units."""
        self.calls += 1
        try:
            answer = self.tables.call(operation, request)
        except ConditionFailed:
            self.write_units += written(operation, request)
            raise
        self.write_units += written(operation, request)
        self.read_units += read(operation, request, answer)
        return answer
