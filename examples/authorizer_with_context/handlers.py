"""Lets in who has a token, and tells every later event whose it was."""

import json
import os
from typing import Any


def door(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Find the owner of the token; nobody's token is refused with 401."""
    headers = {name.lower(): value for name, value in event["headers"].items()}
    token = headers["authorization"].removeprefix("Bearer ")
    name = json.loads(os.environ["TOKENS"]).get(token)
    if name is None:
        raise Exception("Unauthorized")  # noqa: TRY002 - API Gateway knows it by this text
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": event["methodArn"],
    }
    return {
        "principalId": name,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"name": name, "letters": len(name)},
    }


def house(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Greet by the name that the authorizer found: no client can make it up."""
    member = event["requestContext"]["authorizer"]
    greeting = event["stageVariables"]["greeting"]
    text = f"{greeting}, {member['name']} of {member['letters']} letters"
    return {"statusCode": 200, "body": text}
