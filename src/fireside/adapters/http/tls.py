"""Whom to trust that it is AWS: the system's certificates, or of them only Amazon's.

To read the whole bundle of a system costs 20 ms of each cold start. To pick the few roots that
AWS's services use costs one, and then nobody else can speak for AWS.
"""

import base64
import functools
import re
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

_AMAZONS = (b"Amazon Root CA", b"Starfield Services Root Certificate Authority")
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----")


def trust(environ: Mapping[str, str], endpoint: str) -> ssl.SSLContext | None:
    """Say how to verify an endpoint; None if it is plain http.

    `AWS_CA_BUNDLE` names a file to trust in place of the system's.
    """
    url = urlsplit(endpoint)
    if url.scheme != "https":
        return None
    bundle = environ.get("AWS_CA_BUNDLE")
    is_amazons = bundle is None and (url.hostname or "").endswith(".amazonaws.com")
    return context(bundle, is_amazons=is_amazons)


@functools.cache
def context(bundle: str | None, *, is_amazons: bool) -> ssl.SSLContext:
    """Trust a bundle, or Amazon's roots in the system's, or all that the system has."""
    roots = _amazons_roots(system_bundle()) if is_amazons else b""
    return ssl.create_default_context(cafile=bundle, cadata=roots or None)


def system_bundle() -> str | None:
    """Find the file with the system's roots."""
    return ssl.get_default_verify_paths().cafile


@functools.cache
def _amazons_roots(bundle: str | None) -> bytes:
    """Pick the roots of AWS's services by their names, which stand in them as plain text."""
    texts = _CERTIFICATE.findall(_read(bundle)) if bundle else []
    roots = (base64.b64decode(text) for text in texts)
    return b"".join(root for root in roots if any(name in root for name in _AMAZONS))


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib takes 2 ms of a cold start
        return file.read()
