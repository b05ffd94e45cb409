"""The free space: when it is enough, and what the log says of it."""

import logging
from pathlib import Path

import pytest

from fireside.adapters.sqlite.space import FreeSpace

GIB = 1 << 30


class Disk:
    """A disk with so much free space, or one that can't be asked."""

    def __init__(self, free):
        self.free = free
        self.asked = 0

    def __call__(self, _folder):
        self.asked += 1
        if self.free is None:
            raise OSError
        return 0, 0, self.free


@pytest.fixture(autouse=True)
def all_lines(caplog):
    caplog.set_level(logging.INFO)


def space(disk, keep=GIB):
    return FreeSpace(Path("data"), keep, disk)


def test_less_than_what_must_stay_free_is_not_enough():
    disk = Disk(GIB)
    found = space(disk)
    assert found.is_enough

    disk.free -= 1
    found.look()
    assert not found.is_enough

    disk.free = GIB
    found.look()
    assert found.is_enough


def test_the_log_says_it_before_it_is_too_late_and_each_time_once(caplog):
    disk = Disk(3 * GIB)
    found = space(disk)
    for free in (2 * GIB - 1, GIB + 1, GIB - 1, GIB - 2, GIB, 3 * GIB, 2 * GIB - 1):
        disk.free = free
        found.look()

    said = [(line.levelname, line.message.partition(": ")[2]) for line in caplog.records]
    soon = ("WARNING", "soon no message is stored (below 1024)")
    assert said == [
        soon,
        ("ERROR", "no message is stored until there is more again (below 1024)"),
        ("WARNING", "messages are stored again (below 1024)"),
        soon,
    ]


def test_a_start_with_too_little_says_so(caplog):
    space(Disk(GIB - 1))

    assert [line.levelname for line in caplog.records] == ["ERROR"]


def test_what_can_not_be_found_out_is_no_reason_to_store_nothing():
    assert space(Disk(None)).is_enough


def test_where_nothing_must_stay_free_nothing_is_asked():
    disk = Disk(0)

    assert space(disk, keep=0).is_enough
    assert disk.asked == 0
