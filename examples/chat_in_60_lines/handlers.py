"""A chat: who connects is kept, and what one says is posted to all, with boto3 as on AWS.

Connections are rows in a small SQLite file, as each invocation may run in another process; on
AWS they would be items in DynamoDB. Nothing here knows where it runs.
"""

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import boto3

FILE = os.environ.get("CHAT_FILE") or Path(tempfile.gettempdir()) / "chat_in_60_lines.db"
OK = {"statusCode": 200}


def come(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Keep a connection, and the name that its query gives."""
    name = (event.get("queryStringParameters") or {}).get("name", "somebody")
    with _people() as people:
        row = (event["requestContext"]["connectionId"], name)
        people.execute("INSERT INTO people VALUES (?, ?)", row)
    return OK


def go(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Forget a connection."""
    _forget(event["requestContext"]["connectionId"])
    return OK


def say(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Post what one says to everybody, and forget who is gone."""
    context = event["requestContext"]
    url = f"https://{context['domainName']}/{context['stage']}"
    client = boto3.client("apigatewaymanagementapi", endpoint_url=url)
    with _people() as people:
        names = dict(people.execute("SELECT id, name FROM people"))
    said = {"from": names.get(context["connectionId"]), "text": json.loads(event["body"])["text"]}
    for connection_id in names:
        try:
            client.post_to_connection(ConnectionId=connection_id, Data=json.dumps(said))
        except client.exceptions.GoneException:
            _forget(connection_id)
    return OK


def _forget(connection_id: str) -> None:
    with _people() as people:
        people.execute("DELETE FROM people WHERE id = ?", (connection_id,))


@contextmanager
def _people() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(FILE)) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS people (id TEXT PRIMARY KEY, name TEXT)")
        yield database
