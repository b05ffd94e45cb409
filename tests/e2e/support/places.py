"""Where the people of a test meet: in each mode a room that is empty, but for a past it is given.

A test that asks for a `place` is run in every mode. On the embedded server with all that it varies
(a phone, the dark, other codes): that is the page's. In the others once, with the first of each,
but for a test marked `page_alone`: of the server it asks no more than to be let in, to be shown
what was said and to take what is sent, so that in another mode it would see the same page with the
same frames again. So it is too where the test cuts the line or changes frames on their way, unless
the server has to make good what was lost.
`make test` runs it on the embedded server, with the first of each, and `make test-all` the rest.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

import pytest

from tests.e2e.support.dynamodb_tables import Tables
from tests.e2e.support.seeding import Said, drafts, seed
from tests.e2e.support.server_process import EMBEDDED, ISOLATED, REHEARSED, Mode, Running, serving

NOT_IN = {
    # The zip says AWS's two hours, which can't be shortened. That the page moves on before they
    # are over is seen there too: by the test that turns the page's clock on.
    ("test_the_page_moves_on_before_the_lifetime_that_the_server_told", REHEARSED),
}
"""Which test is not run in which mode, and why."""


class Place(Protocol):
    """A room, and the server that it is on."""

    def seed(self, said: Iterable[Said]) -> None:
        """Give the room a past, before it is opened."""

    def open(self) -> AbstractContextManager[Running]:
        """Give a server that leads there. Others may use it later, so it may not be ended."""

    def start(self, *arguments: str, **variables: str) -> AbstractContextManager[Running]:
        """Start a server that may be ended, and started again: what was said there is kept."""


class OnOneMachine:
    """On a server of its own, which keeps what is said in a file."""

    def __init__(self, data: Path, mode: Mode) -> None:
        self._data, self._mode = data, mode

    def seed(self, said: Iterable[Said]) -> None:
        seed(self._data, said)

    def open(self) -> AbstractContextManager[Running]:
        return self.start()

    def start(self, *arguments: str, **variables: str) -> AbstractContextManager[Running]:
        return serving(self._data, *self._mode, *arguments, variables=variables)


class Rehearsed:
    """At the rehearsal that tests share, or at one of its own; both in one DynamoDB Local."""

    def __init__(self, folder: Path, dynamodb: str, shared: Tables, running: Running) -> None:
        self._folder = folder
        self._shared, self._running = shared, running
        self._own = Tables(dynamodb)

    def seed(self, said: Iterable[Said]) -> None:
        self._shared.keep(drafts(said))

    def open(self) -> AbstractContextManager[Running]:
        return nullcontext(self._running)

    def start(self, *arguments: str, **variables: str) -> AbstractContextManager[Running]:
        program = self._own.program
        return serving(self._folder, *REHEARSED, *arguments, program=program, variables=variables)


def adds_something(item: pytest.Item) -> bool:
    """Tell whether a test says more in its mode than it says in others."""
    if not isinstance(item, pytest.Function) or "mode" not in item.fixturenames:
        return True
    mode = item.callspec.params["mode"]
    if (item.originalname, mode) in NOT_IN:
        return False
    if mode == EMBEDDED or "place" not in item.fixturenames:
        return True
    return _is_first(item) and not item.get_closest_marker("page_alone")


def is_first_of_its_kind(item: pytest.Item) -> bool:
    """Tell whether a test is on the embedded server, with the first of all that it varies."""
    return is_embedded(item) and (not hasattr(item, "callspec") or _is_first(item))


def is_embedded(item: pytest.Item) -> bool:
    """Tell whether a test is in no other mode."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return params.get("mode") not in (ISOLATED, REHEARSED)


def _is_first(item: pytest.Function) -> bool:
    """Tell whether a test has the first values of all that it varies, wherever it is run."""
    first: dict[str, object] = {}
    for varied in item.iter_markers("parametrize"):
        first.update(_first_values(*varied.args[:2]))
    first.pop("mode", None)
    return first.items() <= item.callspec.params.items()


def _first_values(names: str | Sequence[str], rows: Iterable[object]) -> dict[str, object]:
    """Read the first row of a parametrization in all the ways in which pytest lets one write it."""
    row = next(iter(rows))
    if isinstance(names, str):
        names = [name.strip() for name in names.split(",")]
        if len(names) == 1 and not isinstance(row, pytest.ParameterSet):
            row = (row,)
    values = row.values if isinstance(row, pytest.ParameterSet) else row
    return dict(zip(names, values, strict=True))
