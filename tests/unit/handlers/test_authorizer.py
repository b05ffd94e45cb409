"""The authorizer: an answer in API Gateway's words, and no word of why not."""

import re

import pytest

from fireside.domain.entry import EntryRules, User
from fireside.handlers.authorizer import make_authorizer, user_of

ARN = "arn:aws:execute-api:eu-central-1:1:api/ws/$connect"


def asked(username, rules=EntryRules(invites=None)):  # noqa: B008 - it can't be changed
    event = {
        "methodArn": ARN,
        "headers": {"Host": "localhost:8080"},
        "queryStringParameters": {"username": username},
    }
    return make_authorizer(lambda: rules)(event, None)


def effect(answer):
    [statement] = answer["policyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("execute-api:Invoke", ARN)
    return statement["Effect"]


def test_a_user_is_let_in_with_what_every_event_shall_say():
    answer = asked("Ann")

    assert effect(answer) == "Allow"
    assert answer["context"] == {"username": "Ann", "userId": "ann"}


@pytest.mark.parametrize("name", ["Ann", "Ada K", "Zoë", "Ζωή", "山田 太郎"])
def test_what_api_gateway_keeps_of_a_user_is_ascii_and_its_principal_names_nobody(name):
    """What it makes of other letters is documented nowhere; the principal may be logged."""
    principals = [asked(one)["principalId"] for one in (name, name.lower(), f"{name} 2")]
    context = asked(name)["context"]

    assert re.fullmatch("[0-9a-f]{64}", principals[0])
    assert principals[0] == principals[1] != principals[2]
    assert all(value.isascii() for value in context.values())
    assert user_of(context) == User(name.lower(), name)
    assert user_of({"userId": name.lower(), "username": name}) == User(name.lower(), name)


@pytest.mark.parametrize(
    "context", [{}, {"userId": "ann"}, {"username": "Ann"}, {"userId": "", "username": ""}]
)
def test_a_context_without_a_user_has_none(context):
    assert user_of(context) is None


def test_whoever_may_not_enter_is_told_no_more():
    for answer in (asked(""), asked("Ann", EntryRules(invites=frozenset({"a" * 64})))):
        assert effect(answer) == "Deny"
        assert "context" not in answer
