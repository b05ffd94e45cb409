"""`fireside doctor`: check what the chat needs, with a remedy for each problem."""

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from fireside.adapters.secret_file import SecretFile, SecretUnusable
from fireside.adapters.sqlite.space import WARN_TIMES, Usage
from fireside.cli.options.settings import with_settings
from fireside.console.checks import Check, line
from fireside.console.exits import ExitCode
from fireside.server.data_folder import invite_file, owner_file
from fireside.server.database_check import check_database
from fireside.server.own_folder import NAME, check_own_folder, knows_others
from fireside.server.process import cannot_listen
from fireside.server.settings import Settings, asks_for_invite, is_reachable
from fireside.system import DAY_SECONDS
from localgateway.platform.listening import listen

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 35, 0)  # for RETURNING
OLDEST_NODE = (20, 19)
LITTLE_SPACE = 1 << 30  # bytes
NO_SPACE = 50 << 20  # bytes

PACKAGE = Path(__file__).resolve().parents[1]


@click.command("doctor")
@with_settings("host", "port", "data", "public_url", "invites", "keep_free")
@click.option("--json", "as_json", is_flag=True, help="JSON output")
def command(settings: Settings, *, as_json: bool) -> int:
    """Check what the chat needs, and print a remedy for each problem.

    The exit code is 1 when a check failed.
    """
    return doctor(settings, as_json=as_json)


def doctor(settings: Settings, *, as_json: bool) -> int:
    """Print every check; return 1 if the chat can't run before a problem is solved."""
    checks = []
    for check in examine(settings):
        checks.append(check)
        if not as_json:
            print(line(check), flush=True)  # each at once: to read a large database takes a while
    if as_json:
        print(json.dumps([asdict(check) for check in checks], indent=2))
    failed = any(check.verdict == "fail" for check in checks)
    return int(ExitCode.UNEXPECTED if failed else ExitCode.OK)


def examine(settings: Settings) -> Iterator[Check]:
    """Check everything the chat needs, in the order in which it is needed."""
    yield check_python(sys.version_info[:3])
    yield check_sqlite(sqlite3.sqlite_version_info, sqlite3.threadsafety)
    yield check_folder(settings.data)
    yield check_space(settings, shutil.disk_usage)
    yield check_wal(settings.data)
    yield check_database(settings.data)
    yield check_port(settings)
    yield check_invite(settings)
    yield check_owner_link(settings)
    yield check_page(PACKAGE / "web/index.html")
    yield check_clock(time.time(), (PACKAGE / "__init__.py").stat().st_mtime)
    if (PACKAGE.parents[1] / "web/package.json").is_file():
        yield check_node(_node_version())


def check_python(version: tuple[int, ...]) -> Check:
    """Compare with the oldest supported Python."""
    found = _dotted(version)
    if version < OLDEST_PYTHON:
        return Check("python", "fail", found, f"Install Python {_dotted(OLDEST_PYTHON)} or newer.")
    return Check("python", "ok", found)


def check_sqlite(version: tuple[int, ...], threadsafety: int) -> Check:
    """Check that SQLite knows all statements, and that another thread may use it."""
    found = f"{_dotted(version)}, thread safety {threadsafety}"
    if version < OLDEST_SQLITE or threadsafety == 0:
        remedy = f"Use a Python whose SQLite is {_dotted(OLDEST_SQLITE)} or newer, with threads."
        return Check("sqlite", "fail", found, remedy)
    return Check("sqlite", "ok", found)


def check_folder(data: Path) -> Check:
    """Try to write to the data folder, which must not be open to others."""
    wrong = check_own_folder(data)
    if wrong is not None:
        return wrong
    alone = ", and not by others" if knows_others() else ""
    try:
        with _scratch(data):
            return Check(NAME, "ok", f"{data} is writable{alone}")
    except OSError as cause:
        found = f"can't write to {data}: {cause.strerror}"
        return Check(NAME, "fail", found, "Fix its permissions, or choose another with --data.")


def check_space(settings: Settings, usage: Usage) -> Check:
    """Check the free space: below what must stay free, every message is refused."""
    free = usage(_nearest(settings.data))[2]
    found = f"{free / (1 << 30):,.1f} GiB free"
    if free < max(settings.keep_free, NO_SPACE):
        found = f"{found}, which is too little to store messages"
        remedy = "Free some space, choose --data elsewhere, or a smaller --keep-free."
        return Check("free space", "fail", found, remedy)
    if free < max(WARN_TIMES * settings.keep_free, LITTLE_SPACE):
        return Check("free space", "warn", found, "Free some space soon.")
    return Check("free space", "ok", found)


def check_wal(data: Path) -> Check:
    """Open a temporary database in the folder: network file systems have no write-ahead log."""
    try:
        with _scratch(data) as folder:
            database = sqlite3.connect(Path(folder, "try.sqlite3"))
            mode = database.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            database.close()
    except (OSError, sqlite3.Error):
        mode = "none"
    if mode != "wal":
        remedy = "Choose a --data folder on a local disk."
        return Check("write-ahead log", "fail", f"journal mode {mode}", remedy)
    return Check("write-ahead log", "ok", "works in the data folder")


def check_port(settings: Settings) -> Check:
    """Try to listen where the server would."""
    host, port = settings.host, settings.port
    try:
        for listener in listen(host, port):
            listener.close()
    except OSError as cause:
        found, _, remedy = str(cannot_listen(settings, cause)).partition(": ")
        return Check("port", "fail", found, f"{remedy[0].upper()}{remedy[1:]}")
    return Check("port", "ok", f"{host} port {port} is free" if port else f"{host}, any free port")


def check_invite(settings: Settings) -> Check:
    """Check whether an invite is needed, and that other users can't read it."""
    if not asks_for_invite(settings):
        if is_reachable(settings):
            remedy = "Leave --invites at auto, unless everybody may enter."
            return Check("invite", "warn", "not needed, though others can reach the chat", remedy)
        found = "not needed: only this machine can reach the chat, and all its users may enter"
        return Check("invite", "ok", found)
    return _check_secret("invite", invite_file(settings.data), "needed, and ")


def check_owner_link(settings: Settings) -> Check:
    """Check that other users can't read the secret that makes an owner."""
    return _check_secret("owner link", owner_file(settings.data))


def _check_secret(name: str, file: SecretFile, so_far: str = "") -> Check:
    try:
        if not file.exists():
            return Check(name, "ok", f"{so_far}made at the first start")
        file.secret()
        if file.is_private():
            return Check(name, "ok", f"{so_far}kept in {file.path}")
    except SecretUnusable as cause:
        found, _, remedy = str(cause).partition(": ")
        return Check(name, "fail", found, f"{remedy[0].upper()}{remedy[1:]}")
    return Check(name, "fail", f"others can read {file.path}", f"Run `chmod 600 {file.path}`.")


def check_page(index: Path) -> Check:
    """Check that the page was built into the package."""
    if not index.is_file():
        return Check("page", "fail", "not built", "Run `make page` in the source folder.")
    return Check("page", "ok", "built")


def check_clock(now: float, installed: float) -> Check:
    """Check that the clock is not before the day of the installation."""
    found = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now))
    if now < installed - DAY_SECONDS:
        remedy = "Set the clock: every message carries its time."
        return Check("clock", "warn", f"{found}, before the program was installed", remedy)
    return Check("clock", "ok", found)


def check_node(version: str | None) -> Check:
    """Check whether Node can build the page; a running chat needs no Node."""
    numbers = tuple(int(part) for part in (version or "").lstrip("v").split(".") if part.isdigit())
    if numbers < OLDEST_NODE:
        remedy = f"To build the page, install Node {_dotted(OLDEST_NODE)} or newer."
        return Check("node", "warn", version or "not found", remedy)
    return Check("node", "ok", version or "")


def _node_version() -> str | None:
    """Return Node's own answer; None if there is no Node that works."""
    node = shutil.which("node")
    if node is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - the node on the PATH
    return answer.stdout.strip() or None


def _scratch(data: Path) -> tempfile.TemporaryDirectory[str]:
    """Make a temporary folder in `data`, or in the folder where `data` will be made."""
    return tempfile.TemporaryDirectory(prefix=".fireside-doctor-", dir=_nearest(data))


def _nearest(data: Path) -> Path:
    data = data.absolute()
    return next(folder for folder in (data, *data.parents) if folder.exists())


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
