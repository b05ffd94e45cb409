"""What one person can cause who sends as fast as the stage lets in, in a room of some size."""

import math
from dataclasses import dataclass

from fireside.cloud.cost.bill import lines, total
from fireside.cloud.cost.usage import ActivityCounts, billed_usage
from fireside.handlers.allowance import END_AT, REPORT_EACH, REQUEST

SHARE_OF_BRAKE, LEAST = 5, 2_000
"""The allowance is this part of what the brake allows, and at least so much, as infra/ sets it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What bounds a flood; the defaults are those of infra/."""

    throttle_rate: float = 50
    throttle_burst: float = 500
    brake_messages_per_hour: float = 50_000

    @property
    def allowance(self) -> int:
        """Return the messages that one person may cause in an hour."""
        return max(LEAST, math.floor(self.brake_messages_per_hour / SHARE_OF_BRAKE))


def seconds_until_brake(stage: Stage, members: int) -> float:
    """Return after how long the brake's limit is reached if nothing ends the flood."""
    sends = stage.brake_messages_per_hour / _messages(members)
    return max(0.0, (sends - stage.throttle_burst) / stage.throttle_rate)


def messages_in_an_hour(stage: Stage, members: int, processes: int) -> float:
    """Return the most messages that one person can cause in an hour of the clock.

    Each of the processes may have handled a little that the others do not know of.
    """
    unknown = processes * (REPORT_EACH + _messages(members))
    return END_AT * stage.allowance + unknown


def dollars_in_an_hour(stage: Stage, members: int, processes: int) -> float:
    """Return what that hour costs, without any free tier."""
    sends = messages_in_an_hour(stage, members, processes) / _messages(members)
    return total(lines(billed_usage(ActivityCounts(sends=sends, members=members)), free_tier=False))


def strangers_dollars_in_an_hour(stage: Stage, processes: int) -> float:
    """Return what all together cost in an hour who show unknown devices under one person's name.

    They are in no room, so each of their requests is one message and its answer.
    """
    requests = messages_in_an_hour(stage, 1, processes) / REQUEST
    return total(lines(billed_usage(ActivityCounts(pings=requests)), free_tier=False))


def _messages(members: int) -> int:
    """Return how many messages a send to a room is billed as."""
    return REQUEST + members - 1
