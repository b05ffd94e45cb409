"""Who a visitor is, and whether they may take part, decided from what is stored.

A visitor is in the place as a person, or under a name that belongs to none. All others who may
connect at all are in no room: they can only show that they are somebody.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from fireside.domain.entry import Visitor
from fireside.domain.errors import Forbidden, Gone, NameTaken, Unauthorized
from fireside.domain.person import Found, Person, opened_by

NamesRule: TypeAlias = Literal["open", "claimed"]
"""Whether names need not be claimed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A visitor who takes part: a person, or only a name."""

    user_id: str
    username: str
    person: Person | None


def standing(visitor: Visitor, found: Found, names: NamesRule) -> Standing:
    """Return as whom a visitor takes part.

    `found` has the person of the visitor's user id and, if there is none, who holds the name.

    Raises:
        NameTaken: The name, or one that looks like it, belongs to a person whose device this
            is not.
        Gone: The person was forgotten.
        Forbidden: The person is banned.
        Unauthorized: Names must be claimed here, and this one is not.
    """
    person = found.person
    if person is None:
        if is_held(found):
            raise NameTaken
        if names == "claimed":
            raise Unauthorized("Names are claimed here: claim yours first")
        return Standing(visitor.user_id, visitor.username, None)
    if person.is_forgotten:
        raise Gone("You asked to be forgotten: choose another name to begin anew")
    if person.is_banned and (person.has(visitor.device) or not person.devices):
        raise _banned()
    if not person.has(visitor.device):
        raise NameTaken
    return Standing(person.user_id, person.username, person)


def may_take_part(visitor: Visitor, found: Found, names: NamesRule, now_ms: int) -> bool:
    """Return whether a visitor who connects takes part; if not, they may only show who they are.

    Raises:
        Forbidden: The visitor may not even do that.
    """
    person = found.person
    if person is not None and person.has(visitor.device):
        return not person.is_banned
    if not visitor.is_invited and not _has_key(visitor, person, now_ms):
        raise Forbidden("This chat needs an invite: ask the person who runs it for the link")
    if person is None and not is_held(found) and names == "open":
        return True
    if not visitor.device:
        raise Forbidden("That name belongs to somebody, or names must be claimed here")
    return False


def payer(visitor: Visitor, person: Person | None) -> str:
    """Return under which id it is counted what a visitor costs; `person` has the user id.

    Who shows a device that the person does not have can't use up what is the person's.
    """
    is_stranger = person is not None and not person.has(visitor.device)
    return strangers_of(visitor.user_id) if is_stranger else visitor.user_id


def strangers_of(user_id: str) -> str:
    """Return the id of all together who show an unknown device under a person's name.

    No name has its `#`.
    """
    return f"{user_id}#unknown"


def is_held(found: Found) -> bool:
    """Return whether the name is a person's, or was; then it is not used without a claim."""
    return bool(found.holders)


def _has_key(visitor: Visitor, person: Person | None, now_ms: int) -> bool:
    """Return whether a visitor without an invite showed a link or a code of the person."""
    if person is None or not visitor.key:
        return False
    return visitor.key == person.recovery or opened_by(person, visitor.key, now_ms)


def _banned() -> Forbidden:
    return Forbidden("You are banned from this place; its owners can lift that")
