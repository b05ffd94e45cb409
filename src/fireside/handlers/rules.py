"""The entry rules, read from the environment variables of a Lambda function."""

from collections.abc import Mapping

from fireside.domain.entry import EntryRules
from fireside.domain.hosts import plain_host, plain_origin
from fireside.domain.invite import is_hash

HOSTS, ORIGINS = "FIRESIDE_HOSTS", "FIRESIDE_ORIGINS"
INVITES, PROXY_SECRET = "FIRESIDE_INVITE_SHA256", "FIRESIDE_ORIGIN_SECRET_SHA256"

OPEN = "open"
"""The value of the invites' variable with which no invite is needed. Empty means: no client."""


def rules_from(environ: Mapping[str, str]) -> EntryRules:
    """Return the rules; if the variable for invites is missing, no client may connect.

    Raises:
        KeyError: The variable for the hosts is missing.
        ValueError: A value is not a hash. The error does not show it: it may be the secret.
    """
    proxy_secret_hash = environ.get(PROXY_SECRET, "").strip()
    return EntryRules(
        hosts=frozenset(filter(None, map(plain_host, environ[HOSTS].split()))),
        origins=frozenset(filter(None, map(plain_origin, environ.get(ORIGINS, "").split()))),
        invites=_invites(environ.get(INVITES, "").split()),
        proxy_secret_hash=_hash(proxy_secret_hash, PROXY_SECRET) if proxy_secret_hash else None,
    )


def _invites(words: list[str]) -> frozenset[str] | None:
    if words == [OPEN]:
        return None
    return frozenset(_hash(word, INVITES) for word in words)


def _hash(word: str, variable: str) -> str:
    if not is_hash(word.lower()):
        raise ValueError(f"{variable} must hold SHA-256 hashes in hexadecimal, not secrets")
    return word.lower()
