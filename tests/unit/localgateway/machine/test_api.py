"""api.json: what is right is read, what is wrong is refused by file, key and remedy."""

import copy
import dataclasses
import json
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from localgateway.machine.api import ApiError, Authorizer, Function, Identity, Route, load, parse

ROOT = Path(__file__).parents[4]
SCHEMA = json.loads((resources.files("localgateway") / "api.schema.json").read_text())

GOOD = {
    "$schema": "./api.schema.json",
    "name": "test",
    "stage": "ws",
    "routeSelectionExpression": "$request.body.kind",
    "authorizers": {
        "door": {
            "identitySource": ["route.request.header.X-Key", "route.request.querystring.name"]
        },
        "gate": {},
    },
    "integrations": {"app": {"timeoutMillis": 1500}, "other": {}},
    "routes": {
        "$connect": {"integration": "app", "authorizer": "door"},
        "$disconnect": {"integration": "other"},
        "$default": {"integration": "app", "twoWay": True},
        "say": {"integration": "other"},
    },
}


def changed(path, value):
    """Copy the good document with one thing changed, or taken out when `value` is `...`."""
    document = copy.deepcopy(GOOD)
    *parents, last = path
    place = document
    for key in parents:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return document


def test_a_function_that_no_route_calls_is_a_function():
    further = {"handler": "app.more", "memoryMegabytes": 256, "timeoutSeconds": 60}

    api = parse(GOOD | {"functions": {"more": further}})

    assert api.functions["more"] == Function(
        "more", "functions.more", "app.more", {}, memory_megabytes=256, timeout_seconds=60
    )
    assert "more" not in api.integrations()


def test_a_document_becomes_routes_with_what_they_call():
    api = parse(GOOD)

    door = Authorizer("door", (Identity("header", "X-Key"), Identity("querystring", "name")))
    assert (api.name, api.stage, api.selection) == ("test", "ws", "$request.body.kind")
    assert api.routes == {
        "$connect": Route("$connect", "app", 1.5, authorizer=door),
        "$disconnect": Route("$disconnect", "other", 29.0),
        "$default": Route("$default", "app", 1.5, two_way=True),
        "say": Route("say", "other", 29.0),
    }
    assert api.integrations() == {"app", "other", "door"}


def test_what_is_left_out_has_the_value_of_the_schema():
    api = parse(changed(["routeSelectionExpression"], ...))

    assert api.selection == SCHEMA["properties"]["routeSelectionExpression"]["default"]
    assert "door" not in parse(changed(["routes", "$connect", "authorizer"], ...)).integrations()


ROUTES = "routes"
WRONG = [
    (["nmae"], "x", "nmae", "did you mean 'name'?"),
    (["zzz"], "x", "zzz", "is not known"),
    (["name"], ..., "name", "a text is needed here"),
    (["name"], "", "name", "a text is needed here"),
    (["name"], 7, "name", "a text is needed here"),
    (["stage"], ..., "stage", "a text is needed here"),
    (["stage"], "a/b", "stage", "use letters, digits, - or _"),
    (["stage"], "x" * 129, "stage", "is not one path segment"),
    (["routeSelectionExpression"], 1, "routeSelectionExpression", "a text is needed here"),
    (["authorizers"], [], "authorizers", "an object is needed here"),
    (["authorizers", "door"], [], "authorizers.door", "an object is needed here"),
    (["authorizers", "door", "ttl"], 5, "authorizers.door", "the key 'ttl' is not known"),
    (
        ["authorizers", "door", "identitySource"],
        "x",
        "authorizers.door.identitySource",
        "it must be a list of texts",
    ),
    (
        ["authorizers", "door", "identitySource"],
        ["header.X"],
        "authorizers.door.identitySource",
        "write route.request.header.NAME, route.request.querystring.NAME, stageVariables.NAME",
    ),
    (
        ["authorizers", "door", "identitySource"],
        [7],
        "authorizers.door.identitySource",
        "7 is not known",
    ),
    (["authorizers", "app"], {}, "authorizers.app", "an integration has this name too"),
    (["functions"], {"app": {}}, "functions.app", "an integration has this name too"),
    (["functions"], {"door": {}}, "functions.door", "an authorizer has this name too"),
    (["functions"], {"more": {"twoWay": True}}, "functions.more", "'twoWay' is not known"),
    (["functions"], [], "functions", "an object is needed"),
    *(
        (["integrations", "app", "handler"], name, "integrations.app.handler", "is no function")
        for name in ("handler", "a..b", "", "a.b c", 7, "a.b.")
    ),
    *(
        (["authorizers", "door", key], value, f"authorizers.door.{key}", "is not a whole number")
        for key, value in (
            ("memoryMegabytes", 127),
            ("memoryMegabytes", 10_241),
            ("timeoutSeconds", 0),
            ("timeoutSeconds", 901),
            ("timeoutSeconds", True),
            ("timeoutSeconds", 1.5),
        )
    ),
    (["integrations", "app", "environment"], [], "app.environment", "an object is needed here"),
    (["integrations", "app", "environment"], {"a b": ""}, "app.environment", "is no name"),
    (["integrations", "app", "environment"], {"A": 1}, "environment.A", "put it in quotes"),
    (["stageVariables"], {"a": None}, "stageVariables.a", "it must be a text"),
    (["codeRoot"], "", "codeRoot", "a text is needed here"),
    (["integrations"], ..., "integrations", "an object is needed here"),
    (["integrations", "app"], 5, "integrations.app", "an object is needed here"),
    (["integrations", "app", "timeout"], 5, "integrations.app", "did you mean 'timeoutMillis'?"),
    *(
        (
            ["integrations", "app", "timeoutMillis"],
            millis,
            "integrations.app.timeoutMillis",
            "is not between 50 and 29000",
        )
        for millis in (49, 29_001, True, "50", 50.5, None)
    ),
    ([ROUTES], ..., "routes", "an object is needed here"),
    ([ROUTES], {}, "routes", "there is none; add at least $default"),
    ([ROUTES, "say"], "app", "routes.say", "an object is needed here"),
    ([ROUTES, "say", "integration"], ..., "routes.say.integration", "a text is needed here"),
    ([ROUTES, "say", "integration"], "ap", "routes.say.integration", "did you mean 'app'?"),
    (
        [ROUTES, "say", "integration"],
        "zzz",
        "routes.say.integration",
        "add it under integrations",
    ),
    ([ROUTES, "say", "twoWay"], "yes", "routes.say.twoWay", "it must be true or false"),
    ([ROUTES, "say", "towWay"], True, "routes.say", "did you mean 'twoWay'?"),
    ([ROUTES, "say", "authorizer"], "door", "routes.say", "the key 'authorizer' is not known"),
    ([ROUTES, "say", "model"], [], "routes.say.model", "a schema must be an object"),
    (
        [ROUTES, "say", "model"],
        {"properties": {"n": {"$ref": "https://example.com/n"}}},
        "routes.say.model",
        "$ref: 'https://example.com/n' is not in the model; copy that schema under definitions",
    ),
    ([ROUTES, "$connect", "twoWay"], True, "routes.$connect", "the key 'twoWay' is not known"),
    (
        [ROUTES, "$connect", "authorizer"],
        "dor",
        "routes.$connect.authorizer",
        "did you mean 'door'?",
    ),
    (
        [ROUTES, "$connect", "authorizer"],
        "zzz",
        "routes.$connect.authorizer",
        "add it under authorizers",
    ),
    ([ROUTES, "$connect", "authorizer"], [], "routes.$connect.authorizer", "there is no"),
    ([ROUTES, "$disconnect", "twoWay"], True, "routes.$disconnect", "is not known"),
]


@pytest.mark.parametrize(
    ("path", "value", "place", "remedy"), WRONG, ids=[f"{w[2]}-{w[1]}"[:60] for w in WRONG]
)
def test_what_is_wrong_is_refused_by_file_key_and_remedy(path, value, place, remedy):
    with pytest.raises(ApiError) as refused:
        parse(changed(path, value), "some/api.json")

    text = str(refused.value)
    assert text.startswith("some/api.json: ")
    assert place in text
    assert remedy in text
    assert text.endswith(".")


NOT_IN_A_SCHEMA = {"did you mean 'app'?", "add it under integrations"} | {
    "an integration has this name too",
    "an authorizer has this name too",
    "did you mean 'door'?",
    "add it under authorizers",
    "$ref: 'https://example.com/n' is not in the model; copy that schema under definitions",
}


@pytest.mark.parametrize(
    ("path", "value"), [w[:2] for w in WRONG if w[3] not in NOT_IN_A_SCHEMA], ids=str
)
def test_what_the_reader_refuses_the_schema_refuses(path, value):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(changed(path, value), SCHEMA)


def test_functions_say_what_runs_and_with_what():
    document = changed(["integrations", "app", "handler"], "pkg/app.handle")
    document["integrations"]["app"] |= {"memoryMegabytes": 512, "environment": {"TABLE": "t"}}
    document["authorizers"]["door"] |= {"handler": "door.decide", "timeoutSeconds": 5}
    document |= {"stageVariables": {"colour": "red"}, "codeRoot": "src"}
    jsonschema.validate(document, SCHEMA)

    api = parse(document)

    assert api.functions == {
        "app": Function("app", "integrations.app", "pkg/app.handle", {"TABLE": "t"}, 512, 1.5),
        "other": Function("other", "integrations.other"),
        "door": Function("door", "authorizers.door", "door.decide", timeout_seconds=5),
        "gate": Function("gate", "authorizers.gate"),
    }
    assert api.stage_variables == {"colour": "red"}
    assert api.code_root == Path("src")


def test_identity_sources_may_be_of_the_stage_and_of_the_context():
    sources = ["stageVariables.open", "context.identity.sourceIp"]
    document = changed(["authorizers", "door", "identitySource"], sources)
    jsonschema.validate(document, SCHEMA)

    assert parse(document).routes["$connect"].authorizer.identities == (
        Identity("stageVariables", "open"),
        Identity("context", "identity.sourceIp"),
    )


@pytest.mark.parametrize("document", [None, [], "text", 7])
def test_a_document_is_an_object(document):
    with pytest.raises(ApiError, match=r"api\.json: the document: an object is needed here\."):
        parse(document)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_and_named_however_an_editor_saves_it(tmp_path, encoding):
    path = tmp_path / "api.json"
    path.write_bytes(json.dumps(GOOD, indent=2).replace("\n", " \r\n").encode(encoding))

    assert load(path) == dataclasses.replace(parse(GOOD, str(path)), code_root=tmp_path)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("{", "it is not JSON"),
        ('{"name": "a", "name": "b"}', "the key 'name' is there twice"),
        ("\ufeff{", "Correct the syntax there"),
        ("[]", "an object is needed here"),
    ],
)
def test_a_file_that_is_no_api_is_refused_by_name(tmp_path, text, remedy):
    path = tmp_path / "api.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ApiError) as refused:
        load(path)

    assert str(refused.value).startswith(f"{path}: ")
    assert remedy in str(refused.value)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path):
    path = tmp_path / "none.json"

    with pytest.raises(ApiError, match=r"it can't be read \(No such file.*\)\. Check the path\."):
        load(path)


def test_the_schema_is_one_and_the_good_document_keeps_it():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(GOOD, SCHEMA)


def test_the_projects_own_api_keeps_the_schema_and_can_be_used():
    document = json.loads((ROOT / "api.json").read_text())

    jsonschema.validate(document, SCHEMA)
    assert load(ROOT / "api.json").routes.keys() == document["routes"].keys()
