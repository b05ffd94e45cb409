"""The rules for who may connect: host, origin, invite and username of a handshake."""

from dataclasses import dataclass, field

from fireside.domain import device_secrets, invite
from fireside.domain.errors import Forbidden, InvalidCommand, InvalidName
from fireside.domain.hosts import (
    is_loopback,
    plain_host,
    plain_origin,
    without_port,
)
from fireside.domain.names import clean_username, fold
from fireside.domain.person import MAX_USER_ID

UNINVITED = "This chat needs an invite: ask the person who runs it for the link"


@dataclass(frozen=True, slots=True)
class EntryRules:
    """The hosts, origins and invites that are accepted.

    Hosts are plain `host`, which allows every port of it, or `host:port`. Origins are pages
    allowed besides the chat's own, as plain `scheme://host[:port]` (see hosts.py). The chat's own
    pages come over https, from loopback and from `plain_hosts` over http too. Invites are
    hashes of secrets, any of which is accepted: with an empty set no client may connect; with
    None no invite is needed. `proxy_secret_hash` is the hash of the secret that the proxy in
    front adds to each handshake, so that no client can bypass the proxy; None checks nothing.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    plain_hosts: frozenset[str] = frozenset()
    any_host: bool = False
    invites: frozenset[str] | None = frozenset()
    proxy_secret_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Handshake:
    """The parts of a WebSocket handshake that the rules check. Its repr hides the secrets."""

    username: str | None
    origin: str | None = None
    host: str | None = None
    invite: str | None = field(default=None, repr=False)
    proxy_secret: str | None = field(default=None, repr=False)
    user_id: str | None = None
    device: str | None = field(default=None, repr=False)
    link: str | None = field(default=None, repr=False)
    recovery: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who a client says it is, and what it showed; whether that is true, only the data tells.

    `key` is the hash of a link's secret or of a recovery code, with which a person without an
    invite may get back in.
    """

    user_id: str
    username: str
    device: str = ""
    is_invited: bool = True
    key: str = ""


def admit(handshake: Handshake, rules: EntryRules) -> Visitor:
    """Return who comes in a handshake that the rules accept.

    Without an invite where one is needed, a client may still be a person: it is let through if
    it shows a device, which is looked up once there is data.

    Raises:
        Forbidden: The handshake bypassed the proxy, names an unknown host (DNS rebinding), comes
            from an unknown page (cross-site hijacking), or has no invite and no device.
        InvalidName: The username is missing or breaks the rules for names.
        InvalidCommand: The device's secret or the user id is malformed.
    """
    known = rules.proxy_secret_hash
    if known is not None and not invite.opens(handshake.proxy_secret, (known,)):
        raise Forbidden("Connect through the chat's own address")
    host = plain_host(handshake.host or "")
    if not (rules.any_host or rules.hosts & {host, without_port(host)} or is_loopback(host)):
        raise Forbidden("This chat does not answer to that address")
    if handshake.origin is not None and not _is_trusted(handshake.origin, host, rules):
        raise Forbidden("Pages from elsewhere may not use this chat")
    is_invited = rules.invites is None or invite.opens(handshake.invite, rules.invites)
    if not is_invited and handshake.device is None:
        raise Forbidden(UNINVITED)
    if handshake.username is None:
        raise InvalidName("Give your name: ?username=NAME")
    name = clean_username(handshake.username)
    user_id = _user_id(handshake.user_id) or fold(name)
    return Visitor(user_id, name, _device(handshake.device), is_invited, _key(handshake))


def _user_id(given: str | None) -> str | None:
    if given is not None and not 0 < len(given) <= MAX_USER_ID:
        raise InvalidCommand(f"A user id has at most {MAX_USER_ID} characters", "user")
    return given


def _device(secret: str | None) -> str:
    if secret is None:
        return ""
    if not device_secrets.is_device_secret(secret):
        raise InvalidCommand("A device's secret is 32 bytes in base64url, 43 characters", "device")
    return device_secrets.device_id(secret)


def _key(handshake: Handshake) -> str:
    if handshake.link is not None:
        return device_secrets.hash_of(handshake.link)
    if handshake.recovery is not None:
        return device_secrets.recovery_hash(handshake.recovery)
    return ""


def _is_trusted(given: str, host: str, rules: EntryRules) -> bool:
    """Return whether a page is allowed, or the chat's own; a default port may be left out.

    Of a host that is reached over https, a page over http is another one: in between, anybody
    could write it.
    """
    origin = plain_origin(given)
    is_plain = is_loopback(host) or without_port(host) in rules.plain_hosts
    schemes = ("https", "http") if is_plain else ("https",)  # a proxy may add TLS to either
    own = {plain_origin(f"{scheme}://{host}") for scheme in schemes}
    return origin != "" and origin in own | rules.origins
