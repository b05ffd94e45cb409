"""The commands of clients. Every frame goes through `decoding.decode` and then `parse`.

The fields of a command are those of its frame, in snake case; the browser's types are generated
from them. Every frame may also have an `id`, which the answer repeats.
"""

from typing import TypeAlias

from fireside.domain.commands import messages, moderation, people
from fireside.domain.commands.fields import MAX_ID, Fields, Parsers, text
from fireside.domain.errors import Unsupported

Command: TypeAlias = messages.MessageCommand | people.PeopleCommand | moderation.ModerationCommand

DEFAULT = "$default"

_PARSERS: Parsers[Command] = {**messages.PARSERS, **people.PARSERS, **moderation.PARSERS}


def parse(route: str, fields: Fields) -> Command:
    """Return the command of a route and a frame's fields. Unknown fields are ignored.

    Most actions have no route of their own: they come by `$default`, and the frame names them.

    Raises:
        InvalidCommand: A field is missing or wrong, or there is no action.
        TooLong: A field has too many characters.
        Unsupported: The server does not know that action.
    """
    action = text(fields, "action") if route == DEFAULT else route
    reader = _PARSERS.get(action)
    if reader is None:
        raise Unsupported(f"There is no action {action[:MAX_ID]!r}", "action")
    return reader(fields)
