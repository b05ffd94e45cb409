"""Put the rules of the door together, from what the environment of a Lambda function says."""

from collections.abc import Mapping

from fireside.domain.entry import EntryRules
from fireside.domain.invite import is_hash

HOSTS, ORIGINS = "FIRESIDE_HOSTS", "FIRESIDE_ORIGINS"
INVITES, WAY_IN = "FIRESIDE_INVITE_SHA256", "FIRESIDE_ORIGIN_SECRET_SHA256"

OPEN = "open"
"""The one word that opens the door to everybody: nothing else does, and least of all silence."""


def rules_from(environ: Mapping[str, str]) -> EntryRules:
    """Read who may enter; without a word about invites, nobody.

    Raises:
        KeyError: Nobody said which hosts the chat answers to.
        ValueError: A hash is none. Its value is not repeated: it might be the secret itself.
    """
    way_in = environ.get(WAY_IN, "").strip()
    return EntryRules(
        hosts=frozenset(environ[HOSTS].lower().split()),
        origins=frozenset(environ.get(ORIGINS, "").lower().split()),
        invites=_invites(environ.get(INVITES, "").split()),
        way_in=_hash(way_in, WAY_IN) if way_in else None,
    )


def _invites(words: list[str]) -> frozenset[str] | None:
    if words == [OPEN]:
        return None
    return frozenset(_hash(word, INVITES) for word in words)


def _hash(word: str, variable: str) -> str:
    if not is_hash(word.lower()):
        raise ValueError(f"{variable} must hold SHA-256 hashes in hexadecimal, not secrets")
    return word.lower()
