"""Who may enter: invited, with a proper name, from a page we trust, under an address of ours."""

import ipaddress
import re
from dataclasses import dataclass, field

from fireside.domain import invite
from fireside.domain.errors import Forbidden, InvalidName
from fireside.domain.names import clean_username, fold


@dataclass(frozen=True, slots=True)
class EntryRules:
    """The addresses this chat answers to, the pages beside its own, and the invites it knows.

    Hosts are lower-case `host`, which stands for every port of it, or `host:port`; origins are
    lower-case `scheme://host[:port]`. Invites are hashes of secrets, each of which opens the
    door: without any, nobody enters; None lets in whoever comes. `way_in` is the hash of what
    the proxy in front adds to show that people came through it; None asks for nothing.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    any_host: bool = False
    invites: frozenset[str] | None = frozenset()
    way_in: str | None = None


@dataclass(frozen=True, slots=True)
class Knock:
    """What somebody says at the door. Its secrets are never shown, not even in a trace."""

    username: str | None
    origin: str | None = None
    host: str | None = None
    invite: str | None = field(default=None, repr=False)
    way_in: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Caller:
    """A person who was let in."""

    user_id: str
    username: str


def admit(knock: Knock, rules: EntryRules) -> Caller:
    """Let somebody in.

    Raises:
        Forbidden: Past the proxy, a strange address (DNS rebinding), a strange page (cross-site
            hijacking), or no invite.
        InvalidName: No name, or one that nobody may have.
    """
    if rules.way_in is not None and not invite.opens(knock.way_in, (rules.way_in,)):
        raise Forbidden("Come in by the chat's own address")
    host = (knock.host or "").lower()
    if not (rules.any_host or rules.hosts & {host, _name(host)} or _is_loopback(host)):
        raise Forbidden("This chat does not answer to that address")
    if knock.origin is not None and not _is_trusted(knock.origin.lower(), host, rules):
        raise Forbidden("Pages from elsewhere may not use this chat")
    if rules.invites is not None and not invite.opens(knock.invite, rules.invites):
        raise Forbidden("This chat needs an invite: ask whoever runs it for the link")
    if knock.username is None:
        raise InvalidName("Say who you are: ?username=")
    name = clean_username(knock.username)
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
