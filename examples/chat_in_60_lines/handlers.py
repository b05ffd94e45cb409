"""A chat: connections are stored, and each message is posted to all of them with boto3.

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


def connect(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Store a connection, and the name in its query."""
    name = (event.get("queryStringParameters") or {}).get("name", "anonymous")
    with _database() as database:
        row = (event["requestContext"]["connectionId"], name)
        database.execute("INSERT INTO connections VALUES (?, ?)", row)
    return OK


def disconnect(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Forget a connection."""
    _forget(event["requestContext"]["connectionId"])
    return OK


def send(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Post a message to every connection, and forget those that are gone."""
    context = event["requestContext"]
    url = f"https://{context['domainName']}/{context['stage']}"
    client = boto3.client("apigatewaymanagementapi", endpoint_url=url)
    with _database() as database:
        names = dict(database.execute("SELECT id, name FROM connections"))
    sender, text = names.get(context["connectionId"]), json.loads(event["body"])["text"]
    message = {"from": sender, "text": text}
    for connection_id in names:
        try:
            client.post_to_connection(ConnectionId=connection_id, Data=json.dumps(message))
        except client.exceptions.GoneException:
            _forget(connection_id)
    return OK


def _forget(connection_id: str) -> None:
    with _database() as database:
        database.execute("DELETE FROM connections WHERE id = ?", (connection_id,))


@contextmanager
def _database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(FILE)) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS connections (id PRIMARY KEY, name)")
        yield database
