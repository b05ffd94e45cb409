"""The authorizer: an answer in API Gateway's words, and no word of why not."""

import re

import pytest

from fireside.domain.entry import EntryRules, Visitor
from fireside.domain.invite import hash_of
from fireside.handlers.authorizer import (
    INVITE_HASH,
    log_refusal,
    make_authorizer,
    reason_of,
    visitor_of,
)

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


@pytest.mark.parametrize("notes_invite", [True, False])
def test_the_invite_is_noted_by_its_hash_and_only_where_that_is_asked_for(notes_invite):
    rules = EntryRules(invites=frozenset([hash_of("the-secret")]))
    event = {
        "methodArn": ARN,
        "headers": {"Host": "localhost:8080"},
        "queryStringParameters": {"username": "Ann", "invite": "the-secret"},
    }
    answer = make_authorizer(lambda: rules, notes_invite=notes_invite)(event, None)

    noted = {INVITE_HASH: hash_of("the-secret")} if notes_invite else {}
    assert answer["context"] == {"username": "Ann", "userId": "ann"} | noted
    assert "the-secret" not in str(answer)


@pytest.mark.parametrize("name", ["Ann", "Ada K", "Zoë", "Ζωή", "山田 太郎"])
def test_what_api_gateway_keeps_of_a_user_is_ascii_and_its_principal_names_nobody(name):
    """What it makes of other letters is documented nowhere; the principal may be logged."""
    principals = [asked(one)["principalId"] for one in (name, name.lower(), f"{name} 2")]
    context = asked(name)["context"]

    assert re.fullmatch("[0-9a-f]{64}", principals[0])
    assert principals[0] == principals[1] != principals[2]
    assert all(value.isascii() for value in context.values())
    assert visitor_of(context) == Visitor(name.lower(), name)
    assert visitor_of({"userId": name.lower(), "username": name}) == Visitor(name.lower(), name)


@pytest.mark.parametrize(
    "context", [{}, {"userId": "ann"}, {"username": "Ann"}, {"userId": "", "username": ""}]
)
def test_a_context_without_a_user_has_none(context):
    assert visitor_of(context) is None


def test_whoever_may_not_enter_is_told_no_more():
    for answer in (asked(""), asked("Ann", EntryRules(invites=frozenset({"a" * 64})))):
        assert effect(answer) == "Deny"
        assert "context" not in answer


def test_the_person_who_runs_the_chat_reads_why_in_the_log(caplog):
    event = {
        "methodArn": ARN,
        "headers": {"HOST": "chat.example", "Origin": "https://chat.example:8443"},
        "queryStringParameters": {"username": "Ann", "invite": "a-secret"},
    }
    rules = EntryRules(frozenset({"chat.example:8443"}), invites=None)

    answer = make_authorizer(lambda: rules, log_refusal)(event, None)

    assert effect(answer) == "Deny"
    [said] = caplog.messages
    assert said == (
        "a handshake was refused: This chat does not answer to that address "
        "(host 'chat.example', origin 'https://chat.example:8443')"
    )


def test_the_log_holds_no_secret_and_no_name(caplog):
    for username in ("Ann", "<Ann>", None):
        event = {"methodArn": ARN, "headers": {"Host": "localhost"}, "queryStringParameters": {}}
        event["queryStringParameters"] = {"username": username, "invite": "a-secret"}
        closed = EntryRules(invites=frozenset({"a" * 64} if username == "Ann" else ()))
        make_authorizer(lambda rules=closed: rules, log_refusal)(event, None)

    assert len(caplog.messages) == 3
    assert not any(word in caplog.text for word in ("Ann", "a-secret"))


def test_a_gateway_that_logs_refusals_is_told_why():
    event = {"methodArn": ARN, "headers": {"Host": "x" * 1_000}, "queryStringParameters": {}}

    answer = make_authorizer(EntryRules, reason_of)(event, None)

    assert effect(answer) == "Deny"
    why = f"This chat does not answer to that address (host '{'x' * 100}', origin None)"
    assert answer["context"] == {"reason": why}
