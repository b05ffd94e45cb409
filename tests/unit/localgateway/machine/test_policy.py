"""The authorizer's answer (rows 41, 43 and 44 of the gateway's table)."""

import json

import pytest

from localgateway.machine.policy import BadResult, decide

ARN = "arn:aws:execute-api:local-1:000000000000:local/ws/$connect"
LONGEST = 8192


def answer(*statements, **fields):
    """Write an answer with the given statements."""
    return {"principalId": "ann", "policyDocument": {"Statement": list(statements)}, **fields}


def statement(effect="Allow", action="execute-api:Invoke", resource=ARN):
    """Write a statement of a policy."""
    return {"Effect": effect, "Action": action, "Resource": resource}


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([], False),
        ([statement()], True),
        ([statement(action="EXECUTE-API:invoke")], True),
        ([statement(action="execute-api:*")], True),
        ([statement(action="*")], True),
        ([statement(action=["s3:GetObject", "execute-api:Invoke"])], True),
        ([statement(action="execute-api:ManageConnections")], False),
        ([statement(resource=["none", ARN])], True),
        ([statement(resource=ARN.replace("$", "?"))], True),
        ([statement(resource=ARN.upper())], False),
        ([statement(resource="arn:aws:execute-api:*:*:*/ws/*")], True),
        ([statement(resource="arn:aws:execute-api:*:*:*/ws/*/*")], False),
        ([statement(resource="a.*")], False),
        ([statement("Deny")], False),
        ([statement(), statement("Deny")], False),
        ([statement("Deny", resource="none"), statement()], True),
        ([statement("allow")], False),
        ([{"Effect": "Allow"}], False),
    ],
)
def test_row_41_one_deny_wins_and_no_allow_is_no(statements, allowed):
    """Row 41."""
    assert decide(answer(*statements), ARN, LONGEST).allowed is allowed


def test_a_lone_statement_needs_no_list():
    document = {"principalId": "ann", "policyDocument": {"Statement": statement()}}

    assert decide(document, ARN, LONGEST).allowed


def test_row_44_the_context_goes_on_with_the_principal():
    """Row 44."""
    plain = {"text": "a", "number": 1.5, "truth": True, "none": None}

    decision = decide(answer(statement(), context=plain), ARN, LONGEST)

    assert decision.context == {"principalId": "ann", **plain}


CIRCLE = {}
CIRCLE["again"] = CIRCLE


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (None, "no principalId"),
        ([], "no principalId"),
        ({"policyDocument": {"Statement": []}}, "no principalId"),
        (answer(principalId=7), "no principalId"),
        ({"principalId": "ann"}, "no policyDocument"),
        ({"principalId": "ann", "policyDocument": "Allow"}, "not JSON; return an object"),
        ({"principalId": "ann", "policyDocument": {}}, "a list of them"),
        (answer("Allow"), "a list of them"),
        (answer(context={"nested": {}}), "texts, numbers and booleans"),
        (answer(context=[1]), "texts, numbers and booleans"),
        (answer(context={"long": "x" * LONGEST}), "over 8192 bytes"),
        (answer(context={"set": {1}}), "not JSON"),
        (answer(context=CIRCLE), "not JSON"),
    ],
    ids=str,
)
def test_row_44_an_answer_that_is_none_says_why(bad, reason):
    """Row 44."""
    with pytest.raises(BadResult, match=reason):
        decide(bad, ARN, LONGEST)


def test_row_44_the_longest_answer_is_let_in():
    """Row 44."""
    empty = answer(statement(), context={"x": ""})
    room = LONGEST - len(json.dumps(empty))

    assert decide(answer(statement(), context={"x": "y" * room}), ARN, LONGEST).allowed
    with pytest.raises(BadResult, match="over"):
        decide(answer(statement(), context={"x": "y" * (room + 1)}), ARN, LONGEST)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({}, ""), ({"context": {"reason": "No invite"}}, "No invite"), ({"context": {"a": 1}}, "")],
)
def test_a_denial_may_say_why_for_the_log(fields, reason):
    assert decide(answer(statement("Deny"), **fields), ARN, LONGEST).reason == reason
