"""Frames: what tells a message apart, for clients that know nothing else."""

from typing import get_args, get_type_hints

import pytest

import fireside.frames.messages
import fireside.frames.people
from fireside.frames import ServerFrame
from fireside.frames.messages import MessageFrame

SHOWN = {"timestamp", "username", "message"}


def test_a_message_has_all_that_a_plain_client_shows():
    assert MessageFrame.__required_keys__ >= SHOWN


@pytest.mark.parametrize(
    "frame", [frame for frame in get_args(ServerFrame) if frame is not MessageFrame]
)
def test_no_other_frame_has_it_all(frame):
    assert not set(frame.__annotations__) >= SHOWN


def test_every_frame_has_a_type_of_its_own():
    types = [
        get_type_hints(frame, vars(fireside.frames.messages))["type"]
        for frame in get_args(ServerFrame)
    ]

    assert len(set(types)) == len(types)


@pytest.mark.parametrize("frame", get_args(ServerFrame))
def test_every_frame_says_what_it_is_for(frame):
    assert frame.__doc__
