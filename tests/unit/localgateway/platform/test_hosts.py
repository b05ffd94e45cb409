"""Hosts to listen on: where a server on this machine is reached, and what people open."""

import pytest

from localgateway.platform.hosts import reached_at, shown_as


@pytest.mark.parametrize(
    ("host", "reached", "shown"),
    [
        ("", "127.0.0.1", "localhost"),
        ("0.0.0.0", "127.0.0.1", "localhost"),  # noqa: S104 - not listened on
        ("::", "127.0.0.1", "localhost"),
        ("127.0.0.1", "127.0.0.1", "localhost"),
        ("::1", "[::1]", "[::1]"),
        ("localhost", "localhost", "localhost"),
        ("192.168.1.20", "192.168.1.20", "192.168.1.20"),
        ("fd00::1", "[fd00::1]", "[fd00::1]"),
    ],
)
def test_a_server_is_reached_where_it_surely_listens(host, reached, shown):
    assert (reached_at(host), shown_as(host)) == (reached, shown)
