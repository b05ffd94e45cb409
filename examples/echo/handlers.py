"""Answers every message with itself: the smallest WebSocket API there is."""

from typing import Any


def echo(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send the body back; the route is two-way, so it becomes a frame."""
    return {"statusCode": 200, "body": event["body"]}
