"""The AWS calls that each Lambda function can make, read from its code.

`audit_infra.py` compares them with the function's permissions. A call counts if the function's
code can reach it: so `fanout`, which only forgets connections, needs no Query.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
COMPOSITION = "fireside.functions.aws"
KILL_SWITCH = "fireside.functions.kill_switch"
STORES = "fireside.adapters.dynamodb"
CLIENTS = "fireside.adapters.aws_clients"
VARIABLES = "fireside.environment"


class Call(NamedTuple):
    """An IAM action and its target: a table's variable, or one of the constants below."""

    action: str
    target: str


CONNECTIONS, FUNCTION, STAGE = "posts to connections", "the function fanout", "the stage"
ENDINGS = "ends of connections"

FACTORIES = {
    "outbound": Call("execute-api:ManageConnections", CONNECTIONS),
    "ender": Call("execute-api:ManageConnections", ENDINGS),
    "functions": Call("lambda:InvokeFunction", FUNCTION),
}
"""The calls of the clients that `adapters/aws_clients.py` makes, except for tables."""

SDK = {"update_stage": Call("apigateway:PATCH", STAGE)}
"""The call of each SDK method that the kill switch uses."""

TRANSACTION = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
"""The permissions a transaction needs: one for each kind of write in it, none for itself."""


def calls() -> dict[str, set[Call]]:
    """Return for each function the AWS calls its code can make."""
    composition = _parse(COMPOSITION)
    reached = {
        name: set(_asked(composition, builder)) for name, builder in _builders(composition).items()
    }
    verbs = set(_attributes(_parse(KILL_SWITCH)))
    return {**reached, "brake": {call for verb, call in SDK.items() if verb in verbs}}


def client_factories() -> set[str]:
    """Return the functions that make clients, so that a test notices a new kind of client."""
    return {
        node.name
        for node in _parse(CLIENTS).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }


def environment() -> dict[str, set[str]]:
    """Return for each function the `FIRESIDE_` variables its code reads."""
    composition = _parse(COMPOSITION)
    found = {
        name: set(_read_by(composition, builder))
        for name, builder in _builders(composition).items()
    }
    return {**found, "brake": set(_variables(_parse(KILL_SWITCH)))}


def _read_by(module: ast.Module, function: str) -> Iterator[str]:
    """Yield the variables that a function, and the Fireside code it imports, reads."""
    parts = list(_closure(module, function))
    yield from (name for part in parts for name in _variables(part))
    for origin, name in _used(module, parts):
        if origin == CLIENTS:
            yield _constants(_parse(CLIENTS))["CLIENT"]
        elif name in _functions(_parse(origin)):
            yield from _read_by(_parse(origin), name)


def _asked(composition: ast.Module, builder: str) -> Iterator[Call]:
    """Yield the AWS calls that the code of a function can reach."""
    parts = list(_closure(composition, builder))
    verbs = {verb for part in parts for verb in _attributes(part)}
    for origin in {origin for origin, _ in _used(composition, parts)} - {CLIENTS}:
        if not origin.startswith(STORES):
            verbs.update(verb for part in _parts(origin) for verb in _attributes(part))
    for factory in _factories(composition, builder):
        yield FACTORIES[factory]
    for store, table in _stores(parts):
        for operation in _operations(_origin(composition, store), store, verbs):
            yield Call(f"dynamodb:{operation}", table)


def _variables(part: ast.AST) -> Iterator[str]:
    """Yield the variables that a part names: `environment.HOSTS`."""
    module, names = VARIABLES.rpartition(".")[2], _constants(_parse(VARIABLES))
    for node in ast.walk(part):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == module:
            yield names[node.attr]


def _builders(composition: ast.Module) -> dict[str, str]:
    """Return `_BUILDERS`: which function of the module builds which Lambda function."""
    for node in composition.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "_BUILDERS":
            assert isinstance(node.value, ast.Dict)
            pairs = zip(node.value.keys, node.value.values, strict=True)
            return {ast.literal_eval(key): ast.unparse(value) for key, value in pairs if key}
    raise LookupError(f"{COMPOSITION} has no _BUILDERS: teach tools/aws_calls.py its new form.")


def _functions(module: ast.Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}


def _closure(module: ast.Module, name: str) -> Iterator[ast.AST]:
    """Yield a function of a module, and all functions of that module that it uses."""
    functions = _functions(module)
    waiting, seen = [name], {name}
    while waiting:
        function = functions[waiting.pop()]
        yield function
        used = set(_names(function, functions)) - seen
        waiting += sorted(used)
        seen |= used


def _used(module: ast.Module, parts: list[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield what the parts use of Fireside's other modules: the module and the name."""
    for node in module.body:
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("fireside"):
            continue
        for name in (alias.name for alias in node.names if not alias.name.isupper()):
            if any(name in _names(part, {name}) for part in parts):
                whole = f"{node.module}.{name}"
                yield (whole if _file(whole) else str(node.module)), name


def _factories(composition: ast.Module, builder: str) -> set[str]:
    """Return the clients, except for tables, that the parts make: `aws_clients.outbound(...)`."""
    return {
        node.attr
        for part in _closure(composition, builder)
        for node in ast.walk(part)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node.value) == CLIENTS.rpartition(".")[2]
        and node.attr in FACTORIES
    }


def _stores(parts: list[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield the stores that the parts make, each with the variable of its table's name."""
    for node in (node for part in parts for node in ast.walk(part)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("Dynamo"):
            table = next(arg for arg in node.args if ast.unparse(arg).startswith("environ["))
            (variable,) = _variables(table)
            yield ast.unparse(node.func), variable


def _operations(origin: str, store: str, verbs: set[str]) -> set[str]:
    """Return the operations that a store's methods can reach, of those whose names are used."""
    module = _parse(origin)
    (body,) = (
        node.body for node in module.body if isinstance(node, ast.ClassDef) and node.name == store
    )
    own = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    methods = _in_reach(module) | own
    waiting = [name for name in own if name in verbs and not name.startswith("_")]
    seen: set[str] = set()
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        words = set(_called(methods[name]))
        found |= words - {"TransactWriteItems"}
        if "TransactWriteItems" in words:
            texts = {text for each in body for text in _texts(each)}
            found |= {action for word, action in TRANSACTION.items() if word in texts}
        waiting += [*_attributes(methods[name], methods), *_names(methods[name], methods)]
    return found


def _in_reach(module: ast.Module) -> dict[str, ast.FunctionDef]:
    """Return a store's functions, and those that it imports from other modules of the stores."""
    found: dict[str, ast.FunctionDef] = {}
    for node in module.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(STORES):
            functions = _functions(_parse(str(node.module)))
            wanted = {alias.name for alias in node.names} & functions.keys()
            found |= functions if wanted else {}
    return found | _functions(module)


def _origin(module: ast.Module, name: str) -> str:
    """Return from where a module imports a name."""
    return next(
        str(node.module)
        for node in module.body
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}
    )


def _called(node: ast.AST) -> Iterator[str]:
    """Yield the operations in `something.call("Operation", ...)`."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(".call"):
            yield ast.literal_eval(call.args[0])


def _constants(module: ast.Module) -> dict[str, str]:
    """Return the module's constants that name `FIRESIDE_` variables."""
    return {
        name: text
        for node in module.body
        if isinstance(node, ast.Assign)
        for name, text in _named(node)
        if text.startswith("FIRESIDE_")
    }


def _named(node: ast.Assign) -> Iterator[tuple[str, str]]:
    """Return pairs of name and text of `A, B = "a", "b"`."""
    names = ast.unparse(node.targets[0]).strip("()").split(", ")
    return zip(names, _texts(node.value), strict=False)


def _texts(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def _names(
    node: ast.AST, among: dict[str, str] | dict[str, ast.FunctionDef] | set[str]
) -> list[str]:
    return [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id in among]


def _attributes(node: ast.AST, among: dict[str, ast.FunctionDef] | None = None) -> list[str]:
    found = [part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)]
    return [name for name in found if among is None or name in among]


def _file(module: str) -> Path | None:
    path = SOURCE / module.replace(".", "/")
    found = (one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file())
    return next(found, None)


def _parts(module: str) -> list[ast.Module]:
    """Return a module, or all modules of a package."""
    path = _file(module)
    if path is None or path.name != "__init__.py":
        return [_parse(module)]
    return [ast.parse(each.read_text("utf-8")) for each in sorted(path.parent.rglob("*.py"))]


def _parse(module: str) -> ast.Module:
    path = _file(module)
    if path is None:
        raise LookupError(f"There is no {module}: teach tools/aws_calls.py where it went.")
    return ast.parse(path.read_text("utf-8"))
