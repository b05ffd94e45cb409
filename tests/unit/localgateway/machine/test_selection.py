"""Route selection (rows 27 and 28 of the gateway's table)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgateway.machine.selection import compile_selection


@pytest.mark.parametrize(
    ("expression", "body", "key"),
    [
        ("$request.body.action", '{"action":"join"}', "join"),
        ("$request.body.action", '{"action":"Join"}', "Join"),
        ("$request.body.action", '{"action":1}', "1"),
        ("$request.body.action", '{"action":1.5}', "1.5"),
        ("$request.body.action", '{"action":true}', "true"),
        ("$request.body.action", '{"action":[1,{"a":2}]}', '[1,{"a":2}]'),
        ("$request.body.action", '{"action":null}', ""),
        ("$request.body.action", "{}", ""),
        ("$request.body.action", "[]", None),
        ("$request.body.action", "not JSON", None),
        ("$request.body.action", "", None),
        ("$request.body.a.b", '{"a":{"b":"deep"}}', "deep"),
        ("$request.body.a.b", '{"a":"flat"}', ""),
        ("$request.body.a[1].b", '{"a":[0,{"b":"listed"}]}', "listed"),
        ("$request.body.a[9]", '{"a":[0]}', ""),
        ("$request.body.a.x", '{"a":[0]}', ""),
        ("$request.body.a.b", "null", None),
        ("${request.body.a}/${request.body.b}", '{"a":"x","b":"y"}', "x/y"),
        ("${request.body.a}/${request.body.b}", '{"a":"x"}', "x/"),
        ("v1-${request.body.a}", '{"a":"x"}', "v1-x"),
        ("always", "not JSON", "always"),
        (r"\$request.body.action", '{"action":"x"}', "$request.body.action"),
        (r"\$${request.body.a}", '{"a":"x"}', "$x"),
    ],
)
def test_row_27_an_expression_picks_a_key(expression, body, key):
    """Row 27."""
    assert compile_selection(expression)(body) == key


@pytest.mark.parametrize("expression", ["$request.body.action", "$request.body.action.more"])
@pytest.mark.parametrize(
    "body",
    ["[" * 100_000, '{"a":' * 100_000, "9" * 5000, "\0", '{"action"'],
    ids=["lists", "objects", "digits", "nul", "half"],
)
def test_row_28_what_can_not_be_read_selects_nothing(expression, body):
    """Row 28."""
    assert not compile_selection(expression)(body)


def test_a_value_that_can_just_be_read_can_be_written():
    select = compile_selection("$request.body.action")
    for depth in range(600, 1000):
        value = "[" * depth + "]" * depth

        assert select('{"action":' + value + "}") in {None, value}


@given(st.text())
def test_a_text_is_taken_as_it_is(action):
    body = json.dumps({"action": action})

    assert compile_selection("$request.body.action")(body) == action


@given(st.text(), st.sampled_from(["$request.body.action", "${request.body.a}-${request.body.b}"]))
def test_no_body_breaks_an_expression(body, expression):
    compile_selection(expression)(body)
