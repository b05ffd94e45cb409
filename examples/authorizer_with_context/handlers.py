"""An authorizer that takes tokens, and a function that finds the token's owner in its event."""

import json
import os
from typing import Any


def authorizer(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Return a policy for the owner of the token; an unknown token is refused with 401."""
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


def greet(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Return a greeting with the name from the authorizer's context, which no client can set."""
    member = event["requestContext"]["authorizer"]
    greeting = event["stageVariables"]["greeting"]
    text = f"{greeting}, {member['name']} of {member['letters']} letters"
    return {"statusCode": 200, "body": text}
