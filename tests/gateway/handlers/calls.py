"""A handler that has another function do something, and that function."""

import json
import os
from pathlib import Path

import boto3


def handler(event, _context):
    """Call `other` as the frame asks; say what the SDK saw."""
    asked = json.loads(event["body"])
    client = boto3.client("lambda", endpoint_url=asked["endpoint"])
    answer = client.invoke(
        FunctionName=asked.get("name", "other"),
        InvocationType=asked.get("type", "RequestResponse"),
        Payload=json.dumps(asked["payload"]),
    )
    seen = {
        "status": answer["StatusCode"],
        "error": answer.get("FunctionError"),
        "payload": answer["Payload"].read().decode(),
    }
    return {"statusCode": 200, "body": json.dumps(seen)}


def other(event, context):
    if event == "break":
        raise ValueError("broken")
    if isinstance(event, dict) and "file" in event:
        Path(event["file"]).write_text(context.function_name, "utf-8")
    return {"heard": event, "name": context.function_name, "greeting": os.environ.get("GREETING")}
