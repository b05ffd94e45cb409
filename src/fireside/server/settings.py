"""The settings of a chat on one machine: their keys, their values, and what follows from them.

Every setting has one key: `public_url` is `--public-url`, `FIRESIDE_PUBLIC_URL` and
`public_url` in fireside.toml. The command line decides which of them counts
(cli/options/settings.py).
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from fireside import environment
from fireside.adapters import text_file
from fireside.console.exits import CannotStart, ExitCode
from fireside.console.logs import printable
from fireside.domain.standing import NamesRule
from fireside.server.addresses import is_only_here, read_address, read_host, read_origins
from localgateway.platform.hosts import shown_as

ENV_PREFIX = "FIRESIDE_"
CONFIG_NAME = "fireside.toml"
CONFIG_VARIABLE = "FIRESIDE_CONFIG"
INVITE_LINK_VARIABLE = "FIRESIDE_INVITE_LINK"
"""The invite of the chat that `fireside verify` checks; no setting."""

LOG_FORMATS = ("auto", "text", "json")
INVITES = ("auto", "required", "off")
LIMITS = ("auto", "on", "off")
NAMES: tuple[NamesRule, ...] = get_args(NamesRule)
AWS_CLIENTS = ("builtin", "boto3")
MAX_PORT = 65_535

RENAMED_KEYS = {"faithful": "isolated"}
RENAMED_VALUES = {("aws_client", "own"): "builtin"}
"""Old names of settings and of their values, accepted for one release."""


class BadSettings(CannotStart):
    """A setting has a name or a value that makes no sense."""

    def __init__(self, sentence: str) -> None:
        super().__init__(printable(sentence), ExitCode.USAGE)


@dataclass(frozen=True, slots=True)
class Settings:
    """The checked values, with their defaults. A field has the name of its key."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    invites: str = "auto"
    names: NamesRule = "open"
    limits: str = "auto"
    keep_free: int = 1 << 30
    open: bool = False
    allow_origin: tuple[str, ...] = ()
    isolated: bool = False
    aws_client: str = "builtin"
    log_format: str = "auto"
    color: bool = True


def is_reachable(settings: Settings) -> bool:
    """Return whether other machines can reach the chat: by its host, or by a public address."""
    return settings.public_url is not None or not is_only_here(settings.host)


def asks_for_invite(settings: Settings) -> bool:
    """Return whether a person needs an invite to enter."""
    return settings.invites == "required" or (settings.invites == "auto" and is_reachable(settings))


def are_limits_on(settings: Settings) -> bool:
    """Return whether it is limited how much one person and one address may ask."""
    return settings.limits == "on" or (settings.limits == "auto" and is_reachable(settings))


def address(settings: Settings, port: int) -> str:
    """Return the address to open: the public one, or this machine's own."""
    if settings.public_url is not None:
        return settings.public_url
    return f"http://{shown_as(settings.host)}:{port}"


def default_data(environ: Mapping[str, str], platform: str) -> Path:
    """Return the folder where this platform keeps a program's data."""
    home = Path(environ.get("HOME") or Path.home())
    match platform:
        case "darwin":
            return home / "Library/Application Support/fireside"
        case "win32":
            return Path(environ.get("LOCALAPPDATA") or home / "AppData/Local") / "fireside"
        case _:
            return Path(environ.get("XDG_DATA_HOME") or home / ".local/share") / "fireside"


# --- Two of the sources: the environment and the file -----------------------------------------


def variable(key: str) -> str:
    """Return the name of the environment variable for a key."""
    return ENV_PREFIX + key.upper()


def check_variables(names: Iterable[str]) -> None:
    """Refuse a FIRESIDE_ variable that nothing here reads: it may be a misspelled setting.

    Raises:
        BadSettings: With the name that is nearest.
    """
    known = [CONFIG_VARIABLE, *map(variable, SETTINGS)]
    others = environment.OF_FUNCTIONS.union([CONFIG_VARIABLE, INVITE_LINK_VARIABLE])
    keys = {*SETTINGS, *RENAMED_KEYS}
    for name in names:
        if name.startswith(ENV_PREFIX) and name not in others and _key(name) not in keys:
            raise BadSettings(f"The environment has {name}, which {_unknown(name, known)}")


def find_variable(key: str, names: Iterable[str]) -> str | None:
    """Return the variable that gives a key its value: FIRESIDE_PORT, or also FIRESIDE_port."""
    usual = variable(key)
    found = [name for name in names if name.startswith(ENV_PREFIX) and _key(name) == key]
    return usual if usual in found else next(iter(found), None)


def _key(name: str) -> str:
    return name.removeprefix(ENV_PREFIX).lower()


def config_path(named: str | None, folder: Path) -> Path | None:
    """Return the settings file: the one named, or fireside.toml in `folder` if it exists."""
    if named:
        return Path(named.strip()).expanduser()
    found = folder / CONFIG_NAME
    return found if found.is_file() else None


def read_file(path: Path) -> dict[str, object]:
    """Return the values in a settings file, not yet checked.

    Raises:
        BadSettings: It can't be read, or has a key that is no setting.
    """
    try:
        values = tomllib.loads(text_file.read_text(path))
    except OSError as cause:
        raise BadSettings(f"Can't read {path}: {cause.strerror}.") from cause
    except UnicodeDecodeError as cause:
        raise BadSettings(f"{path} is not UTF-8: save it with that encoding.") from cause
    except ValueError as cause:
        raise BadSettings(f"{path} is not TOML: {cause}.") from cause
    for key in values:
        if key not in {*SETTINGS, *RENAMED_KEYS}:
            raise BadSettings(f"{path} sets {key}, which {_unknown(key, list(SETTINGS))}")
    if isinstance(values.get("data"), str):
        # A relative folder is relative to the file, wherever the command is started.
        values["data"] = str(path.parent / Path(values["data"]).expanduser())
    return values


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return "is not a setting" + (f"; did you mean {near[0]}?" if near else ".")


# --- Checks of one value: return it, or raise a ValueError that says what it must be ----------


def read_text(value: object) -> str:
    """Return some text."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be some text")
    return value.strip()


def read_folder(value: object) -> Path:
    """Return a folder, which need not exist."""
    try:
        return Path(read_text(value)).expanduser()
    except (ValueError, RuntimeError) as cause:
        raise ValueError("must name a folder") from cause


def read_port(value: object) -> int:
    """Return a port, from a number or from digits."""
    problem = f"must be a whole number from 0 to {MAX_PORT}"
    digits = str(value) if type(value) in {int, str} else ""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_PORT))):
        raise ValueError(problem)
    if int(digits) > MAX_PORT:
        raise ValueError(problem)
    return int(digits)


def read_bytes(value: object) -> int:
    """Return a number of bytes, from a text such as `500 MiB`."""
    found = _SIZE.fullmatch(str(value).strip()) if type(value) in {int, str} else None
    if found is None or (found["unit"] is None and int(found["number"]) != 0):
        raise ValueError("must be a size such as 500 MiB or 2 GiB, or 0")
    return int(found["number"]) << _SHIFTS.get(found["unit"], 0)


_SIZE = re.compile(r"(?P<number>[0-9]{1,6})(?: ?(?P<unit>MiB|GiB))?")
_SHIFTS = {"MiB": 20, "GiB": 30}


def read_switch(value: object) -> bool:
    """Return a boolean, from one or from a word for it."""
    match value.lower() if isinstance(value, str) else value:
        case True | "1" | "true" | "yes" | "on":
            return True
        case False | "0" | "false" | "no" | "off":
            return False
        case _:
            raise ValueError("must be true or false")


def one_of(choices: tuple[str, ...]) -> Callable[[object], str]:
    """Return a check that lets these words through."""

    def choose(value: object) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return str(value)

    return choose


# --- All settings ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setting:
    """How one setting is given and checked."""

    help: str
    metavar: str
    read: Callable[[object], object]
    kind: Literal["value", "list", "switch"] = "value"


SETTINGS = {
    "host": Setting(
        "address that the chat listens on; 127.0.0.1 for ::1 too, :: for all; default: 127.0.0.1",
        "HOST",
        read_host,
    ),
    "port": Setting(
        "port that the chat listens on; 0 for any free one; default: 8080", "PORT", read_port
    ),
    "data": Setting(
        "folder for the messages; default: your platform's folder for data", "FOLDER", read_folder
    ),
    "public_url": Setting(
        "address that people open, such as https://chat.example.com; setting it turns invites on "
        "(auto); default: http://localhost:PORT",
        "URL",
        read_address,
    ),
    "invites": Setting(
        "when people need an invite: required (always), off (never) or auto (as soon as other "
        "machines can reach the chat); default: auto",
        "|".join(INVITES),
        one_of(INVITES),
    ),
    "names": Setting(
        "who takes part: open (also who only gives a name, without claiming it) or claimed "
        "(only who has claimed a name); default: open",
        "|".join(NAMES),
        one_of(NAMES),
    ),
    "limits": Setting(
        "whether one person may send 20 requests a second (60 at once) and have 16 connections, "
        "and one address 500, and 64 with plain HTTP: on (this machine's own address too), off, or "
        "auto (as soon as other machines can reach the chat); default: auto",
        "|".join(LIMITS),
        one_of(LIMITS),
    ),
    "keep_free": Setting(
        "free space on the disk of the messages below which no more are stored, such as 500 MiB; 0 "
        "for none; default: 1 GiB",
        "SIZE",
        read_bytes,
    ),
    "open": Setting(
        "open the browser once the server is ready; default: no", "", read_switch, "switch"
    ),
    "allow_origin": Setting(
        "a further site whose pages may connect, such as https://example.com; repeatable; "
        "default: none",
        "ORIGIN",
        read_origins,
        "list",
    ),
    "isolated": Setting(
        "run the handlers in a process of their own, as AWS Lambda does; default: no",
        "",
        read_switch,
        "switch",
    ),
    "aws_client": Setting(
        "AWS client of the rehearsed functions: builtin or boto3; default: builtin",
        "|".join(AWS_CLIENTS),
        one_of(AWS_CLIENTS),
    ),
    "log_format": Setting(
        "format of the log: text, json or auto (text on a terminal, otherwise JSON lines); "
        "default: auto",
        "|".join(LOG_FORMATS),
        one_of(LOG_FORMATS),
    ),
}
