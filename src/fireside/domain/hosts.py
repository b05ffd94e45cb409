"""Hosts and origins in the one form in which they are compared: as browsers write them."""

import ipaddress
import re

DEFAULT_PORTS = {"http": 80, "https": 443}
"""The port of a URL that names none, by its scheme."""

_HOST = re.compile(r"(?P<name>\[[^\[\]]+\]|[^:/@\[\]]+)(:(?P<port>\d*))?")


def plain_host(host: str) -> str:
    """Return `host[:port]` in lower case, without a final dot; empty if it is malformed."""
    match = _HOST.fullmatch(host.lower())
    if match is None:
        return ""
    name = _plain_address(match["name"]).removesuffix(".")
    return f"{name}:{match['port']}" if match["port"] else name


def plain_origin(origin: str) -> str:
    """Return `scheme://host[:port]` without the scheme's default port; empty if it is none."""
    scheme, _, host = origin.lower().partition("://")
    if scheme not in DEFAULT_PORTS or not plain_host(host):
        return ""
    return f"{scheme}://{plain_host(host).removesuffix(f':{DEFAULT_PORTS[scheme]}')}"


def without_port(host: str) -> str:
    """Return the name of a plain host; an IPv6 address keeps its brackets."""
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def is_loopback(host: str) -> bool:
    """Return whether a plain host is one that only this machine reaches."""
    name = without_port(host)
    if name in {"localhost", "[::1]"}:
        return True
    try:
        return ipaddress.IPv4Address(name).is_loopback
    except ValueError:
        return False


def _plain_address(name: str) -> str:
    """Return an IPv6 address in its shortest form, and any other name as it is."""
    try:
        return f"[{ipaddress.IPv6Address(name[1:-1]).compressed}]" if name[0] == "[" else name
    except ValueError:
        return name
