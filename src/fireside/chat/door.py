"""Who a connection is: asked when it opens, and again at each of its commands.

So what is changed about a person, such as a ban, holds from the next frame on, even where a
connection could not be closed.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

from fireside.domain.entry import Visitor
from fireside.domain.errors import Busy, ChatError, StorageFailed
from fireside.domain.events import Myself
from fireside.domain.lookalikes import name_keys
from fireside.domain.names import LOBBY, fold
from fireside.domain.person import Found, Person, is_free
from fireside.domain.standing import NamesRule, may_take_part, payer, standing
from fireside.ports import Clock, Connection, ConnectionRegistry, People


@dataclass(frozen=True, slots=True)
class Arrival:
    """A connection of an event, and who its authorizer says that it is."""

    connection_id: str
    connected_at_ms: int
    visitor: Visitor


@dataclass(frozen=True, slots=True)
class Sender:
    """A connection that takes part: of a person, or under a name that belongs to none."""

    connection: Connection
    person: Person | None

    @property
    def myself(self) -> Myself:
        """Return the user as it is told to itself."""
        return Myself(self.connection.user_id, self.connection.username, self.person)


class Door:
    """Decides as which user each connection takes part."""

    def __init__(
        self, people: People, connections: ConnectionRegistry, clock: Clock, names: NamesRule
    ) -> None:
        self._people = people
        self._connections = connections
        self._clock = clock
        self._names: NamesRule = names

    def connect(self, arrival: Arrival) -> None:
        """Store a new connection. Nothing can be sent to it until its handshake is over.

        One that may only show who it is is in no room, and is not stored.

        Raises:
            Forbidden: It may not connect.
        """
        visitor, found = self._look_up(arrival.visitor)
        if may_take_part(visitor, found, self._names, self._clock()):
            self._connections.expect(_connection(arrival, visitor, found.person))

    def disconnect(self, connection_id: str) -> None:
        """Remove a closed connection."""
        self._connections.remove(connection_id)

    def identify(self, arrival: Arrival) -> Sender:
        """Return the user as which a connection sends its command.

        One that does not take part any more hears nothing more either.

        Raises:
            ChatError: It does not take part; the sentence says why.
        """
        visitor, found = self._look_up(arrival.visitor)
        try:
            person = standing(visitor, found, self._names, self._clock())
        except ChatError:
            with suppress(Busy, StorageFailed):
                self._connections.remove(arrival.connection_id)
            raise
        return Sender(_connection(arrival, visitor, person), person)

    def payer(self, visitor: Visitor) -> str:
        """Return under which id it is counted what a visitor costs."""
        visitor, found = self._look_up(visitor)
        return payer(visitor, found)

    def _look_up(self, visitor: Visitor) -> tuple[Visitor, Found]:
        """Return a visitor and what is stored of it, by its user id or else by its name.

        A user id that names no person is ignored.
        """
        found = self._people.find(visitor.user_id)
        if found.person is not None and not _is_by_former_name(visitor, found.person):
            return visitor, found
        own_id = fold(visitor.username)
        found = self._people.find(own_id, name_keys(visitor.username))
        holder = found.holders.get(own_id)
        if holder is not None and holder.until_ms is None and holder.user_id != own_id:
            found = Found(self._people.find(holder.user_id).person, found.holders)
            return replace(visitor, user_id=holder.user_id), found
        known = visitor if visitor.user_id == own_id else replace(visitor, user_id=own_id)
        return known, self._without_former(known, found)

    def _without_former(self, visitor: Visitor, found: Found) -> Found:
        """Return what was found, without a person who lets others have the name by now."""
        person, now = found.person, self._clock()
        is_over = person is not None and _is_by_former_name(visitor, person)
        if is_over and all(is_free(one, "", now) for one in found.holders.values()):
            return Found(None, found.holders)
        return found


def _is_by_former_name(visitor: Visitor, person: Person) -> bool:
    """Return whether a visitor who is not a person comes by the name that the person once had.

    A user id is the first name of its person; a ban that was lifted leaves an id without one.
    """
    own_id = fold(visitor.username)
    if visitor.user_id != own_id or person.has(visitor.device):
        return False
    return fold(person.username) != own_id or (person.is_vacant and not person.is_banned)


def _connection(arrival: Arrival, visitor: Visitor, person: Person | None) -> Connection:
    return Connection(
        arrival.connection_id,
        visitor.user_id,
        visitor.username if person is None else person.username,
        (LOBBY,),
        arrival.connected_at_ms,
        device=visitor.device,
    )
