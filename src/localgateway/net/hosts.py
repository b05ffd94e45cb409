"""Which hosts and origins a gateway on a developer's machine answers to.

Any web page can send requests to this machine, and a page whose name was pointed at this machine
(DNS rebinding) can read the answers. API Gateway has no such check, and needs none.
"""

import ipaddress
import re
from collections.abc import Callable, Collection, Iterable
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from localgateway.machine.persons import is_loopback
from localgateway.net.management import Next

_PAGES = frozenset({"http", "https", "tauri", "capacitor", "ionic"})
"""Schemes of origins with a host: of web pages, and of the pages in apps on this machine."""

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^][:/@\s]+?)\.?(:\d*)?")
_LONGEST_SHOWN = 100


class AllowedHosts:
    """Names and addresses that clients may call the gateway by; loopback's are among them."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset(map(plain_name, names))

    def refusal(self, hosts: Collection[str], origins: Collection[str]) -> str | None:
        """Return why a request with these headers is refused; None if it is let in."""
        for name, values, is_allowed in (
            (hdrs.HOST, hosts, self._is_host),
            (hdrs.ORIGIN, origins, self._is_origin),
        ):
            for value in values:
                if not is_allowed(value):
                    return _refused(name, value)
        return None if hosts else _refused(hdrs.HOST, "")

    def middleware(self, note: Callable[[str, str], None]) -> Middleware:
        """Return what refuses plain HTTP for another host, and notes why and from where."""

        @web.middleware
        async def answer(request: web.Request, handler: Next) -> web.StreamResponse:
            why = self.refusal(request.headers.getall(hdrs.HOST, ()), ())
            if why is None:
                return await handler(request)
            note(why, request.remote or "")
            return web.json_response({"message": why}, status=403)

        return answer

    def _is_host(self, host: str) -> bool:
        name = plain_name(host)
        return name in self._names or name == "localhost" or is_loopback(name)

    def _is_origin(self, origin: str) -> bool:
        try:
            url = urlsplit(origin)
            return url.scheme in _PAGES and self._is_host(url.netloc)
        except ValueError:
            return False


def _refused(header: str, value: str) -> str:
    has_host = header == hdrs.HOST or value.partition("://")[0] in _PAGES
    step = (
        "allow its host with --allow-host"
        if has_host
        else "serve the page over http from an allowed host"
    )
    return f"{header} {value[:_LONGEST_SHOWN]!r} is not let in: {step}"


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
