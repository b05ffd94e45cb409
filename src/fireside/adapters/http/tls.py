"""TLS context for AWS endpoints: system roots, or only Amazon's (saves 20 ms a cold start).

Loading all root certificates of a system takes 20 ms. Loading only the few that AWS's services
use takes 1 ms, and then a certificate of any other authority is rejected as well.
"""

import base64
import functools
import re
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

_AMAZONS = (b"Amazon Root CA", b"Starfield Services Root Certificate Authority")
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----")


def context_for(environ: Mapping[str, str], endpoint: str) -> ssl.SSLContext | None:
    """Return the TLS context for an endpoint, or None if it is plain http.

    The variable `AWS_CA_BUNDLE` names a file of root certificates to use instead of the system's.
    """
    url = urlsplit(endpoint)
    if url.scheme != "https":
        return None
    bundle = environ.get("AWS_CA_BUNDLE")
    is_amazons = bundle is None and (url.hostname or "").endswith(".amazonaws.com")
    return context(bundle, is_amazons=is_amazons)


@functools.cache
def context(bundle: str | None, *, is_amazons: bool) -> ssl.SSLContext:
    """Return a TLS context with the roots of a bundle, only Amazon's, or all of the system's."""
    roots = _amazons_roots(system_bundle()) if is_amazons else b""
    return ssl.create_default_context(cafile=bundle, cadata=roots or None)


def system_bundle() -> str | None:
    """Return the path of the file with the system's root certificates."""
    return ssl.get_default_verify_paths().cafile


@functools.cache
def _amazons_roots(bundle: str | None) -> bytes:
    """Return the root certificates of AWS's services, found by their names in plain text."""
    texts = _CERTIFICATE.findall(_read(bundle)) if bundle else []
    roots = (base64.b64decode(text) for text in texts)
    return b"".join(root for root in roots if any(name in root for name in _AMAZONS))


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib takes 2 ms of a cold start
        return file.read()
