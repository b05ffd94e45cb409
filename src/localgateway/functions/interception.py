"""Redirect boto3's requests to `@connections` to the gateway, which speaks no TLS.

A handler posts to `https://{domainName}/{stage}`, as its event says. Only requests to
`@connections` of a domain that came in an event go to the gateway's own address, in plain HTTP
and with their Host, so that the signature stays valid. No other request is changed.
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
    """Decides which requests go to the gateway, and where that is."""

    def __init__(self) -> None:
        self.address = ""
        """The gateway's own address, such as `http://127.0.0.1:8080`."""
        self.domains: set[str] = set()
        """The domain names of the gateway in events so far."""
        self._session: Any = None

    def target(self, url: str) -> str | None:
        """Return the URL at the gateway, or None when the request is not for `@connections`."""
        parts = urlsplit(url)
        to_gateway = parts.scheme == "https" and parts.netloc.lower() in self.domains
        if not to_gateway or not _CONNECTIONS.match(parts.path):
            return None
        return self.address + parts._replace(scheme="", netloc="").geturl()

    def session(self, kind: type) -> Any:  # noqa: ANN401 - botocore's, which has no types
        """Return the one session for the gateway; no proxy may stand between."""
        if self._session is None:
            self._session = kind()
        return self._session


def install(redirect: Redirect) -> None:
    """Redirect botocore's requests once it is imported; until then nothing is loaded."""
    sys.meta_path.insert(0, _Finder(redirect))


def wrap_session(kind: Any, redirect: Redirect) -> None:  # noqa: ANN401 - a class of botocore's
    """Wrap the `send` of botocore's HTTP session class."""
    original = kind.send

    def send(self: object, request: Any) -> object:  # noqa: ANN401 - the same
        url = request.url
        target = redirect.target(url)
        if target is None:
            return original(self, request)
        request.headers["Host"] = urlsplit(url).netloc
        request.url = target
        try:
            return original(redirect.session(kind), request)
        finally:
            request.url = url

    kind.send = send


class _Finder(MetaPathFinder):
    """Finds botocore's HTTP module, once, and has it loaded by `_Loader`."""

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
    """Loads the module as usual, then wraps its session class."""

    def __init__(self, loader: Loader, redirect: Redirect) -> None:
        self._loader = loader
        self._redirect = redirect

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        wrap_session(vars(module)["URLLib3Session"], self._redirect)
