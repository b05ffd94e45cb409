"""Whom to trust that it is AWS: the system's certificates, or of them only Amazon's.

To read the system's whole bundle costs 20 ms of each cold start. To look through it for the few
roots that AWS's services use costs one.
"""

import base64
import functools
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

_AMAZONS = (b"Amazon Root CA", b"Starfield Services Root Certificate Authority")
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----")


def trust(environ: Mapping[str, str], endpoint: str) -> ssl.SSLContext | None:
    """Say how to verify an endpoint; None if it is plain http.

    `AWS_CA_BUNDLE` names a file to trust instead of the system's.
    """
    url = urlsplit(endpoint)
    if url.scheme != "https":
        return None
    bundle = environ.get("AWS_CA_BUNDLE")
    is_amazons = (url.hostname or "").endswith(".amazonaws.com")
    return _context(bundle, is_amazons=is_amazons and not bundle)


@functools.cache
def _context(bundle: str | None, *, is_amazons: bool) -> ssl.SSLContext:
    roots = amazons_roots(ssl.get_default_verify_paths().cafile) if is_amazons else b""
    return ssl.create_default_context(cafile=bundle, cadata=roots or None)


def amazons_roots(bundle: str | None) -> bytes:
    """Return the roots of AWS's services out of a bundle; nothing if it has none of them."""
    if bundle is None:
        return b""
    found = _CERTIFICATE.findall(Path(bundle).read_bytes())
    certificates = (base64.b64decode(text) for text in found)
    return b"".join(one for one in certificates if any(name in one for name in _AMAZONS))
