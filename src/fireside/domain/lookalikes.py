"""Names that look alike."""

from fireside.domain.names import fold


def name_keys(name: str) -> tuple[str, ...]:
    """Return the keys under which a name is held."""
    return (fold(name),)


def is_reserved(name: str) -> bool:
    """Return whether no person may have a name."""
    return fold(name) in {"system", "fireside", "everybody", "room", "here"}
