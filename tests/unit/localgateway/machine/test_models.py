"""Models: what this part of JSON Schema allows, with the whole of it as the judge."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgateway.machine.models import BadModel, check, fits

values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)
types = st.sampled_from(["object", "array", "string", "boolean", "null", "number", "integer"])
sizes = st.integers(0, 3)


def of(inner):
    return st.fixed_dictionaries(
        {},
        optional={
            "type": types | st.lists(types, min_size=1, max_size=3, unique=True),
            "enum": st.lists(values, min_size=1, max_size=3),
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            "required": st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True),
            "additionalProperties": st.booleans() | inner,
            "items": inner,
            "minItems": sizes,
            "maxItems": sizes,
            "minLength": sizes,
            "maxLength": sizes,
            "pattern": st.sampled_from(["^a", "b$", "ab"]),
            "minimum": st.integers(-2, 2),
            "maximum": st.integers(-2, 2),
            "description": st.text(max_size=3),
        },
    )


models = st.recursive(of(st.just({})), of, max_leaves=4)


@given(models, values)
def test_it_says_what_json_schema_says(model, value):
    judge = jsonschema.Draft6Validator(model)

    assert fits(json.dumps(value), check(model)) == judge.is_valid(value)


@pytest.mark.parametrize("body", ["", "{", "[" * 100_000, '{"a": 1} x'])
def test_what_is_no_json_fits_nothing(body):
    assert not fits(body, {})


def test_a_number_too_large_for_a_float_is_not_whole():
    assert not fits("1e999", {"type": "integer"})


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ([], "must be an object"),
        ({"oneOf": []}, "keyword 'oneOf' is not known"),
        ({"properties": {"a": {"$ref": "#"}}}, "keyword '\\$ref'"),
        ({"items": {"type": "text"}}, "type: 'text' is not allowed"),
        ({"additionalProperties": {"type": []}}, r"type: \[\] is not allowed"),
        ({"pattern": "("}, r"pattern: '\(' is not"),
        ({"required": [1]}, "required"),
        ({"minLength": -1}, "minLength"),
        ({"maximum": True}, "maximum"),
        ({"properties": {"a": 1}}, "must be an object"),
    ],
)
def test_what_is_not_known_is_refused_at_the_start(model, sentence):
    with pytest.raises(BadModel, match=sentence):
        check(model)
