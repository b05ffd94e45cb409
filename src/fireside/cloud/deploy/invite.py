"""Make an invite for a chat on AWS: the secret stays with you, its hash goes into the functions."""

from fireside.domain.invite import hash_of, link
from fireside.system import new_invite

__all__ = ["hash_of", "link", "make"]


def make() -> str:
    """Make the secret of a new invite: give `hash_of` it to the functions, and `link` to people."""
    return new_invite()
