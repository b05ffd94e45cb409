"""The authorizer: an answer in API Gateway's words, and no word of why not."""

from fireside.domain.entry import EntryRules
from fireside.handlers.authorizer import make_authorizer

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
    assert answer["principalId"] == "ann"
    assert answer["context"] == {"username": "Ann", "userId": "ann"}


def test_whoever_may_not_enter_is_told_no_more():
    for answer in (asked(""), asked("Ann", EntryRules(invites=frozenset({"a" * 64})))):
        assert effect(answer) == "Deny"
        assert "context" not in answer
