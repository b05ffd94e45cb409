"""Which hosts and origins a gateway on a developer's machine answers to.

Any web page can send requests to this machine, and a page whose name was pointed at this machine
(DNS rebinding) can read the answers. API Gateway has no such check, and needs none.
"""

import ipaddress
import logging
import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from localgateway.net.management import Next

log = logging.getLogger(__name__)

MOST_LOGGED = 16
"""Refused hosts and origins that the log names, each once: a page can make up any number."""

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^][:/@\s]+?)\.?(:\d*)?")
_LONGEST_SHOWN = 100


class AllowedHosts:
    """Names and addresses that clients may call the gateway by; loopback's are among them."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset(map(plain_name, names))
        self._logged: set[str] = set()

    def refusal(self, hosts: Collection[str], origins: Collection[str]) -> str | None:
        """Return why a request with these headers is refused; None if it is let in."""
        for name, values, is_allowed in (
            (hdrs.HOST, hosts, self._is_host),
            (hdrs.ORIGIN, origins, self._is_origin),
        ):
            for value in values:
                if not is_allowed(value):
                    return self._refused(name, value)
        return None if hosts else self._refused(hdrs.HOST, "")

    @web.middleware
    async def answer(self, request: web.Request, handler: Next) -> web.StreamResponse:
        """Refuse plain HTTP for another host; pass other requests on."""
        why = self.refusal(request.headers.getall(hdrs.HOST, ()), ())
        if why is not None:
            return web.json_response({"message": why}, status=403)
        return await handler(request)

    def _is_host(self, host: str) -> bool:
        name = plain_name(host)
        return name in self._names or _is_loopback(name)

    def _is_origin(self, origin: str) -> bool:
        try:
            url = urlsplit(origin)
            return url.scheme in {"http", "https"} and self._is_host(url.netloc)
        except ValueError:
            return False

    def _refused(self, header: str, value: str) -> str:
        shown = value[:_LONGEST_SHOWN]
        why = f"{header} {shown!r} is not let in: allow its host with --allow-host"
        if why not in self._logged and len(self._logged) < MOST_LOGGED:
            self._logged.add(why)
            log.warning("refused: %s", why)
        return why


def plain_name(host: str) -> str:
    """Return a host without its port, in the one form that is compared; empty if it is none."""
    match = _HOST.fullmatch(host.lower())
    if match is None:
        return ""
    name: str = match["name"]
    try:
        return f"[{ipaddress.IPv6Address(name[1:-1]).compressed}]" if name[0] == "[" else name
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    if name in {"localhost", "[::1]"}:
        return True
    try:
        return ipaddress.IPv4Address(name).is_loopback
    except ValueError:
        return False
