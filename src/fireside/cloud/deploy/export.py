"""Export messages to a file: one per line, in the JSON of the socket's frames."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from fireside import wire
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.commands.messages import MAX_PAGE
from fireside.domain.events import MessageSent
from fireside.domain.message import Message
from fireside.domain.names import LOBBY


class MessageSource(Protocol):
    """The part of a store of messages that an export reads."""

    def after(self, room: str, seq: int, limit: int) -> list[Message]:
        """Return up to `limit` messages after `seq`, oldest first."""


def export(source: MessageSource, out: Path, on_progress: Callable[[int], object]) -> int:
    """Write every message to `out`, and return their number.

    The file appears as a whole or not at all, and only its owner can read it. `on_progress` gets
    the number so far after each page.

    Raises:
        CannotStart: The file exists, or can't be written.
    """
    if out.exists():
        raise CannotStart(f"{out} exists already: name another file.", ExitCode.USAGE)
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    count = 0
    try:
        with open(draft, "x", encoding="utf-8", opener=_private) as file:
            for count, message in enumerate(_messages(source), 1):
                file.write(wire.encode(MessageSent(message)) + "\n")
                if count % MAX_PAGE == 0:
                    on_progress(count)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(out)
    except OSError as cause:
        sentence = f"Can't write {out} ({cause.strerror}): name another file."
        raise CannotStart(sentence, ExitCode.DATA) from cause
    finally:
        draft.unlink(missing_ok=True)
    return count


def _messages(source: MessageSource) -> Iterator[Message]:
    seq = 0
    while page := source.after(LOBBY, seq, MAX_PAGE):
        yield from page
        seq = page[-1].seq


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
