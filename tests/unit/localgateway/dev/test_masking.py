"""What a recording keeps of an event: all but secrets."""

import copy
import json

import pytest

from localgateway.dev.masking import MASK, masked

SECRET = "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MDEyMzQ1Njc4OTA"
HANDSHAKE = "Sec-WebSocket-Protocol"


@pytest.mark.parametrize(
    ("offered", "kept"),
    [
        ("fireside.v1", "fireside.v1"),
        (f"fireside.v1, invite.{SECRET}, device.{SECRET}", "fireside.v1"),
        (f"link.{SECRET[:22]}.YWRh, fireside.v1", "fireside.v1"),
        ("recover.ABCDEFGHJKMNPQRSTUVWXYZ2", ""),
        (SECRET, ""),
        ("graphql-transport-ws, mqtt, ocpp2.0.1", "graphql-transport-ws, mqtt, ocpp2.0.1"),
    ],
)
def test_of_subprotocols_only_plain_names_are_kept(offered, kept):
    event = {"headers": {HANDSHAKE: offered}, "multiValueHeaders": {HANDSHAKE: [offered]}}

    assert masked(event) == {
        "headers": {HANDSHAKE: kept},
        "multiValueHeaders": {HANDSHAKE: [kept]},
    }


def test_what_its_name_says_is_secret_is_hidden():
    event = {
        "headers": {"Cookie": "a=1", "Sec-WebSocket-Key": "x", "Authorization": "Bearer b"},
        "queryStringParameters": {"username": "Ada", "user": "ada", "invite": SECRET},
        "multiValueQueryStringParameters": {"invite": [SECRET, SECRET]},
        "requestContext": {
            "routeKey": "own",
            "authorizer": {"userId": "ada", "device": "d", "key": "k", "inviteSha256": "i"},
        },
    }

    hidden = masked(event)

    assert hidden["headers"] == {
        "Cookie": MASK,
        "Sec-WebSocket-Key": "x",
        "Authorization": MASK,
    }
    assert hidden["queryStringParameters"] == {"username": "Ada", "user": "ada", "invite": MASK}
    assert hidden["multiValueQueryStringParameters"] == {"invite": [MASK, MASK]}
    assert hidden["requestContext"] == {
        "routeKey": "own",
        "authorizer": {"userId": "ada", "device": MASK, "key": MASK, "inviteSha256": MASK},
    }


def test_a_json_body_is_searched_and_any_other_is_as_it_was():
    body = json.dumps({"action": "own", "secret": SECRET, "more": [{"code": SECRET}]})
    hidden = json.loads(masked({"body": body})["body"])

    assert hidden == {"action": "own", "secret": MASK, "more": [{"code": MASK}]}
    for plain in ('{"action":  "sendMessage"}', "no json", "[" * 100_000, None):
        assert masked({"body": plain}) == {"body": plain}


def test_an_event_itself_is_not_changed():
    event = {"headers": {HANDSHAKE: SECRET}, "body": json.dumps({"secret": SECRET})}
    before = copy.deepcopy(event)

    masked(event)

    assert event == before
