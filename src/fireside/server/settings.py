"""Decide the settings: a flag wins over FIRESIDE_*, that over fireside.toml, that over defaults.

Every setting has one key: `public_url` is `--public-url`, `FIRESIDE_PUBLIC_URL` and
`public_url` in fireside.toml, so whoever knows one spelling knows all three.
"""

import difflib
import ipaddress
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from fireside.console.exits import CannotStart, ExitCode

ENV_PREFIX = "FIRESIDE_"
CONFIG_NAME = "fireside.toml"
CONFIG_VARIABLE = "FIRESIDE_CONFIG"
LOG_FORMATS = ("auto", "text", "json")
INVITES = ("auto", "required", "off")
AWS_CLIENTS = ("own", "boto3")
MAX_PORT = 65_535

EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared with, not listened on
"""Hosts to listen on that are no address anybody could open."""

# key: what it is for. The command line's help and the tests of the documents read this too.
KEYS = {
    "host": "address to listen on",
    "port": "port to listen on; 0 takes a free one",
    "data": "folder that keeps the messages",
    "public_url": "address people type when it is not this machine's own",
    "invites": "auto asks for an invite as soon as others can reach the chat; off asks nobody",
    "open": "open the browser once the server listens",
    "allow_origin": "also let pages from this origin connect; may be repeated",
    "faithful": "run the handlers in a process of their own, as AWS does",
    "aws_client": "how a rehearsal's functions talk to AWS's stand-ins: own, or AWS's SDK boto3",
    "log_format": "auto is text on a terminal and JSON lines elsewhere",
}

Said = Mapping[str, tuple[str, object]]  # key -> (who said it, what was said)
T = TypeVar("T")


class BadSettings(CannotStart):
    """Refuse to guess what a setting meant."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, ExitCode.USAGE)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line's commands need to know, checked."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    allow_origins: tuple[str, ...] = ()
    invites: str = "auto"
    open_browser: bool = False
    faithful: bool = False
    aws_client: str = "own"
    log_format: str = "auto"
    color: bool = True


def load(
    flags: Mapping[str, object], environ: Mapping[str, str], toml_path: Path | None
) -> Settings:
    """Merge the sources into checked settings.

    `flags` holds what the command line said, by key; None means it said nothing.
    Raises BadSettings with one sentence that names the source.
    """
    said: Said = {**_from_toml(toml_path), **_from_environ(environ), **_from_flags(flags)}
    return Settings(
        data=_read(said, "data", _folder, default_data(environ, sys.platform)),
        host=_read(said, "host", _text, "127.0.0.1"),
        port=_read(said, "port", _port, 8080),
        public_url=_read(said, "public_url", _origin, None),
        allow_origins=_read(said, "allow_origin", _origins, ()),
        invites=_read(said, "invites", _one_of(INVITES), "auto"),
        open_browser=_read(said, "open", _yes_or_no, default=False),
        faithful=_read(said, "faithful", _yes_or_no, default=False),
        aws_client=_read(said, "aws_client", _one_of(AWS_CLIENTS), "own"),
        log_format=_read(said, "log_format", _one_of(LOG_FORMATS), "auto"),
        color=not environ.get("NO_COLOR"),
    )


def is_reachable(settings: Settings) -> bool:
    """Tell whether others may get to the chat: it listens beyond loopback, or has an address."""
    return settings.public_url is not None or not _is_loopback(settings.host)


def asks_for_invite(settings: Settings) -> bool:
    """Tell whether one needs an invite to enter."""
    return settings.invites == "required" or (settings.invites == "auto" and is_reachable(settings))


def address(settings: Settings, port: int) -> str:
    """Write the address to open: the public one, or this machine's own."""
    if settings.public_url is not None:
        return settings.public_url
    shown = "localhost" if settings.host in EVERYWHERE | _LOOPBACK else settings.host
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def origin(source: str, value: str) -> str:
    """Read an address that no setting holds; `source` is who said it.

    Raises:
        BadSettings: It is none.
    """
    try:
        return _origin(value)
    except ValueError as problem:
        raise BadSettings(f"{source} {problem}, not {value!r}.") from problem


def config_path(flag: str | None, environ: Mapping[str, str], folder: Path) -> Path | None:
    """Say which file to read: the one named, else fireside.toml in `folder` if it is there."""
    named = flag or environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named).expanduser()
    found = folder / CONFIG_NAME
    return found if found.is_file() else None


def default_data(environ: Mapping[str, str], platform: str) -> Path:
    """Name the folder where this platform keeps a program's data."""
    home = Path(environ.get("HOME") or Path.home())
    match platform:
        case "darwin":
            return home / "Library/Application Support/fireside"
        case "win32":
            return Path(environ.get("LOCALAPPDATA") or home / "AppData/Local") / "fireside"
        case _:
            return Path(environ.get("XDG_DATA_HOME") or home / ".local/share") / "fireside"


_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _is_loopback(host: str) -> bool:
    try:
        return host in _LOOPBACK or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# --- The three sources ------------------------------------------------------------------------


def _from_flags(flags: Mapping[str, object]) -> Said:
    return {
        key: (f"--{key.replace('_', '-')}", value)
        for key, value in flags.items()
        if value is not None
    }


def _from_environ(environ: Mapping[str, str]) -> Said:
    said: dict[str, tuple[str, object]] = {}
    for name, value in environ.items():
        if not name.startswith(ENV_PREFIX) or name == CONFIG_VARIABLE:
            continue
        key = name.removeprefix(ENV_PREFIX).lower()
        if key not in KEYS:
            known = [CONFIG_VARIABLE, *(ENV_PREFIX + key.upper() for key in KEYS)]
            raise BadSettings(f"The environment has {name}, which {_unknown(name, known)}")
        said[key] = (name, value)
    return said


def _from_toml(path: Path | None) -> Said:
    if path is None:
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as cause:
        raise BadSettings(f"Can't read {path}: {cause.strerror}.") from cause
    except ValueError as cause:
        raise BadSettings(f"{path} is not TOML: {cause}.") from cause
    for key in values:
        if key not in KEYS:
            raise BadSettings(f"{path} sets {key}, which {_unknown(key, list(KEYS))}")
    if isinstance(values.get("data"), str):
        # A file means the folder beside itself, wherever the command is started.
        values["data"] = str(path.parent / Path(values["data"]).expanduser())
    return {key: (f"{key} in {path}", value) for key, value in values.items()}


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return "is not a setting" + (f"; did you mean {near[0]}?" if near else ".")


# --- One value --------------------------------------------------------------------------------


def _read(said: Said, key: str, parse: Callable[[object], T], default: T) -> T:
    if key not in said:
        return default
    source, value = said[key]
    try:
        return parse(value)
    except ValueError as problem:
        raise BadSettings(f"{source} {problem}, not {value!r}.") from problem


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be some text")
    return value.strip()


def _folder(value: object) -> Path:
    try:
        return Path(_text(value)).expanduser()
    except (ValueError, RuntimeError) as cause:
        raise ValueError("must name a folder") from cause


def _port(value: object) -> int:
    problem = f"must be a whole number from 0 to {MAX_PORT}"
    digits = str(value) if type(value) in {int, str} else ""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_PORT))):
        raise ValueError(problem)
    if int(digits) > MAX_PORT:
        raise ValueError(problem)
    return int(digits)


def _yes_or_no(value: object) -> bool:
    match value.lower() if isinstance(value, str) else value:
        case True | "1" | "true" | "yes" | "on":
            return True
        case False | "0" | "false" | "no" | "off":
            return False
        case _:
            raise ValueError("must be true or false")


def _one_of(choices: tuple[str, ...]) -> Callable[[object], str]:
    def choose(value: object) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return str(value)

    return choose


def _origins(value: object) -> tuple[str, ...]:
    """Take a list, or text with commas, since the environment knows no lists."""
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        raise ValueError(_ORIGIN_PROBLEM)  # noqa: TRY004 - the source's mistake, not the code's
    return tuple(_origin(origin) for origin in given)


_ORIGIN_PROBLEM = "must look like https://chat.example.com, with nothing after the host and port"


def _origin(value: object) -> str:
    """Take `scheme://host[:port]`, in lower case and without the port that goes without saying."""
    try:
        url = urlsplit(_text(value))
        port = url.port
    except ValueError as cause:
        raise ValueError(_ORIGIN_PROBLEM) from cause
    bare = url.path in {"", "/"} and not (url.query or url.fragment or "@" in url.netloc)
    if url.scheme not in _DEFAULT_PORTS or not url.hostname or not bare:
        raise ValueError(_ORIGIN_PROBLEM)
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    shown = "" if port in {None, _DEFAULT_PORTS[url.scheme]} else f":{port}"
    return f"{url.scheme}://{host}{shown}"


_DEFAULT_PORTS = {"http": 80, "https": 443}
