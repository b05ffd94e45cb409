"""What happens when SQLite fails: clients are told to try again, and damage is logged."""

import functools
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from fireside.adapters.sqlite.unusable import is_damage
from fireside.domain.errors import StorageFailed

log = logging.getLogger(__name__)


class Damage:
    """Whether an open database was found damaged; the next start then reads all of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.was_found = False

    def note(self, cause: sqlite3.Error) -> None:
        """Log once that an error comes from damage."""
        if self.was_found or not is_damage(cause):
            return
        self.was_found = True
        log.error("%s is damaged: stop the server, then run `fireside doctor`", self._path)


class Guarded(Protocol):
    """What uses a database whose damage is noted."""

    damage: Damage


_Self = TypeVar("_Self", bound=Guarded)
_Args = ParamSpec("_Args")
_Answer = TypeVar("_Answer")


def storage(
    method: Callable[Concatenate[_Self, _Args], _Answer],
) -> Callable[Concatenate[_Self, _Args], _Answer]:
    """Raise `StorageFailed`, which clients may retry, for any error of SQLite."""

    @functools.wraps(method)
    def guarded(one: _Self, /, *args: _Args.args, **kwargs: _Args.kwargs) -> _Answer:
        try:
            return method(one, *args, **kwargs)
        except sqlite3.Error as cause:
            one.damage.note(cause)
            raise StorageFailed from cause

    return guarded
