"""Times of what runs on Lambda, long enough for a busy machine: tests are of what, not how fast."""

from fireside.adapters.dynamodb.http import DynamoDbApi
from fireside.adapters.outbound.http import ConnectionsApi
from fireside.adapters.outbound.lambda_invoke import LambdaApi

SECONDS = 60.0
DEADLINES = {"FIRESIDE_POST_SECONDS": str(SECONDS), "FIRESIDE_BROADCAST_SECONDS": str(SECONDS)}


def have_patience(set_item):
    """Let each call and invocation take long, in the way that is given to set things."""
    for made, name in (
        (DynamoDbApi, "call_seconds"),
        (ConnectionsApi, "post_seconds"),
        (LambdaApi, "seconds"),
    ):
        defaults = made.__init__.__kwdefaults__
        assert name in defaults
        set_item(defaults, name, SECONDS)
