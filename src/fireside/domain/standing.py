"""Who a visitor is, and whether they may take part, decided from what is stored.

A visitor is in the place as a person, or under a name that belongs to none. All others who may
connect at all are in no room: they can only show that they are somebody.
"""

from typing import Literal, TypeAlias

from fireside.domain.entry import UNINVITED, Visitor
from fireside.domain.errors import Forbidden, Gone, NameTaken, Unauthorized
from fireside.domain.lookalikes import is_reserved, require_unreserved
from fireside.domain.person import (
    NEVER_MS,
    Found,
    Person,
    is_free,
    opened_by,
    require_welcome,
)

NamesRule: TypeAlias = Literal["open", "claimed"]
"""Whether names need not be claimed."""


def standing(visitor: Visitor, found: Found, names: NamesRule, now_ms: int) -> Person | None:
    """Return the person as which a visitor takes part; None: under a name that belongs to none.

    `found` has the person of the visitor's user id and, if there is none, who holds the name.

    Raises:
        NameTaken: The name, or one that looks like it, belongs to a person whose device this
            is not.
        Gone: The person was forgotten.
        Forbidden: The person is banned, or the visitor has no invite and is no person.
        InvalidName: The name is reserved.
        Unauthorized: The name must be claimed first, and can be.
    """
    person = found.person
    if person is None:
        _require_unheld(found, now_ms)
        require_unreserved(visitor.username)
        if not visitor.is_invited:
            raise Forbidden(UNINVITED)
        if names == "claimed":
            raise Unauthorized("Names are claimed here: claim yours first")
        return None
    if person.is_forgotten:
        raise Gone("Who had that name asked to be forgotten: choose another name to begin anew")
    if person.has(visitor.device) or not person.devices:
        require_welcome(person)
    if not person.has(visitor.device):
        raise NameTaken
    return person


def may_take_part(visitor: Visitor, found: Found, names: NamesRule, now_ms: int) -> bool:
    """Return whether a visitor who connects takes part; if not, they may only show who they are.

    Raises:
        Forbidden: The visitor may not even do that.
    """
    person = found.person
    if person is not None and person.has(visitor.device):
        return not person.is_banned
    if not visitor.is_invited and not _has_key(visitor, person, now_ms):
        raise Forbidden(UNINVITED)
    is_unclaimed = person is None and not is_held(found)
    if is_unclaimed and names == "open" and not is_reserved(visitor.username):
        return True
    if not visitor.device:
        raise Forbidden("That name is not free, or names must be claimed here")
    return False


def payer(visitor: Visitor, found: Found) -> str:
    """Return under which id it is counted what a visitor costs.

    Who comes under a person's name with none of the person's devices can't use up what is the
    person's. A name that was given up is still the user id of the person who had it.
    """
    person = found.person
    is_stranger = is_held(found) if person is None else not person.has(visitor.device)
    return strangers_of(visitor.user_id) if is_stranger else visitor.user_id


def strangers_of(user_id: str) -> str:
    """Return the id of all together who come under a person's name without its devices.

    No name has its `#`.
    """
    return f"{user_id}#unknown"


def is_held(found: Found) -> bool:
    """Return whether the name is a person's, or was; then it is not used without a claim."""
    return any(holder.until_ms != NEVER_MS for holder in found.holders.values())


def _require_unheld(found: Found, now_ms: int) -> None:
    """Raise an error if the name is a person's, or was; who may claim it is told so."""
    if not is_held(found):
        return
    if all(is_free(holder, "", now_ms) for holder in found.holders.values()):
        raise Unauthorized("Somebody else had that name once: claim it, to have it for yourself")
    raise NameTaken


def _has_key(visitor: Visitor, person: Person | None, now_ms: int) -> bool:
    """Return whether a visitor without an invite showed a link or a code of the person."""
    if person is None or not visitor.key:
        return False
    return visitor.key == person.recovery or opened_by(person, visitor.key, now_ms)
