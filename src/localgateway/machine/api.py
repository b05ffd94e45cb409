"""Read api.json: the routes of an API, the function that each calls, and the authorizer."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from localgateway.machine.limits import INTEGRATION_MILLIS
from localgateway.machine.models import BadModel, Model, compile_model

CONNECT = "$connect"
DISCONNECT = "$disconnect"
DEFAULT = "$default"
LIFECYCLE = frozenset({CONNECT, DISCONNECT, DEFAULT})

STAGE = re.compile(r"[A-Za-z0-9_-]{1,128}")
_IDENTITY = re.compile(r"(?:route\.request\.(header|querystring)|(stageVariables|context))\.(\S+)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HANDLER = re.compile(r"[\w/]+(\.[\w/]+)*\.\w+")
_MEMORY_MEGABYTES = range(128, 10_241)
_TIMEOUT_SECONDS = range(1, 901)
_EXPRESSION = "$request.body.action"
_MOST = {"routes": 300, "integrations": 300, "authorizers": 10}
"""How many an API may have (Q, as in limits.py)."""

_FUNCTION = frozenset({"handler", "environment", "memoryMegabytes", "timeoutSeconds"})
"""Keys that an integration, an authorizer and a further function may all have."""


class ApiError(Exception):
    """api.json can't be used. The text names the file, the key and what to do."""


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity source: it must be present and not empty, or the answer is 401."""

    place: str
    """`header`, `querystring`, `stageVariables` or `context`."""
    name: str


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A function that decides, before $connect runs, whether a client may connect."""

    name: str
    identities: tuple[Identity, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function: its handler and its configuration."""

    name: str
    place: str
    """Where it stands in the file, such as `integrations.app`; for error messages."""
    handler: str | None = None
    """`package.module.function`, as Lambda's setting; None when it is known elsewhere."""
    environment: Mapping[str, str] = field(default_factory=dict)
    memory_megabytes: int = 128
    timeout_seconds: float = INTEGRATION_MILLIS[-1] / 1000
    """How long it may run; its integration may time out sooner."""


@dataclass(frozen=True, slots=True)
class Route:
    """What a route key calls. A two-way route sends the answer's body back as a frame."""

    key: str
    integration: str
    timeout_seconds: float
    two_way: bool = False
    authorizer: Authorizer | None = None
    model: Model | None = None
    """Decides whether a body fits; the function of one that does not is not called."""


@dataclass(frozen=True, slots=True)
class Api:
    """One WebSocket API, as written in api.json."""

    name: str
    stage: str
    selection: str
    routes: Mapping[str, Route]
    functions: Mapping[str, Function] = field(default_factory=dict)
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    code_root: Path = Path()
    source: str = "api.json"

    def integrations(self) -> frozenset[str]:
        """Return the name of every function that routes call, authorizers included."""
        called = {route.integration for route in self.routes.values()}
        authorizers = {route.authorizer.name for route in self.routes.values() if route.authorizer}
        return frozenset(called | authorizers)


def load(path: Path) -> Api:
    """Read and check the file at `path`.

    Raises:
        ApiError: It can't be read, or something in it can't be used.
    """
    try:
        document = json.loads(path.read_bytes(), object_pairs_hook=_no_duplicates)
    except OSError as cause:
        message = f"{path}: it can't be read ({cause.strerror}). Check the path."
        raise ApiError(message) from cause
    except ValueError as cause:
        message = f"{path}: it is not JSON ({cause}). Correct the syntax there."
        raise ApiError(message) from cause
    return _Reader(str(path), path.parent).api(document)


def parse(document: object, source: str = "api.json") -> Api:
    """Return the API that a document describes; `source` names it in error messages.

    Raises:
        ApiError: Something in it can't be used.
    """
    return _Reader(source, Path()).api(document)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that is there twice: the first would be lost silently."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            message = f"the key {key!r} is there twice"
            raise ValueError(message)
        found[key] = value
    return found


class _Reader:
    """Reads the document key by key, and names the place of what it refuses."""

    def __init__(self, source: str, folder: Path) -> None:
        self._source = source
        self._folder = folder

    def api(self, document: object) -> Api:
        top = self._object(
            document,
            "the document",
            {
                "$schema",
                "name",
                "stage",
                "routeSelectionExpression",
                "authorizers",
                "integrations",
                "routes",
                "functions",
                "stageVariables",
                "codeRoot",
            },
        )
        name = self._text(top, "name", "name")
        stage = self._text(top, "stage", "stage")
        if not STAGE.fullmatch(stage):
            self._refuse("stage", f"{stage!r} is not one path segment; use letters, digits, - or _")
        selection = self._text(
            top, "routeSelectionExpression", "routeSelectionExpression", _EXPRESSION
        )
        authorizers = self._authorizers(top.get("authorizers", {}))
        timeouts = self._timeouts(top.get("integrations"))
        routes = self._routes(top.get("routes"), timeouts, authorizers)
        return Api(
            name,
            stage,
            selection,
            routes,
            self._functions(top, timeouts),
            self._variables(top.get("stageVariables", {}), "stageVariables"),
            self._folder / self._text(top, "codeRoot", "codeRoot", "."),
            self._source,
        )

    def _functions(
        self, top: Mapping[str, Any], timeouts: Mapping[str, float]
    ) -> dict[str, Function]:
        """Read every function; one name is one function, whatever calls it."""
        found: dict[str, Function] = {}
        for kind in ("integrations", "authorizers", "functions"):
            for name, fields in self._object(top.get(kind, {}), kind).items():
                place = f"{kind}.{name}"
                if name in found:
                    other = found[name].place.partition("s.")[0]
                    self._refuse(place, f"an {other} has this name too; give it another")
                if kind == "functions":
                    self._object(fields, place, set(_FUNCTION))
                found[name] = self._function(name, place, fields, timeouts)
        return found

    def _function(
        self, name: str, place: str, fields: Mapping[str, Any], timeouts: Mapping[str, float]
    ) -> Function:
        longest = timeouts.get(name, INTEGRATION_MILLIS[-1] / 1000)
        handler = fields.get("handler")
        if handler is not None and not (isinstance(handler, str) and _HANDLER.fullmatch(handler)):
            self._refuse(
                f"{place}.handler", f"{handler!r} is no function; write package.module.function"
            )
        return Function(
            name,
            place,
            handler,
            self._variables(fields.get("environment", {}), f"{place}.environment"),
            self._whole(fields, "memoryMegabytes", place, _MEMORY_MEGABYTES) or 128,
            self._whole(fields, "timeoutSeconds", place, _TIMEOUT_SECONDS) or longest,
        )

    def _variables(self, value: object, place: str) -> dict[str, str]:
        found = self._object(value, place)
        for name, text in found.items():
            if not _VARIABLE.fullmatch(name):
                self._refuse(place, f"{name!r} is no name; use letters, digits and _")
            if not isinstance(text, str):
                self._refuse(f"{place}.{name}", "it must be a text; put it in quotes")
        return found

    def _whole(
        self, fields: Mapping[str, object], key: str, place: str, allowed: range
    ) -> int | None:
        value = fields.get(key)
        if value is not None and (type(value) is not int or value not in allowed):
            limits = f"{allowed.start} and {allowed.stop - 1}"
            self._refuse(f"{place}.{key}", f"{value!r} is not a whole number between {limits}")
        assert value is None or isinstance(value, int)
        return value

    def _authorizers(self, value: object) -> dict[str, Authorizer]:
        found = {}
        for name, fields in self._object(value, "authorizers").items():
            place = f"authorizers.{name}"
            entry = self._object(fields, place, {"identitySource", *_FUNCTION})
            sources = entry.get("identitySource", [])
            if not isinstance(sources, list):
                self._refuse(f"{place}.identitySource", "it must be a list of texts")
            found[name] = Authorizer(name, tuple(self._identity(s, place) for s in sources))
        return found

    def _identity(self, source: object, place: str) -> Identity:
        match = _IDENTITY.fullmatch(source) if isinstance(source, str) else None
        if match is None:
            self._refuse(
                f"{place}.identitySource",
                f"{source!r} is not known; write route.request.header.NAME, "
                "route.request.querystring.NAME, stageVariables.NAME or context.NAME",
            )
        return Identity(match[1] or match[2], match[3])

    def _timeouts(self, value: object) -> dict[str, float]:
        found = {}
        for name, fields in self._object(value, "integrations").items():
            place = f"integrations.{name}"
            millis = self._object(fields, place, {"timeoutMillis", *_FUNCTION}).get(
                "timeoutMillis", INTEGRATION_MILLIS[-1]
            )
            if type(millis) is not int or millis not in INTEGRATION_MILLIS:
                self._refuse(f"{place}.timeoutMillis", f"{millis!r} is not between 50 and 29000")
            found[name] = millis / 1000
        return found

    def _routes(
        self, value: object, timeouts: Mapping[str, float], authorizers: Mapping[str, Authorizer]
    ) -> dict[str, Route]:
        routes = {}
        for key, fields in self._object(value, "routes").items():
            place = f"routes.{key}"
            entry = self._object(fields, place, {"integration", *_further_keys(key)})
            integration = self._text(entry, "integration", f"{place}.integration")
            self._known(integration, timeouts, f"{place}.integration", "integration")
            two_way = entry.get("twoWay", False)
            if not isinstance(two_way, bool):
                self._refuse(f"{place}.twoWay", "it must be true or false")
            authorizer = entry.get("authorizer")
            if authorizer is not None:
                self._known(authorizer, authorizers, f"{place}.authorizer", "authorizer")
            routes[key] = Route(
                key,
                integration,
                timeouts[integration],
                two_way,
                authorizers[authorizer] if authorizer is not None else None,
                self._model(entry["model"], f"{place}.model") if "model" in entry else None,
            )
        if not routes:
            self._refuse("routes", "there is none; add at least $default")
        for kind, found in (
            ("routes", routes),
            ("integrations", timeouts),
            ("authorizers", authorizers),
        ):
            if len(found) > _MOST[kind]:
                self._refuse(kind, f"there are {len(found)}; API Gateway allows {_MOST[kind]}")
        return routes

    def _model(self, schema: object, place: str) -> Model:
        try:
            return compile_model(schema)
        except BadModel as why:
            self._refuse(place, str(why))

    def _known(self, name: object, known: Mapping[str, object], place: str, kind: str) -> None:
        if not isinstance(name, str) or name not in known:
            near = get_close_matches(str(name), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"add it under {kind}s"
            self._refuse(place, f"there is no {kind} {name!r}; {hint}")

    def _object(self, value: object, place: str, allowed: set[str] | None = None) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._refuse(place, "an object is needed here")
        for key in value:
            if allowed is not None and key not in allowed:
                near = get_close_matches(key, allowed, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                self._refuse(place, f"the key {key!r} is not known{hint}")
        return value

    def _text(
        self, fields: Mapping[str, object], key: str, place: str, default: str | None = None
    ) -> str:
        value = fields.get(key, default)
        if not isinstance(value, str) or not value:
            self._refuse(place, "a text is needed here")
        return value

    def _refuse(self, place: str, why: str) -> NoReturn:
        message = f"{self._source}: {place}: {why}."
        raise ApiError(message)


def _further_keys(key: str) -> set[str]:
    """Return the keys a route may have besides its integration; $connect has no replies."""
    match key:
        case "$connect":
            return {"authorizer"}
        case "$disconnect":
            return set()
        case _:
            return {"twoWay", "model"}
