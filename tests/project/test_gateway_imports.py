"""The gateway stands alone: it knows routes and connections, and no chat."""

import ast
from pathlib import Path

import localgateway

FOLDER = Path(localgateway.__file__).parent
PURE = [
    *(FOLDER / "machine").glob("*.py"),
    *(FOLDER / f"functions/{name}.py" for name in ("connections", "runner")),
]


def imported_by(path):
    """Name every module that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names):
                found |= {name.name for name in names}
            case ast.ImportFrom(module=module):
                found.add(module or "")
    return {name.split(".")[0] for name in found}


def test_the_gateway_imports_nothing_of_fireside():
    assert not any("fireside" in imported_by(path) for path in FOLDER.rglob("*.py"))


def test_only_the_rim_does_io():
    rim = {"aiohttp", "websockets", "asyncio", "socket", "secrets", "random"}
    assert len(PURE) > 2
    for path in PURE:
        assert not imported_by(path) & rim, path
