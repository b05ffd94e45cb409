"""A rehearsal's processes stay on this machine, whatever their code wants."""

import subprocess
import sys

import pytest

from fireside.cloud.rehearse import confined
from fireside.cloud.rehearse.confined import OtherMachine, refuse_other_machines

AWAY = ["203.0.113.1", "dynamodb.us-east-1.amazonaws.com", b"example.com", "2001:db8::1", "0.0.0.1"]
HERE = ["127.0.0.1", "127.0.0.53", "::1", "localhost", b"localhost"]


@pytest.mark.parametrize("host", AWAY)
def test_what_is_not_here_is_neither_connected_to_nor_looked_up(host):
    for event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        with pytest.raises(OtherMachine):
            refuse_other_machines(event, (None, (host, 443)))
    for event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        with pytest.raises(OtherMachine):
            refuse_other_machines(event, (host, 443))


@pytest.mark.parametrize("host", HERE)
def test_this_machine_may_be_asked(host):
    refuse_other_machines("socket.connect", (None, (host, 80)))
    refuse_other_machines("socket.getaddrinfo", (host, 80, 0, 0, 0))


def test_everything_else_is_nobodys_business():
    refuse_other_machines("open", ("file", "r", 0))
    refuse_other_machines("socket.getaddrinfo", (None, 80, 0, 0, 0))
    refuse_other_machines("socket.connect", (None, "/run/some.socket"))


def test_the_address_that_the_gateway_listens_on_may_be_named(monkeypatch):
    monkeypatch.setattr(confined, "ALLOWED", frozenset({"192.168.1.20"}))

    refuse_other_machines("socket.connect", (None, ("192.168.1.20", 80)))
    with pytest.raises(OtherMachine):
        refuse_other_machines("socket.connect", (None, ("192.168.1.21", 80)))


LISTEN = """
import socket, sys
asked = []
sys.addaudithook(lambda event, found: asked.append((event, found)))
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.sendto(b"x", server.getsockname())
print({event for event, _ in asked} >= {"socket.connect", "socket.getaddrinfo", "socket.sendto"})
from fireside.cloud.rehearse.confined import refuse_other_machines
for event, found in list(asked):
    refuse_other_machines(event, found)
"""
"""In a process of its own: an audit hook can't be removed again."""


def test_python_itself_asks_the_hook():
    """The names of the events are Python's: a real look-up and a real connection raise them."""
    command = [sys.executable, "-c", LISTEN]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout == "True\n"
