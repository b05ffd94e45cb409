"""The handlers that the black-box tests ask: deploy them with `api.json` to ask AWS the same."""

import json
import time


def probe(event, _context):
    """Do what the client asks: answer with the event, or fail in the way it names."""
    context = event["requestContext"]
    if context["eventType"] == "CONNECT":
        return _answer(event.get("queryStringParameters") or {}, "")
    if context["eventType"] == "DISCONNECT":
        return {"statusCode": 200}
    return _answer(json.loads(event["body"]), json.dumps(event))


def slow(_event, _context):
    """Answer after the integration's time."""
    time.sleep(3)
    return {"statusCode": 200, "body": "too late"}


def door(event, _context):
    """Let in who knows the word, with what was said as context."""
    word = event["queryStringParameters"]["pass"]
    if word == "unauthorized":
        raise Exception("Unauthorized")  # noqa: TRY002 - API Gateway looks for this text
    if word == "crash":
        raise RuntimeError(word)
    return {
        "principalId": "somebody",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow" if word == "please" else "Deny",
                    "Resource": event["methodArn"],
                }
            ],
        },
        "context": {"word": word, "number": 7},
    }


def _answer(asked, body):
    match asked.get("answer"):
        case "raise":
            raise RuntimeError("asked to")
        case "nothing":
            return None
        case "extra":
            return {"statusCode": 200, "body": body, "ConnectionId": "x"}
        case "refuse":
            return {"statusCode": 418}
        case "protocol":
            return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "second"}}
    return {"statusCode": 200, "body": body}
