"""The network of the browser's tests: whatever breaks on it ends with it."""

import socket
import threading

import pytest

from tests.e2e.support.proxy import proxied


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        yield listener


def test_it_ends_though_a_line_breaks_at_its_end(listener):
    """What was held goes to somebody who is cut off by then."""
    before = set(threading.enumerate())
    with proxied(listener.getsockname()[1]) as proxy:
        client = socket.create_connection(("127.0.0.1", proxy.port), 10)
        client.sendall(b"GET /ws HTTP/1.1\r\n\r\n")
        server, _ = listener.accept()
        assert server.recv(100)
        proxy.hold("down")
        server.sendall(b"held")

    client.close()
    server.close()
    assert set(threading.enumerate()) <= before
