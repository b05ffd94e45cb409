"""Events: each kind is one that can be sent, and none changes once it was told."""

import dataclasses
import inspect
from typing import get_args

import pytest

from fireside.domain import events
from fireside.domain.events import Event, Head, Myself

KINDS = [
    kind
    for _, kind in inspect.getmembers(events, dataclasses.is_dataclass)
    if kind.__module__ == events.__name__
]


def test_all_of_them_are_events_except_what_events_are_made_of():
    assert set(KINDS) - {Head, Myself} == set(get_args(Event))


@pytest.mark.parametrize("kind", KINDS)
def test_none_can_be_changed(kind):
    with pytest.raises(TypeError):
        vars(kind.__new__(kind))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(kind.__new__(kind), dataclasses.fields(kind)[0].name, "other")
