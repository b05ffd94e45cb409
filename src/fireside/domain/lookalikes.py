"""Names that look alike: one of them could pass for the other.

The letters that do are in `lookalikes.txt`, which `tools/generate_lookalikes.py` makes from
Unicode's own list. Only the server has it, and reads it when it first needs it.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from fireside.domain.errors import InvalidName
from fireside.domain.names import fold, without_joiners

RESERVED = ("system", "fireside", "everybody", "somebody", "room", "here")
"""Names that belong to no person: the place itself may speak under them, or mention by them."""


def skeleton(name: str) -> str:
    """Return what a name looks like: the same text for names that look alike.

    Letters are mapped before their case is folded, and not again after: folded first, "BiII" would
    pass for "Bill"; mapped again, "Ian" would be "Lan". It is a key, and never shown.
    """
    compatible = unicodedata.normalize("NFKC", without_joiners(name))
    letters = unicodedata.normalize("NFD", compatible.translate(_CHILLUS))
    look = letters.translate(_least_of_each_class()).casefold().translate(_GAPS)
    for pair, letter in _PAIRS:
        look = look.replace(pair, letter)
    return unicodedata.normalize("NFC", look)


@lru_cache(maxsize=4_096)
def name_keys(name: str) -> tuple[str, ...]:
    """Return the keys under which a name is held, sorted: who has them all has the name."""
    return tuple(sorted({fold(name), skeleton(name)}))


def is_reserved(name: str) -> bool:
    """Return whether a name is, or looks like, one that belongs to no person."""
    return not _reserved_keys().isdisjoint(name_keys(name))


def require_unreserved(name: str) -> None:
    """Raise `InvalidName` if a name is reserved."""
    if is_reserved(name):
        raise InvalidName("That name is reserved: choose another one")


_GAPS = {**dict.fromkeys(map(ord, " -_")), ord("0"): "o"}
"""What is dropped, and the zero: in small letters it looks like an o, which has no class."""

_PAIRS = (("rn", "m"), ("vv", "w"), ("c1", "d"))
"""Two letters that look like one, once mapped: `l` is `1` then."""

_CHILLUS = str.maketrans(
    {
        "\u0d7a": "\u0d23\u0d4d",
        "\u0d7b": "\u0d28\u0d4d",
        "\u0d7c": "\u0d30\u0d4d",
        "\u0d7d": "\u0d32\u0d4d",
        "\u0d7e": "\u0d33\u0d4d",
        "\u0d7f": "\u0d15\u0d4d",
    }
)
"""Malayalam letters that are also written as a consonant, a virama and a joiner."""


@cache
def _least_of_each_class() -> Mapping[int, str]:
    """Return the letter that stands for each letter that looks like it."""
    lines = Path(__file__).with_name("lookalikes.txt").read_text("utf-8").splitlines()
    classes = (line.split(" ") for line in lines if line and not line.startswith("#"))
    return {ord(letter): least for least, *others in classes for letter in others}


@cache
def _reserved_keys() -> frozenset[str]:
    """Return the keys of reserved names, which also in capitals look like no other name."""
    written = [*RESERVED, *map(str.upper, RESERVED), *map(str.capitalize, RESERVED)]
    return frozenset(key for name in written for key in name_keys(name))
