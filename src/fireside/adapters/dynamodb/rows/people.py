"""The rows of the table of people, and conversions from and to `Person`, `Holder`, `AuditEntry`.

Lists are JSON in a text: a person's devices are only ever read and written together.
"""

# ruff: noqa: D103 - a name like `person_key` needs no docstring

import json
from collections.abc import Iterable

from fireside.adapters.dynamodb.rows.values import (
    ABSENT,
    VERSION,
    Item,
    number,
    require_known_form,
    table,
    text,
)
from fireside.domain.person import (
    ROLES,
    AuditEntry,
    Device,
    DeviceLink,
    Holder,
    Person,
)

AUDIT_SECONDS = 365 * 24 * 60 * 60
"""Seconds until an entry of the audit trail expires, a year."""

AUDIT, FORGOTTEN = "audit", "forgotten"
"""Partitions: one row for each entry, and one for each person who asked to be forgotten."""


def person_key(user_id: str) -> Item:
    return {"pk": text(f"person#{user_id}"), "sk": text("-")}


def name_key(key: str) -> Item:
    return {"pk": text(f"name#{key}"), "sk": text("-")}


def of_person(person: Person) -> Item:
    """Return a person's row; what is empty is left out."""
    row = person_key(person.user_id) | {
        "v": number(VERSION),
        "rev": number(person.revision),
        "name": text(person.username),
        "role": text(person.role),
        "devices": _listed(
            (one.device_id, one.label, one.added_ms, one.last_day) for one in person.devices
        ),
    }
    optional = {
        "code": text(person.recovery) if person.recovery else None,
        "code_at": number(person.recovery_ms) if person.recovery_ms else None,
        "links": _listed((one.hash, one.until_ms, one.device_id) for one in person.links)
        if person.links
        else None,
        "banned": number(1) if person.is_banned else None,
        "muted": number(person.muted_until_ms) if person.muted_until_ms else None,
        "gone": number(1) if person.is_forgotten else None,
    }
    return row | {name: value for name, value in optional.items() if value is not None}


def person(row: Item) -> Person:
    """Return the person of a row.

    Raises:
        KeyError: The row is damaged.
        ValueError: It is, or has a newer format.
    """
    require_known_form(row)
    [role] = [role for role in ROLES if role == row["role"]["S"]]
    return Person(
        row["pk"]["S"].removeprefix("person#"),
        row["name"]["S"],
        role,
        tuple(Device(*each) for each in json.loads(row["devices"]["S"])),
        row.get("code", text(""))["S"],
        int(row.get("code_at", _NONE)["N"]),
        tuple(DeviceLink(*each) for each in json.loads(row.get("links", text("[]"))["S"])),
        is_banned="banned" in row,
        muted_until_ms=int(row.get("muted", _NONE)["N"]),
        is_forgotten="gone" in row,
        revision=int(row["rev"]["N"]),
    )


def as_found(person: Person | None) -> dict[str, object]:
    """Return the condition that a person is stored as it was found, as fields of a request."""
    if person is None:
        return {"ConditionExpression": ABSENT}
    return {
        "ConditionExpression": "#rev = :rev",
        "ExpressionAttributeNames": {"#rev": "rev"},
        "ExpressionAttributeValues": {":rev": number(person.revision)},
    }


def of_name(key: str, holder: Holder) -> Item:
    row = name_key(key) | {"v": number(VERSION), "uid": text(holder.user_id)}
    return row if holder.until_ms is None else row | {"until": number(holder.until_ms)}


def holder(row: Item) -> tuple[str, Holder]:
    """Return the key of a name, and who has it.

    Raises:
        KeyError: The row is damaged.
        ValueError: It is, or has a newer format.
    """
    require_known_form(row)
    until_ms = int(row["until"]["N"]) if "until" in row else None
    return row["pk"]["S"].removeprefix("name#"), Holder(row["uid"]["S"], until_ms)


def held_as_found(holder: Holder | None) -> dict[str, object]:
    """Return the condition that a name is held as it was found, as fields of a request."""
    if holder is None:
        return {"ConditionExpression": ABSENT}
    is_freed = holder.until_ms is not None
    values = {":uid": text(holder.user_id)}
    return {
        "ConditionExpression": "#uid = :uid AND "
        + ("#until = :until" if is_freed else "attribute_not_exists(#until)"),
        "ExpressionAttributeNames": {"#uid": "uid", "#until": "until"},
        "ExpressionAttributeValues": values
        if holder.until_ms is None
        else values | {":until": number(holder.until_ms)},
    }


def of_entry(entry: AuditEntry) -> Item:
    return {
        "pk": text(AUDIT),
        "sk": text(entry.entry_id),
        "v": number(VERSION),
        "at": number(entry.at_ms),
        "by": text(entry.by),
        "action": text(entry.action),
        "person": text(entry.person),
        "detail": text(entry.detail),
        "ttl": number(entry.at_ms // 1_000 + AUDIT_SECONDS),
    }


def entry(row: Item) -> AuditEntry:
    """Return the entry of a row.

    Raises:
        KeyError: The row is damaged.
        ValueError: It is, or has a newer format.
    """
    require_known_form(row)
    return AuditEntry(
        row["sk"]["S"],
        int(row["at"]["N"]),
        row["by"]["S"],
        row["action"]["S"],
        row["person"]["S"],
        row["detail"]["S"],
    )


def of_forgotten(user_id: str) -> Item:
    return {"pk": text(FORGOTTEN), "sk": text(user_id), "v": number(VERSION)}


def forgotten(row: Item) -> str:
    """Return the user id of a row of the partition of those who asked to be forgotten."""
    return row["sk"]["S"]


def people_table(name: str) -> dict[str, object]:
    """Return the CreateTable request for people."""
    return table(name, "sk", "S")


_NONE = number(0)


def _listed(each: Iterable[tuple[str | int, ...]]) -> dict[str, str]:
    return text(json.dumps(list(each), ensure_ascii=False, separators=(",", ":")))
