"""The rules of the place, read from the environment variables of a Lambda function."""

from collections.abc import Mapping
from typing import cast, get_args

from fireside import environment
from fireside.domain.entry import EntryRules
from fireside.domain.hosts import plain_host, plain_origin
from fireside.domain.invite import is_hash
from fireside.domain.standing import NamesRule

OPEN = "open"
"""The value of the invites' variable with which no invite is needed. Empty means: no client."""


def rules_from(environ: Mapping[str, str]) -> EntryRules:
    """Return the rules; if the variable for invites is missing, no client may connect.

    Raises:
        KeyError: The variable for the hosts is missing.
        ValueError: A value is not a hash. The error does not show it: it may be the secret.
    """
    of_proxy = environ.get(environment.ORIGIN_SECRET_SHA256, "").strip()
    hosts = environ[environment.HOSTS].split()
    origins = environ.get(environment.ORIGINS, "").split()
    return EntryRules(
        hosts=frozenset(filter(None, map(plain_host, hosts))),
        origins=frozenset(filter(None, map(plain_origin, origins))),
        invites=_invites(environ.get(environment.INVITE_SHA256, "").split()),
        proxy_secret_hash=_hash(of_proxy, environment.ORIGIN_SECRET_SHA256) if of_proxy else None,
    )


def names_from(environ: Mapping[str, str]) -> NamesRule:
    """Return whether names need not be claimed, which is so by default.

    Raises:
        ValueError: The value is neither `open` nor `claimed`.
    """
    given = environ.get(environment.NAMES, "open")
    for rule in get_args(NamesRule):
        if rule == given:
            return cast("NamesRule", rule)
    raise ValueError(
        f"{environment.NAMES} is {given!r}: set it to open or claimed, or leave it out"
    )


def owners_from(environ: Mapping[str, str]) -> frozenset[str]:
    """Return the hashes of the secrets that make an owner; without any, nobody can become one.

    Raises:
        ValueError: A value is not a hash. The error does not show it: it may be the secret.
    """
    words = environ.get(environment.OWNER_SHA256, "").split()
    return frozenset(_hash(word, environment.OWNER_SHA256) for word in words)


def _invites(words: list[str]) -> frozenset[str] | None:
    if words == [OPEN]:
        return None
    return frozenset(_hash(word, environment.INVITE_SHA256) for word in words)


def _hash(word: str, variable: str) -> str:
    if not is_hash(word.lower()):
        raise ValueError(f"{variable} must hold SHA-256 hashes in hexadecimal, not secrets")
    return word.lower()
