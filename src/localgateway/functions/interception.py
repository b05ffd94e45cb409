"""Redirect boto3's requests to `@connections` to the gateway, which speaks no TLS.

A handler posts to `https://{domainName}/{stage}`, as its event says. Only requests to
`@connections` of a domain that came in an event go to the gateway's own address, in plain HTTP
and with their Host, so that the signature stays valid. They, and calls of Lambda's Invoke there,
are signed again with the gateway's key if a handler signs with a key of its own, such as a
profile's, which the gateway can't know. No other request is changed.
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
_INVOKE = "/2015-03-31/functions/"
_KEY_AND_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/,\s]+)/([^/,\s]+)/")
_CONNECTIONS = re.compile(r"/[^/]+/(?:@|%40)connections/", re.IGNORECASE)


class Redirect:
    """Decides which requests go to the gateway, and where that is."""

    def __init__(self) -> None:
        self.address = ""
        """The gateway's own address, such as `http://127.0.0.1:8080`."""
        self.domains: set[str] = set()
        """The domain names of the gateway in events so far."""
        self.key: tuple[str, str] | None = None
        """The gateway's own key: its id and its secret."""
        self._session: Any = None

    def target(self, url: str) -> str | None:
        """Return the URL at the gateway, or None when the request is not for `@connections`."""
        parts = urlsplit(url)
        to_gateway = parts.scheme == "https" and parts.netloc.lower() in self.domains
        if not to_gateway or not _CONNECTIONS.match(parts.path):
            return None
        return self.address + parts._replace(scheme="", netloc="").geturl()

    def is_invoke(self, url: str) -> bool:
        """Return whether a request calls Lambda's Invoke of the gateway."""
        parts = urlsplit(url)
        places = {*self.domains, urlsplit(self.address).netloc}
        is_here = parts.scheme == "http" and parts.netloc.lower() in places
        return is_here and parts.path.startswith(_INVOKE)

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
        if redirect.key is not None and (target is not None or redirect.is_invoke(url)):
            _sign(request, *redirect.key)
        if target is None:
            return original(self, request)
        request.headers["Host"] = urlsplit(url).netloc
        request.url = target
        try:
            return original(redirect.session(kind), request)
        finally:
            request.url = url

    kind.send = send


def _sign(request: Any, key: str, secret: str) -> None:  # noqa: ANN401 - botocore's
    """Sign a request again, unless it was signed with this key."""
    from botocore.auth import SigV4Auth  # noqa: PLC0415 - the handler's, if it has one
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415 - the same
    from botocore.credentials import Credentials  # noqa: PLC0415 - the same

    headers = {k.lower(): _text(v) for k, v in request.headers.items()}
    found = _KEY_AND_SCOPE.search(headers.get("authorization", ""))
    if found is None or found[1] == key:
        return
    headers.pop("x-amz-security-token", None)
    again = AWSRequest(request.method, request.url, headers, request.body)
    SigV4Auth(Credentials(key, secret), found[3], found[2]).add_auth(again)
    for name in list(request.headers):
        del request.headers[name]
    for name, value in again.headers.items():
        request.headers[name] = value


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


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
