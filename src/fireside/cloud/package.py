"""Build the zip that Lambda runs: what the functions import and nothing else, the same every time.

A module's data is a text file of its name beside it: `lookalikes.txt` goes with `lookalikes.py`.

Nothing in it depends on the computer that builds it: entries are sorted, stored uncompressed
(compressors differ), and have one time and one mode. It has no native code, so arm64 and x86 run
the same file.
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
"""The Python version that runs them on Lambda. Only the same version can write its byte code."""

SOURCES = Path(fireside.__file__).parents[1]
"""The folder that has the packages, in a checkout and in an installation."""

MAX_BYTES = 1_000_000
"""Of the zip, so that a new dependency is noticed. Lambda itself accepts 50 MB."""

_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
_MODE = 0o100644 << 16  # a file that everyone may read, independent of the umask
_UNIX = 3
_UNCHECKED_HASH = (1).to_bytes(4, "little") + bytes(8)
"""The header of byte code that is used without a look at its source (PEP 552)."""


class CannotPackage(Exception):  # noqa: N818 - it says what happened
    """The zip can't be built. The sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Package:
    """A zip that was written; `size` in bytes."""

    path: Path
    modules: tuple[str, ...]
    has_byte_code: bool
    size: int
    sha256: str


def describe(package: Package) -> str:
    """Return what the zip holds as text: modules, bytes, checksum, missing byte code."""
    where = package.path if package.path.exists() else package.path.name
    lines = [
        f"{where}: {len(package.modules)} modules, {package.size:,} bytes",
        f"sha256 {package.sha256}",
    ]
    if not package.has_byte_code:
        wanted, here = ".".join(map(str, RUNTIME)), ".".join(map(str, sys.version_info[:2]))
        lines.append(
            f"Sources only: byte code for Python {wanted} can be built by Python {wanted} alone, "
            f"and this is {here}. The zip runs all the same; a cold start compiles it first."
        )
    return "\n".join(lines)


def write(
    out: Path, root: str = FUNCTIONS, sources: Path = SOURCES, runtime: tuple[int, int] = RUNTIME
) -> Package:
    """Write the zip to `out`, and create its folder.

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
    if len(content) > MAX_BYTES:
        raise CannotPackage(f"The zip has {len(content):,} bytes, more than {MAX_BYTES:,}.")
    digest = hashlib.sha256(content).hexdigest()
    return Package(out, tuple(sorted(modules)), has_byte_code, len(content), digest)


def closure(root: str, sources: Path = SOURCES) -> Mapping[str, Path]:
    """Return the modules in `sources` that `root` imports, directly or not, with their files.

    Imports within functions count too.

    Raises:
        CannotPackage: One of them does not exist.
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
    """Return the file of a module or of a package; None if there is none."""
    path = sources.joinpath(*name.split("."))
    candidates = (path / "__init__.py", path.with_suffix(".py"))
    return next((one for one in candidates if one.is_file()), None)


def _imported(name: str, path: Path, sources: Path) -> Iterator[str]:
    """Yield the names of modules that a file imports, except those for a type checker alone."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in _runtime_nodes(ast.parse(path.read_bytes(), str(path))):
        match node:
            case ast.Import(names):
                yield from (one.name for one in names)
            case ast.ImportFrom(module, names, level):
                parents = package.split(".")[: -(level - 1) or None] if level else []
                origin = ".".join([*parents, *([module] if module else [])])
                yield origin
                submodules = (f"{origin}.{one.name}" for one in names)
                yield from (one for one in submodules if _file(one, sources) is not None)
            case _:
                pass


def _runtime_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every node that can run: all but those in `if TYPE_CHECKING:`."""
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        for other in node.orelse:
            yield from _runtime_nodes(other)
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _runtime_nodes(child)


def _entries(
    modules: Mapping[str, Path], sources: Path, *, has_byte_code: bool
) -> Iterator[tuple[str, bytes]]:
    for path in modules.values():
        name = path.relative_to(sources).as_posix()
        source = path.read_bytes()
        yield name, source
        data = path.with_suffix(".txt")
        if data.is_file():
            yield data.relative_to(sources).as_posix(), data.read_bytes()
        if has_byte_code:
            folder, _, file = name.rpartition("/")
            cached = file.replace(".py", f".{sys.implementation.cache_tag}.pyc")
            yield f"{folder}/__pycache__/{cached}", _byte_code(source, name)


def _byte_code(source: bytes, name: str) -> bytes:
    """Return the compiled module.

    Version 2 of marshal's format has no references, which would depend on the rest of the process.
    """
    code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    return MAGIC_NUMBER + _UNCHECKED_HASH + marshal.dumps(code, 2)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system = _UNIX
    entry.external_attr = _MODE
    return entry
