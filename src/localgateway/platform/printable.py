"""Text and JSON for a terminal, in which it finds no control character to obey."""

import json

SHOWN = "\u200c\u200d\u00a0\u202f\u3000"
"""Joiners, which Persian and emoji need, and spaces of French and Japanese: none moves a cursor."""


def printable(text: str) -> str:
    """Escape control characters except tabs, so that no text can forge a line."""
    return "".join(c if c.isprintable() or c in f"{SHOWN}\t" else ascii(c)[1:-1] for c in text)


def printable_json(value: object) -> str:
    """Return indented JSON in which control characters are escaped; it has the same value."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=repr)
    return "".join(c if c.isprintable() or c in f"{SHOWN}\n" else json.dumps(c)[1:-1] for c in text)
