"""Build the zip that Lambda runs: what the functions import and nothing else, the same every time.

Nothing in it depends on who builds it: entries are sorted, stored uncompressed (compressors
differ), and have one time and one mode. There is nothing compiled in it that a processor could
mind, so arm64 and x86 take the same file.
"""

import ast
import hashlib
import marshal
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import fireside

FUNCTIONS = "fireside.functions.aws"
"""The module whose functions Lambda calls."""

RUNTIME = (3, 13)
"""The Python that runs them. Its byte code is of use to no other, so no other may build it."""

SOURCES = Path(fireside.__file__).parents[1]
"""The folder with the packages, in a checkout as where they are installed."""

LARGEST = 1_000_000  # bytes: ours; Lambda itself would take 50 MB

_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip knows
_MODE = 0o100644 << 16  # a file that all may read, whatever the builder's umask
_UNIX = 3
_NEVER_CHECKED = (1).to_bytes(4, "little") + bytes(8)
"""The head of byte code that is used without a look at its source (PEP 552)."""


class CannotPackage(Exception):  # noqa: N818 - it says what happened
    """There is no zip. The sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Package:
    """A zip that was written."""

    path: Path
    modules: tuple[str, ...]
    has_byte_code: bool
    size: int
    sha256: str


def describe(package: Package) -> str:
    """Say what is in the zip, and what is not."""
    where = package.path if package.path.exists() else package.path.name
    lines = [
        f"{where}: {len(package.modules)} modules, {package.size:,} bytes",
        f"sha256 {package.sha256}",
    ]
    if not package.has_byte_code:
        wanted, ours = ".".join(map(str, RUNTIME)), ".".join(map(str, sys.version_info[:2]))
        lines.append(
            f"Sources only: byte code for Python {wanted} can be built by Python {wanted} alone, "
            f"and this is {ours}. It runs all the same; a cold start compiles it first."
        )
    return "\n".join(lines)


def write(
    out: Path, root: str = FUNCTIONS, sources: Path = SOURCES, runtime: tuple[int, int] = RUNTIME
) -> Package:
    """Write the zip to `out`; the folder is made.

    Raises:
        CannotPackage: A module is missing, the zip is too large, or `out` can't be written.
    """
    modules = closure(root, sources)
    has_byte_code = sys.version_info[:2] == runtime
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for name, data in sorted(_entries(modules, sources, has_byte_code=has_byte_code)):
                archive.writestr(_entry(name), data)
        content = out.read_bytes()
    except OSError as cause:
        raise CannotPackage(
            f"{out} can't be written ({cause.strerror}): name another with --out."
        ) from cause
    if len(content) > LARGEST:
        raise CannotPackage(f"The zip has {len(content):,} bytes, more than {LARGEST:,}.")
    digest = hashlib.sha256(content).hexdigest()
    return Package(out, tuple(sorted(modules)), has_byte_code, len(content), digest)


def closure(root: str, sources: Path = SOURCES) -> Mapping[str, Path]:
    """Find the modules of ours that a module needs, wherever in it they are imported.

    Raises:
        CannotPackage: One of them is not there.
    """
    packages = {path.parent.name for path in sources.glob("*/__init__.py")}
    found: dict[str, Path] = {}
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        path = _file(name, sources)
        if path is None:
            raise CannotPackage(f"There is no module {name} in {sources}: is the install whole?")
        found[name] = path
        parent = name.rpartition(".")[0]
        waiting += [parent] if parent else []
        waiting += [
            one for one in _imported(name, path, sources) if one.partition(".")[0] in packages
        ]
    return found


def _file(name: str, sources: Path) -> Path | None:
    """Find the file of a module or of a package."""
    path = sources.joinpath(*name.split("."))
    candidates = (path / "__init__.py", path.with_suffix(".py"))
    return next((one for one in candidates if one.is_file()), None)


def _imported(name: str, path: Path, sources: Path) -> Iterator[str]:
    """Name the modules that a file imports; what only a type checker reads does not count."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in _run(ast.parse(path.read_bytes(), str(path))):
        match node:
            case ast.Import(names):
                yield from (one.name for one in names)
            case ast.ImportFrom(module, names, level):
                above = package.split(".")[: -(level - 1) or None] if level else []
                origin = ".".join([*above, *([module] if module else [])])
                yield origin
                inside = (f"{origin}.{one.name}" for one in names)
                yield from (one for one in inside if _file(one, sources) is not None)
            case _:
                pass


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what may run: everything but `if TYPE_CHECKING:`."""
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        for other in node.orelse:
            yield from _run(other)
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _run(child)


def _entries(
    modules: Mapping[str, Path], sources: Path, *, has_byte_code: bool
) -> Iterator[tuple[str, bytes]]:
    for path in modules.values():
        name = path.relative_to(sources).as_posix()
        source = path.read_bytes()
        yield name, source
        if has_byte_code:
            folder, _, file = name.rpartition("/")
            cached = file.replace(".py", f".{sys.implementation.cache_tag}.pyc")
            yield f"{folder}/__pycache__/{cached}", _byte_code(source, name)


def _byte_code(source: bytes, name: str) -> bytes:
    """Compile, and write it without what depends on who else holds the same object (version 2)."""
    code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    return MAGIC_NUMBER + _NEVER_CHECKED + marshal.dumps(code, 2)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system = _UNIX
    entry.external_attr = _MODE
    return entry
