"""What one person can cause who floods the chat, as the documents say it."""

import re
from pathlib import Path

import pytest

from fireside.cloud.cost import flood
from fireside.handlers.allowance import REPORT_EACH

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs/explanation/bill.md").read_text("utf-8")
STAGE = flood.Stage()


@pytest.mark.parametrize("members", [3, 12, 40])
def test_the_page_has_what_is_calculated(members):
    cells = [
        f"{flood.messages_in_an_hour(STAGE, members, processes):,.0f} messages, "
        f"{100 * flood.dollars_in_an_hour(STAGE, members, processes):.1f} cents"
        for processes in (10, 100)
    ]
    stopped = f"{flood.seconds_until_brake(STAGE, members):.0f} s"
    assert f"| {members} | {stopped} | {cells[0]} | {cells[1]} |" in PAGE


def test_what_the_page_says_of_an_hour_is_so():
    assert f"{STAGE.allowance:,} with the defaults" in PAGE
    assert f"which is {STAGE.allowance // 13} sends to a room of 12" in PAGE
    assert f"after every {REPORT_EACH} messages" in PAGE


def test_one_person_alone_does_not_pull_the_brake_in_a_new_account():
    """Two hours of the clock are in the one that the alarm counts, so each is half of it."""
    caused = flood.messages_in_an_hour(STAGE, members=40, processes=10)

    assert 2 * caused < STAGE.brake_messages_per_hour


def test_a_flood_of_a_room_that_the_burst_alone_fills_the_hour_of_is_stopped_at_once():
    assert flood.seconds_until_brake(STAGE, members=100) == 0


def test_a_low_brake_leaves_a_person_enough_to_try_the_chat():
    assert flood.Stage(brake_messages_per_hour=1_000).allowance == flood.LEAST


def test_it_is_the_share_that_infra_sets():
    text = (ROOT / "infra/main.tf").read_text("utf-8")
    [found] = re.findall(r"max\((\d+), floor\(var\.brake_messages_per_hour / (\d+)\)\)", text)

    assert tuple(map(int, found)) == (flood.LEAST, flood.SHARE_OF_BRAKE)
    variables = (ROOT / "infra/variables.tf").read_text("utf-8")
    for name in ("throttle_rate", "throttle_burst", "brake_messages_per_hour"):
        [default] = re.findall(rf'variable "{name}".*?default += (\d+)', variables, re.DOTALL)
        assert float(default) == getattr(STAGE, name)
