"""Firefox and WebKit, where they are installed, and people in them."""

import contextlib
from collections.abc import Iterator

import pytest

from tests.e2e.other_browsers import firefox, webkit
from tests.e2e.other_browsers.visitor import Visitor
from tests.e2e.other_browsers.window import Engine

ENGINES = {"firefox": firefox.running, "webkit": webkit.running}


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory) -> Iterator[Engine]:
    """Start a browser once for all tests of a module, or skip them."""
    with ENGINES[request.param](tmp_path_factory.mktemp("browser")) as engine:
        yield engine


@pytest.fixture
def visitor(engine: Engine) -> Iterator[object]:
    """Give people a window each; afterwards nothing may have gone wrong in any."""
    people: list[Visitor] = []
    with contextlib.ExitStack() as windows:

        def make(name: str) -> Visitor:
            people.append(Visitor(name, windows.enter_context(engine.window())))
            return people[-1]

        yield make
        wrong = {person.name: list(filter(_is_wrong, person.window.errors())) for person in people}
    assert not any(wrong.values()), wrong


def _is_wrong(error: str) -> bool:
    """Leave out a socket that is refused or cut: an error to a browser, daily life to a chat."""
    return "ws://" not in error
