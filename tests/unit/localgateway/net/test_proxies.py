"""How a request shows that a proxy was in between."""

import pytest

from localgateway.net.proxies import proxy_header


@pytest.mark.parametrize(
    "name",
    [
        "Forwarded",
        "X-Forwarded-For",
        "x-forwarded-host",
        "X-FORWARDED-PROTO",
        "X-Forwarded-Anything",
        "Via",
        "X-Real-IP",
        "CF-Connecting-IP",
    ],
)
def test_what_proxies_add_shows_them(name):
    assert proxy_header(["Host", name, "Origin"]) == name


def test_what_browsers_and_programs_send_shows_none():
    sent = ["Host", "Origin", "Upgrade", "Sec-WebSocket-Key", "User-Agent", "X-Real", "Forward"]
    assert proxy_header(sent) is None
