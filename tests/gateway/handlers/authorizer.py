"""An authorizer that decides by a word in the query."""

import sys


def authorize(event, _context):
    word = event["queryStringParameters"].get("word")
    effect = "Allow" if word in ("please", "text", "large") else "Deny"
    if word == "unauthorized":
        raise Exception("Unauthorized")  # noqa: TRY002 - API Gateway looks for this text
    if word == "crash":
        raise RuntimeError(word)
    if word == "exit":
        sys.exit(1)
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
        ],
    }
    return {
        "principalId": "somebody",
        "policyDocument": "Allow" if word == "text" else policy,
        "context": {"word": word if word != "large" else "x" * 9000},
    }
