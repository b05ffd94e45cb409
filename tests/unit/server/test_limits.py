"""When one person and one address are limited, by the settings."""

from pathlib import Path

import pytest

from fireside.server.limits import chat_limits
from fireside.server.settings import Settings
from localgateway.machine.limits import Limits


def limits(**given):
    """Return the limits of a chat with these settings."""
    return chat_limits(Settings(data=Path("data"), **given))


@pytest.mark.parametrize(
    ("given", "is_on"),
    [
        ({}, False),
        ({"limits": "on"}, True),
        ({"host": "0.0.0.0"}, True),  # noqa: S104 - nothing listens
        ({"public_url": "https://chat.example.com"}, True),
        ({"public_url": "https://chat.example.com", "limits": "off"}, False),
    ],
)
def test_limits_are_on_as_soon_as_others_can_reach_the_chat_or_when_one_says_so(given, is_on):
    found = limits(**given)

    persons = (found.person_per_second, found.person_burst, found.person_connections)
    assert persons == ((20, 60, 16) if is_on else (None, Limits().person_burst, None))
    of_address = (found.address_connections, found.address_http)
    assert of_address == ((500, 64) if is_on else (None, None))


def test_only_who_says_on_counts_this_machine_and_only_behind_an_address_a_proxy_is_believed():
    assert limits(limits="on").counts_loopback
    behind = limits(public_url="https://chat.example.com")
    assert (behind.counts_loopback, behind.is_behind_proxy) == (False, True)
    assert not limits(host="192.0.2.1").is_behind_proxy


def test_few_requests_of_a_connection_are_under_way_whatever_the_settings():
    assert limits(limits="off").pending_invocations == limits(limits="on").pending_invocations == 32


def test_there_is_room_for_as_many_connections_as_the_system_allows():
    assert chat_limits(Settings(data=Path("data"), limits="on"), 77).max_connections == 77
