"""Let boto3 in a handler reach the gateway that called it, although that speaks no TLS.

A handler posts to `https://{domainName}/{stage}`, as its event says. Here only requests to
`@connections` of a domain that came in an event are sent to the gateway's own address, in plain
HTTP and with their Host, so that what was signed stays true. Nothing else is touched.
"""

import re
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

_MODULE = "botocore.httpsession"
_CONNECTIONS = re.compile(r"/[^/]+/(?:@|%40)connections/", re.IGNORECASE)


class Redirect:
    """Where requests to the gateway go instead."""

    def __init__(self) -> None:
        self.address = ""
        """The gateway's own, `http://127.0.0.1:8080`."""
        self.domains: set[str] = set()
        """The names by which events called it."""
        self._session: Any = None

    def target(self, url: str) -> str | None:
        """Tell where a request goes instead, or None when it is none of ours."""
        parts = urlsplit(url)
        ours = parts.scheme == "https" and parts.netloc.lower() in self.domains
        if not ours or not _CONNECTIONS.match(parts.path):
            return None
        return self.address + parts._replace(scheme="", netloc="").geturl()

    def session(self, kind: type) -> Any:  # noqa: ANN401 - botocore's own, which we don't depend on
        """Keep one session that knows no proxies: nothing may stand between us and ourselves."""
        if self._session is None:
            self._session = kind()
        return self._session


def install(redirect: Redirect) -> None:
    """Divert botocore's requests once it is imported; it costs nothing when it never is."""
    sys.meta_path.insert(0, _Finder(redirect))


def wrap_session(kind: Any, redirect: Redirect) -> None:  # noqa: ANN401 - a class of botocore's
    """Wrap the `send` of botocore's HTTP session class."""
    original = kind.send

    def send(self: object, request: Any) -> object:  # noqa: ANN401 - the same
        asked = request.url
        target = redirect.target(asked)
        if target is None:
            return original(self, request)
        request.headers["Host"] = urlsplit(asked).netloc
        request.url = target
        try:
            return original(redirect.session(kind), request)
        finally:
            request.url = asked

    kind.send = send


class _Finder(MetaPathFinder):
    """Waits for botocore's HTTP module, once."""

    def __init__(self, redirect: Redirect) -> None:
        self._redirect = redirect

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002 - the same
    ) -> ModuleSpec | None:
        if fullname != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._redirect)
        return spec


class _Loader(Loader):
    """Loads a module as usual, then wraps what it defined."""

    def __init__(self, usual: Loader, redirect: Redirect) -> None:
        self._usual = usual
        self._redirect = redirect

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._usual.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._usual.exec_module(module)
        wrap_session(vars(module)["URLLib3Session"], self._redirect)
