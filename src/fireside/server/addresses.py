"""Addresses as people write them in settings, in the form that browsers send.

A browser writes `https://Müller.example` as `https://xn--mller-kva.example`, so that is how the
`Host` and the `Origin` of a handshake arrive.
"""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from fireside.domain.hosts import is_loopback, plain_host, plain_origin
from localgateway.platform.hosts import bracketed

_HOST_PROBLEM = "must be an address or a name of this machine, such as 127.0.0.1"
_ORIGIN_PROBLEM = "must look like https://chat.example.com, with nothing after the host and port"
_ADDRESS_PROBLEM = "must look like https://chat.example.com or https://example.com/chat"

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_MAX_NAME = 253
_PATH = re.compile(r"(/[\w~%-][\w.~%-]*)*", re.ASCII)


def read_host(value: object) -> str:
    """Return a host to listen on; an IPv6 address may have brackets."""
    try:
        return _plain_name(_text(value).strip("[]"))
    except ValueError as cause:
        raise ValueError(_HOST_PROBLEM) from cause


def read_origins(value: object) -> tuple[str, ...]:
    """Return origins, from a list or from text with commas, as in an environment variable."""
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        raise ValueError(_ORIGIN_PROBLEM)  # noqa: TRY004 - the source's mistake, not the code's
    return tuple(map(read_origin, given))


def read_origin(value: object) -> str:
    """Return `scheme://host[:port]` as browsers write it."""
    origin, path = _read_url(value, _ORIGIN_PROBLEM)
    if path:
        raise ValueError(_ORIGIN_PROBLEM)
    return origin


def read_address(value: object) -> str:
    """Return the address of a page: an origin, and the path if the page is behind one."""
    origin, path = _read_url(value, _ADDRESS_PROBLEM)
    return origin + path


def origin_of(address: str) -> str:
    """Return the origin of the pages at an address."""
    url = urlsplit(address)
    return f"{url.scheme}://{url.netloc}"


def name_of(address: str) -> str:
    """Return the host of an address without its port."""
    return bracketed(urlsplit(address).hostname or "")


def is_only_here(host: str) -> bool:
    """Return whether only this machine reaches a server that listens on `host`."""
    return is_loopback(plain_host(bracketed(host)))


def _read_url(value: object, problem: str) -> tuple[str, str]:
    """Return the origin and the path, which has no final slash.

    Raises:
        ValueError: With `problem`.
    """
    try:
        url = urlsplit(_text(value))
        origin = _origin(url)
    except ValueError as cause:
        raise ValueError(problem) from cause
    path = url.path.rstrip("/")
    if url.query or url.fragment or not origin or not _PATH.fullmatch(path):
        raise ValueError(problem)
    return origin, path


def _origin(url: SplitResult) -> str:
    """Return the origin of a URL; empty if it has none, or a user's name in it."""
    if not url.hostname or "@" in url.netloc:
        return ""
    port = "" if url.port is None else f":{url.port}"
    return plain_origin(f"{url.scheme}://{bracketed(_plain_name(url.hostname))}{port}")


def _plain_name(name: str) -> str:
    """Return a host without port and brackets as browsers write it.

    Raises:
        ValueError: It is neither an address nor a name.
    """
    if ":" in name:
        return ipaddress.IPv6Address(name).compressed.lower()
    plain = plain_host(_ascii(name))
    if re.fullmatch(r"(.*\.)?(\d+|0x[0-9a-f]*)", plain):  # browsers take it for an IPv4 address
        return str(ipaddress.IPv4Address(plain))
    if len(plain) > _MAX_NAME or not all(map(_LABEL.fullmatch, plain.split("."))):
        raise ValueError(name)
    return plain


def _ascii(name: str) -> str:
    """Return an internationalized name in its ASCII form, as browsers convert it (UTS 46)."""
    if name.isascii():
        return name
    import idna  # noqa: PLC0415 - it loads long tables, which hardly a name needs

    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError:
        return name.encode("idna").decode("ascii")  # signs that browsers allow, such as emoji


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be some text")
    return value.strip()
