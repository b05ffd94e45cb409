"""Text and JSON for a terminal, in which it finds no control character to obey."""

import json


def printable(text: str) -> str:
    """Escape control characters except tabs, so that no text can forge a line."""
    return "".join(c if c.isprintable() or c == "\t" else ascii(c)[1:-1] for c in text)


def printable_json(value: object) -> str:
    """Return indented JSON in which control characters are escaped; it has the same value."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=repr)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
