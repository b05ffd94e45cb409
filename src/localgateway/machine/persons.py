"""How much each person and each address may have: messages a second, and connections.

A person is the principal that the authorizer named; without one, each connection is a person.
"""

import ipaddress
import re
from collections import Counter

from localgateway.machine.events import Handshake
from localgateway.machine.limits import Limits
from localgateway.machine.quota import Quota

FORWARDED_FOR = "X-Forwarded-For"

_IPV6_NETWORK = 64
"""Bits of an IPv6 address that one provider's customer has at least to itself."""

_WITH_PORT = re.compile(r"\[([^]]*)\](?::\d+)?|([\d.]+):\d+")
"""How some proxies write an address."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Persons:
    """The messages and connections of each person, and the connections of each address."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._quotas: dict[str, Quota] = {}
        self._of_person: Counter[str] = Counter()
        self._of_address: Counter[str] = Counter()

    def wait_seconds(self, person: str, now: float) -> float:
        """Count a message or a new connection; return 0, or how long to wait for the next one."""
        limits = self._limits
        if limits.person_per_second is None:
            return 0
        quota = self._quotas.get(person)
        if quota is None:
            quota = Quota(limits.person_per_second, limits.person_burst)
            self._quotas[person] = quota
        return 0 if quota.take(now) else quota.wait_seconds()

    def enter(self, person: str) -> bool:
        """Count a connection of a person, unless it is one too many; return whether it was."""
        return _enter(self._of_person, person, self._limits.person_connections)

    def leave(self, person: str) -> None:
        """Stop counting a connection of a person."""
        _leave(self._of_person, person)

    def enter_from(self, address: str) -> bool:
        """Count a connection from an address, unless it is one too many; return whether it was."""
        return _enter(self._of_address, address, self._limits.address_connections)

    def leave_from(self, address: str) -> None:
        """Stop counting a connection from an address."""
        _leave(self._of_address, address)

    def forget_rested(self, now: float) -> None:
        """Forget those who have all of their quota again."""
        rested = [person for person, quota in self._quotas.items() if quota.is_full(now)]
        for person in rested:
            del self._quotas[person]


def counted_address(handshake: Handshake, limits: Limits) -> str:
    """Return the address whose WebSockets are counted together; empty if they are not counted."""
    return counted(handshake.source_ip, handshake.header(FORWARDED_FOR), limits)


def counted(peer: str, forwarded: str | None, limits: Limits) -> str:
    """Return the address whose connections are counted together; empty if they are not counted."""
    address = _client(peer, forwarded, limits)
    if address is None or (address.is_loopback and not limits.counts_loopback):
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((address, _IPV6_NETWORK), strict=False))
    return str(address)


def client_address(peer: str, forwarded: str | None, limits: Limits) -> str:
    """Return the address of the client, for the log."""
    return str(_client(peer, forwarded, limits) or peer)


def is_loopback(peer: str) -> bool:
    """Return whether an address is this machine's own."""
    address = _read(peer)
    return address is not None and address.is_loopback


def _client(peer: str, forwarded: str | None, limits: Limits) -> _Address | None:
    """Return who came: the peer, or the client that it names if it is the known proxy.

    This machine's own address is the proxy's. The last address in its header is its own word.
    """
    address = _read(peer)
    if address is not None and address.is_loopback and limits.is_behind_proxy:
        return _read((forwarded or "").rpartition(",")[2].strip()) or address
    return address


def _read(text: str) -> _Address | None:
    """Return an address without its port; an IPv4 one also where it is written as IPv6."""
    match = _WITH_PORT.fullmatch(text)
    bare = text if match is None else match[1] or match[2] or ""
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _enter(counts: Counter[str], key: str, most: int | None) -> bool:
    if not key or most is None:
        return True
    if counts[key] >= most:
        return False
    counts[key] += 1
    return True


def _leave(counts: Counter[str], key: str) -> None:
    if key in counts:
        counts[key] -= 1
        if counts[key] <= 0:
            del counts[key]
