"""Who may enter: a proper name, from a page we trust, under an address that is ours."""

import ipaddress
import re
from dataclasses import dataclass

from fireside.domain.errors import Forbidden, InvalidName
from fireside.domain.names import clean_username, fold


@dataclass(frozen=True, slots=True)
class EntryRules:
    """The addresses this chat answers to, and the pages beside its own that may use it.

    Hosts are lower-case `host`, which stands for every port of it, or `host:port`; origins are
    lower-case `scheme://host[:port]`.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    any_host: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """A person who was let in."""

    user_id: str
    username: str


def admit(username: str | None, origin: str | None, host: str | None, rules: EntryRules) -> Caller:
    """Let somebody in.

    Raises:
        Forbidden: A strange address (DNS rebinding) or a strange page (cross-site hijacking).
        InvalidName: No name, or one that nobody may have.
    """
    host = (host or "").lower()
    if not (rules.any_host or rules.hosts & {host, _name(host)} or _is_loopback(host)):
        raise Forbidden("This chat does not answer to that address")
    if origin is not None and not _is_trusted(origin.lower(), host, rules):
        raise Forbidden("Pages from elsewhere may not use this chat")
    if username is None:
        raise InvalidName("Say who you are: ?username=")
    name = clean_username(username)
    return Caller(fold(name), name)


_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def _is_trusted(origin: str, host: str, rules: EntryRules) -> bool:
    """Accept an allowed page, or our own: a scheme's default port may be written or not."""
    if origin in rules.origins:
        return True
    scheme, _, netloc = origin.partition("://")
    port = _DEFAULT_PORTS.get(scheme)
    return port is not None and netloc.removesuffix(port) == host.removesuffix(port) != ""


def _name(host: str) -> str:
    """Take the port off a host; what has no such form has no name."""
    match = _HOST.fullmatch(host)
    return match["name"] if match else ""


_HOST = re.compile(r"(?P<name>\[[^\[\]]+\]|[^:\[\]]+)(:\d*)?")


def _is_loopback(host: str) -> bool:
    name = _name(host)
    if name in {"localhost", "[::1]"}:
        return True
    try:
        return ipaddress.IPv4Address(name).is_loopback
    except ValueError:
        return False
