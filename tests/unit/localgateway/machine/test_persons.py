"""Which address a connection counts for; the counts themselves are in test_core.py."""

import pytest

from localgateway.machine.events import Handshake
from localgateway.machine.limits import Limits
from localgateway.machine.persons import Persons, counted_address

PROXY = Limits(is_behind_proxy=True)


def counted(address, forwarded=None, limits=PROXY):
    """Return what a handshake from an address counts for."""
    headers = () if forwarded is None else (("X-Forwarded-For", forwarded),)
    return counted_address(Handshake("ws", "", headers, address), limits)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("2001:db8::1", "2001:db8::/64"),
        ("", ""),
    ],
)
def test_an_address_counts_for_itself_and_an_ipv6_one_for_its_network(address, found):
    assert counted(address) == found


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_not_counted_unless_it_should_be(address):
    assert counted(address) == ""
    assert counted(address, limits=Limits(counts_loopback=True)) != ""


def test_behind_a_proxy_the_last_forwarded_address_counts_as_the_proxy_itself_wrote_it():
    assert counted("127.0.0.1", "203.0.113.1, 192.0.2.7") == "192.0.2.7"
    assert counted("127.0.0.1", "not an address") == ""


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        ("203.0.113.9:51234", "203.0.113.9"),
        ("192.0.2.1, [2001:db8::1]:443", "2001:db8::/64"),
        ("[2001:db8::1]", "2001:db8::/64"),
        ("[::ffff:192.0.2.7]:1", "192.0.2.7"),
        ("[fe80::1%eth0]:1", "fe80::/64"),
        ("203.0.113.9:", ""),
        ("[2001:db8::1", ""),
    ],
)
def test_a_proxy_may_name_the_port_too(forwarded, found):
    assert counted("127.0.0.1", forwarded) == found


def test_a_forwarded_address_is_believed_only_from_this_machine_and_behind_a_proxy():
    assert counted("198.51.100.9", "192.0.2.7") == "198.51.100.9"
    assert counted("127.0.0.1", "192.0.2.7", Limits()) == ""


def test_without_limits_nothing_is_counted():
    persons = Persons(Limits())

    assert not any(persons.wait_seconds("ann", 0) for _ in range(10_000))
    assert all(persons.enter("ann") and persons.enter_from("192.0.2.7") for _ in range(10_000))


def test_one_who_leaves_uncounted_changes_nothing():
    persons = Persons(Limits(person_connections=1))
    persons.leave("")
    persons.leave("ann")

    assert persons.enter("ann")
    assert not persons.enter("ann")
