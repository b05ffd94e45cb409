"""Write what was said to a file: a message a line, as the socket's frames have it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from fireside import wire
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.events import MessageSent
from fireside.domain.message import Message
from fireside.domain.names import LOBBY

PAGE = 100  # messages


class Log(Protocol):
    """What is read: any store of messages."""

    def after(self, room: str, seq: int, limit: int) -> list[Message]:
        """Return what follows `seq`, oldest first."""


def export(log: Log, out: Path, told: Callable[[int], object]) -> int:
    """Write every message to `out`, and return how many there were.

    The file appears whole or not at all, and nobody else may read it.

    Raises:
        CannotStart: The file is there already, or can't be written.
    """
    if out.exists():
        raise CannotStart(f"{out} is there already: name another file.", ExitCode.USAGE)
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    count = 0
    try:
        with open(draft, "x", encoding="utf-8", opener=_private) as file:
            for count, message in enumerate(_messages(log), 1):
                file.write(wire.encode(MessageSent(message)) + "\n")
                if count % PAGE == 0:
                    told(count)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(out)
    except OSError as cause:
        sentence = f"Can't write {out} ({cause.strerror}): name another file."
        raise CannotStart(sentence, ExitCode.DATA) from cause
    finally:
        draft.unlink(missing_ok=True)
    return count


def _messages(log: Log) -> Iterator[Message]:
    seq = 0
    while page := log.after(LOBBY, seq, PAGE):
        yield from page
        seq = page[-1].seq


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
