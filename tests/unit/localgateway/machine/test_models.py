"""Models: what draft 4 of JSON Schema allows, with another implementation as the judge."""

import json
from functools import reduce

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localgateway.machine.models import BadModel, compile_model
from localgateway.platform.deadline import TooSlow

values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)
types = st.sampled_from(["object", "array", "string", "boolean", "null", "number", "integer"])
sizes = st.integers(0, 3)
names = st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True)


def of(inner):
    """Give schemas of up to four keywords, with schemas from `inner` in them."""
    some = st.lists(inner, min_size=1, max_size=2)
    named = st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
    keywords = {
        "type": types | st.lists(types, min_size=1, max_size=3, unique=True),
        "enum": st.lists(values, min_size=1, max_size=3),
        "properties": named,
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "b"]), inner, max_size=2),
        "required": names,
        "dependencies": st.dictionaries(st.sampled_from("abc"), names | inner, max_size=2),
        "additionalProperties": st.sampled_from([True]) | inner,
        "items": inner | some,
        "additionalItems": st.booleans() | inner,
        "uniqueItems": st.booleans(),
        "pattern": st.sampled_from(["^a", "b$", "ab"]),
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        "not": inner,
        "description": st.text(max_size=3),
        "default": values,
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), some),
        **dict.fromkeys(("minItems", "minProperties", "minLength"), sizes),
        **dict.fromkeys(("maxItems", "maxProperties", "maxLength"), sizes),
    }
    pairs = st.one_of([st.tuples(st.just(name), value) for name, value in keywords.items()])
    return st.lists(pairs, max_size=4).map(dict)


leaves = st.just({"$ref": "#/definitions/a"}) | st.fixed_dictionaries({"type": types})
schemas = st.recursive(leaves, of, max_leaves=4).map(
    lambda schema: {"allOf": [schema], "definitions": {"a": {"type": ["string", "object"]}}}
)


@settings(deadline=None)
@given(schemas, values)
def test_a_body_fits_as_json_schema_says(schema, value):
    judge = jsonschema.Draft4Validator(schema)

    assert compile_model(schema)(json.dumps(value)) == judge.is_valid(value)


@pytest.mark.parametrize(
    ("schema", "fitting", "other"),
    [
        ({"minimum": 5, "exclusiveMinimum": True}, [6, 5.1, "text"], [5, 4]),
        ({"minimum": 5, "exclusiveMinimum": False}, [5], [4]),
        ({"maximum": 5, "exclusiveMaximum": True}, [4], [5]),
        ({"oneOf": [{"type": "string"}, {"maxLength": 2}]}, ["long", 1], ["a"]),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, ["a", None], [1]),
        ({"allOf": [{"minLength": 2}, {"pattern": "^a"}]}, ["ab"], ["a", "bb"]),
        ({"not": {"type": "string"}}, [1], ["a"]),
        ({"format": "email"}, ["ann@example.com", 1], ["ann"]),
        ({"format": "date-time"}, ["2026-11-22T11:49:08Z"], ["22 November"]),
        ({"format": "int32"}, ["a", 1], []),
        ({"enum": [1, "a"]}, [1, "a"], [True, "b"]),
        ({"properties": {"a": {"default": 1}}, "required": ["a"]}, [{"a": 2}], [{}]),
        ({"required": ["a"], "additionalProperties": {}}, [{"a": 2, "b": 1}], [{}]),
    ],
)
def test_the_keywords_of_draft_4_are_known(schema, fitting, other):
    fits = compile_model(schema)

    assert [fits(json.dumps(value)) for value in fitting] == [True] * len(fitting)
    assert [fits(json.dumps(value)) for value in other] == [False] * len(other)


ORDER = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "id": "http://example.com/order",
    "title": "An order",
    "type": "object",
    "required": ["action", "lines"],
    "properties": {
        "action": {"enum": ["order"]},
        "lines": {"type": "array", "items": {"$ref": "#/definitions/line"}, "minItems": 1},
        "note": {"id": "http://example.com/note", "type": ["string", "null"]},
    },
    "definitions": {
        "line": {
            "type": "object",
            "required": ["article", "count"],
            "properties": {
                "article": {"type": "string", "minLength": 1},
                "count": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
                "parts": {"type": "array", "items": {"$ref": "#/definitions/line"}},
            },
        }
    },
}


def test_a_schema_may_refer_to_its_own_definitions_and_they_to_themselves():
    fits = compile_model(ORDER)

    line = {"article": "tea", "count": 1}
    assert fits(json.dumps({"action": "order", "lines": [line | {"parts": [line]}]}))
    assert not fits(json.dumps({"action": "order", "lines": [line | {"count": 0}]}))
    assert not fits(json.dumps({"action": "order", "lines": [line | {"parts": [{}]}]}))


def test_a_schema_is_read_as_draft_4_whatever_it_says_and_not_changed():
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": {"a": {"$ref": "#/definitions/b"}},
        "definitions": {"b": {"minimum": 1, "exclusiveMinimum": True}},
    }
    before = json.dumps(schema)

    assert not compile_model(schema)('{"a": 1}')
    assert json.dumps(schema) == before


@pytest.mark.parametrize(
    "body",
    ["", "{", "[" * 100_000, '{"a": 1} x', "NaN", "[Infinity]", '{"a": -Infinity}'],
)
def test_what_is_no_json_fits_nothing(body):
    assert not compile_model({})(body)


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ({"type": "integer"}, "1e999"),
        ({"multipleOf": 0.1}, "1e999"),
        ({"multipleOf": 0.1}, "1" + "0" * 400),
        ({"$ref": "#"}, "1"),
        ({"properties": {"a": {"$ref": "#"}}, "required": ["b"]}, '{"a":' * 900 + "1" + "}" * 900),
    ],
)
def test_what_cannot_be_checked_fits_nothing(schema, body):
    assert not compile_model(schema)(body)


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ([], "a schema must be an object"),
        ({"oneOf": []}, "oneOf: [] is not allowed there"),
        ({"requierd": ["a"]}, "draft 4 has no keyword 'requierd'; did you mean 'required'?"),
        ({"properties": {"a": {"const": 1}}}, "properties.a: JSON Schema draft 4 has no keyword"),
        ({"items": {"type": "text"}}, "items: type: 'text' is not allowed there"),
        ({"allOf": [{"additionalProperties": {"type": []}}]}, "allOf[0]: additionalProperties: "),
        ({"pattern": "("}, "pattern: '(' is not allowed there"),
        ({"patternProperties": {"(": {}}}, "it can't be compiled: missing ), unterminated"),
        ({"required": [1]}, "required: [1] is not"),
        ({"minLength": -1}, "minLength: -1 is not"),
        ({"maximum": True}, "maximum: True is not"),
        ({"minimum": 1, "exclusiveMinimum": 1}, "exclusiveMinimum: 1 is not allowed there"),
        ({"exclusiveMinimum": True}, "exclusiveMinimum: it needs a minimum beside it"),
        ({"multipleOf": 0}, "multipleOf: 0 is not"),
        ({"properties": {"a": 1}}, "properties.a: a schema must be an object"),
        ({"dependencies": {"a": []}}, "dependencies.a: a schema must be an object"),
        ({"$ref": "#/definitions/a"}, "it can't be compiled: Unresolvable ref: definitions"),
        (
            {"allOf": [{"$ref": "#/definitions/a-b"}, {"$ref": "#/definitions/A_B"}]},
            "allOf[1]: $ref: '#/definitions/A_B' and '#/definitions/a-b' differ only in capitals",
        ),
        ({"required": ["a"], "additionalProperties": False}, "['a'] are required but not allowed"),
        (reduce(lambda inner, _: {"items": inner}, range(60), {"type": "null"}), "can't be comp"),
        (reduce(lambda inner, _: {"items": inner}, range(900), {}), "it can't be compiled: "),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_at_the_start(schema, sentence):
    with pytest.raises(BadModel) as refusal:
        compile_model(schema)

    assert sentence in str(refusal.value)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/a.json", "file:///etc/hosts", "a.json"])
def test_a_schema_elsewhere_is_never_fetched(address):
    with pytest.raises(BadModel) as refusal:
        compile_model({"properties": {"a": {"$ref": f"{address}#/b"}}})

    assert str(refusal.value) == (
        f"$ref: {address!r} is not in the model; copy that schema under definitions"
    )


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^([a-z]+)*$"])
def test_a_pattern_that_tries_for_ever_is_given_up(pattern, caplog):
    fits = compile_model({"properties": {"name": {"type": "string", "pattern": pattern}}})
    endless = json.dumps({"name": "a" * 100 + "!"})

    for _ in range(2):
        with pytest.raises(TooSlow):
            fits(endless)
    assert fits('{"name": "aaa"}')
    assert caplog.text.count("a body took too long to check") == 1
