"""Print how large the parts of the source are, and fail when one is over its limit.

python tools/figures.py             src/ here, and the page's figures where web/ has its own
python tools/figures.py --all       names everything over a limit, not only the largest
"""

import argparse
import ast
import io
import subprocess
import sys
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple, TypeAlias

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("fireside", "localgateway")

MOST_FILES = 17
MOST_LINES = 40
PAGE_FIGURES = "scripts/figures.mjs"

NO_CODE = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


class Found(NamedTuple):
    """How large something is, and which thing that is."""

    size: int
    where: str


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, largest first, and the most that is allowed."""

    name: str
    limit: int
    found: list[Found]

    @property
    def over(self) -> list[Found]:
        """What is over the limit."""
        return [one for one in self.found if one.size > self.limit]


def measure(root: Path) -> list[Figure]:
    """Return every figure of the repository in `root`."""
    source = root / "src"
    longest = [
        Figure(f"longest function in {package}, lines", MOST_LINES, functions(source / package))
        for package in PACKAGES
    ]
    return [
        Figure("widest folder, Python files", MOST_FILES, folders(source)),
        Figure("circles between folders", 0, _one_each(circles(source))),
        *longest,
        Figure("exceptions in the import contracts", 0, _one_each(exceptions(root))),
    ]


def folders(source: Path) -> list[Found]:
    """Return how many modules each folder holds, `__init__` among them."""
    counts = Counter(path.parent for path in _modules(source))
    return _largest(Found(count, _name(folder, source)) for folder, count in counts.items())


def functions(package: Path) -> list[Found]:
    """Return how many lines of code each function has."""
    return _largest(
        Found(size, f"{_name(path, package.parent)}:{function.lineno} {function.name}")
        for path in _modules(package)
        for function, size in _sizes(path.read_text("utf-8"))
    )


def _sizes(text: str) -> Iterator[tuple[Function, int]]:
    """Count as a reader does: from `def` on, without blank lines, comments and docstrings."""
    tree = ast.parse(text)
    lines = _code_lines(text) - _docstring_lines(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield node, len(lines & set(range(node.lineno, node.end_lineno + 1)))


def _code_lines(text: str) -> set[int]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {
        line
        for token in tokens
        if token.type not in NO_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }


def _docstring_lines(tree: ast.Module) -> set[int]:
    """Return the lines of every string that stands alone: it documents, and does nothing."""
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def circles(source: Path) -> list[str]:
    """Return one circle of imports for each folder whose parts import each other in a circle.

    A part is a folder with all that is in it, or a module beside folders.
    """
    imports = _imports(source)
    parents = {path.parent for path in source.rglob("*/__init__.py") if path.parent != source}
    with_folders = sorted({_dotted(folder.parent, source) for folder in parents})
    found = (_circle(imports, within) for within in with_folders)
    return [" -> ".join(names) for names in found if names]


def _circle(imports: Mapping[str, set[str]], within: str) -> list[str]:
    """Return the parts of a folder that import each other in a circle: none is an empty list."""
    parts: dict[str, set[str]] = {}
    for name, targets in imports.items():
        if part := _part(name, within):
            reached = {_part(target, within) for target in targets}
            parts.setdefault(part, set()).update(reached - {part, ""})
    try:
        TopologicalSorter(parts).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle[::-1]
    return []


def _part(name: str, within: str) -> str:
    """Return the part of the folder `within` that a module belongs to, if it is in there."""
    prefix = f"{within}." if within else ""
    head = name.removeprefix(prefix).partition(".")[0]
    return f"{prefix}{head}" if name.startswith(prefix) and name != within else ""


def _imports(source: Path) -> dict[str, set[str]]:
    """Return what each module imports of the others, anywhere in it and if only for types."""
    paths = {_dotted(path, source): path for path in _modules(source)}
    return {name: _imported_by(path) & paths.keys() - {name} for name, path in paths.items()}


def _imported_by(path: Path) -> set[str]:
    """Return all names that may be modules."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Import(names=imported):
                names.update(alias.name for alias in imported)
            case ast.ImportFrom(module=str(module), names=imported):
                members = {f"{module}.{alias.name}" for alias in imported}
                names |= {module} | members
            case _:
                pass
    return names


def exceptions(root: Path) -> list[str]:
    """Return what the import contracts in pyproject.toml leave out."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    linter = project["tool"]["importlinter"]
    return [
        f"{contract['id']}: {line}"
        for contract in linter["contracts"]
        for line in contract.get("ignore_imports", [])
    ]


def _modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def _name(path: Path, source: Path) -> str:
    return path.relative_to(source).as_posix()


def _dotted(path: Path, source: Path) -> str:
    name = _name(path, source).removesuffix(".py").replace("/", ".")
    return name.removesuffix(".__init__").removeprefix(".")


def _largest(found: Iterable[Found]) -> list[Found]:
    return sorted(found, key=lambda one: (-one.size, one.where))


def _one_each(lines: list[str]) -> list[Found]:
    return [Found(len(lines), line) for line in lines]


def table(figures: list[Figure], *, name_all: bool = False) -> str:
    """Format the figures, a line each; what is over its limit is named."""
    width = max(len(figure.name) for figure in figures)
    lines = []
    for figure in figures:
        most = figure.found[0] if figure.found else Found(0, "")
        verdict = "NOT OK" if figure.over else "ok"
        lines.append(
            f"{figure.name:<{width}}  {most.size:>3} of at most {figure.limit:>2}  {verdict:<6}"
            f"  {most.where}".rstrip()
        )
        if name_all:
            lines += [f"{'':<{width}}  {one.size:>3} {one.where}" for one in figure.over[1:]]
    return "\n".join(lines)


def page_is_fine(root: Path) -> bool:
    """Print the page's own figures; return whether each is within its limit."""
    if not (root / "web" / PAGE_FIGURES).is_file():
        return True
    return subprocess.run(["node", PAGE_FIGURES], cwd=root / "web", check=False).returncode == 0


def main(arguments: list[str] | None = None) -> int:
    """Print all figures, and return the exit code."""
    parser = argparse.ArgumentParser(description="Print how large the parts of the source are.")
    parser.add_argument("--all", action="store_true", help="name everything over a limit")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository; default: this one")
    options = parser.parse_args(arguments)
    figures = measure(options.root)
    print(table(figures, name_all=options.all), flush=True)
    is_fine = not any(figure.over for figure in figures)
    return int(not (page_is_fine(options.root) and is_fine))


if __name__ == "__main__":
    sys.exit(main())
