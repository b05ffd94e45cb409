"""Handlers that post to connections with AWS's own client, as they would on AWS."""

import json

import boto3


def handler(event, _context):
    """Post to whom the message names, and answer how it went."""
    context = event["requestContext"]
    if context["eventType"] != "MESSAGE":
        return {"statusCode": 200}
    client = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"https://{context['domainName']}/{context['stage']}",
    )
    asked = json.loads(event["body"])
    connection_id = asked.get("to") or context["connectionId"]
    return {"statusCode": 200, "body": json.dumps(ACTIONS[asked["do"]](client, connection_id))}


def post(client, connection_id):
    try:
        client.post_to_connection(ConnectionId=connection_id, Data=b"posted")
    except client.exceptions.GoneException as gone:
        return {"gone": type(gone).__name__}
    return {"posted": connection_id}


def look(client, connection_id):
    found = client.get_connection(ConnectionId=connection_id)
    return {"sourceIp": found["Identity"]["SourceIp"], "since": str(found["ConnectedAt"])}


def end(client, connection_id):
    client.delete_connection(ConnectionId=connection_id)
    return {"ended": connection_id}


def elsewhere(_client, _connection_id):
    """Ask somebody who is not the gateway: nothing may come between."""
    queue = boto3.client("sqs", endpoint_url="https://127.0.0.1:9", region_name="eu-west-1")
    try:
        queue.list_queues()
    except Exception as cause:  # noqa: BLE001 - whatever botocore says of a closed port
        return {"failed": type(cause).__name__}
    return {}


ACTIONS = {"post": post, "look": look, "end": end, "elsewhere": elsewhere}
