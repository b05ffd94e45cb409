"""Who may come in by which address; tests/e2e starts whole servers."""

from dataclasses import replace
from pathlib import Path

import pytest

from fireside.domain.entry import Handshake, admit
from fireside.domain.errors import Forbidden
from fireside.server.local import entry_rules
from fireside.server.settings import SETTINGS, Settings


def enters(asked, origin, **given):
    """Return whether a page of `origin` may connect to the host `asked` with these settings."""
    read = {key: SETTINGS[key].read(value) for key, value in given.items()}
    settings = replace(Settings(data=Path("data"), invites="off"), **read)
    try:
        admit(Handshake("Ann", origin, asked), entry_rules(settings))
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize(
    ("public_url", "origin"),
    [
        ("https://müller.example", "https://xn--mller-kva.example"),
        ("HTTPS://Chat.Example", "https://chat.example"),
        ("https://chat.example.", "https://chat.example"),
        ("https://chat.example", "https://chat.example."),
        ("https://chat.example:443", "https://chat.example"),
        ("https://example.com/chat", "https://example.com"),
        ("http://[2001:DB8::0:1]:8080", "http://[2001:db8::1]:8080"),
    ],
)
def test_a_public_address_lets_its_pages_in_however_it_is_written(public_url, origin):
    host = origin.partition("://")[2]

    assert enters(host, origin, public_url=public_url)
    assert enters("localhost", origin, allow_origin=public_url.removesuffix("/chat"))


@pytest.mark.parametrize("host", ["chat.example:8443", "chat.example", "127.0.0.1:8080"])
def test_a_proxy_may_pass_on_the_host_with_its_port_without_or_not_at_all(host):
    origin = "https://chat.example:8443"

    assert enters(host, origin, public_url=origin)
    assert not enters(host, "https://evil.example", public_url=origin)


def test_another_name_is_refused_on_any_port():
    assert not enters("evil.example:8443", None, public_url="https://chat.example:8443")


def test_a_host_that_is_listened_on_lets_in_however_it_is_written():
    assert enters("xn--mller-kva:8080", "http://xn--mller-kva:8080", host="Müller")
    assert enters("box.lan:8080", "http://box.lan:8080", host="BOX.lan.")
    assert not enters("box.lan:8080", "http://box.lan:8080", host="::")


@pytest.mark.parametrize(
    ("origin", "host", "given", "is_let_in"),
    [
        ("http://localhost:8080", "localhost:8080", {}, True),
        ("http://localhost", "localhost", {}, True),
        ("http://localhost:80", "localhost", {}, True),
        ("https://localhost:8080", "localhost:8080", {}, True),  # through a proxy with TLS
        ("https://localhost", "localhost", {}, True),
        ("http://box.lan:8080", "box.lan:8080", {"host": "box.lan"}, True),
        ("https://box.lan:8080", "box.lan:8080", {"host": "box.lan"}, True),
        ("http://box.lan:8080", "box.lan:8080", {"public_url": "http://box.lan:8080"}, True),
        ("http://[2001:db8::7]", "[2001:db8::7]:80", {"host": "2001:db8::7"}, True),
        ("http://box.lan:8080", "box.lan:8080", {"public_url": "http://box.lan"}, True),
        ("https://localhost:8443", "localhost:8443", {"public_url": "http://box.lan"}, True),
        ("https://localhost:8443", "localhost:8080", {}, False),
        ("http://box.lan", "box.lan:8080", {"public_url": "http://box.lan:8080"}, False),
        ("http://box.lan:9999", "box.lan:8080", {"public_url": "http://box.lan:8080"}, False),
    ],
)
def test_a_page_is_our_own_by_scheme_host_and_port(origin, host, given, is_let_in):
    assert enters(host, origin, **given) == is_let_in


@pytest.mark.parametrize("host", ["chat.example", "chat.example:80", "chat.example:8080"])
def test_a_page_that_came_without_tls_is_not_the_one_that_came_with_it(host):
    """Whoever is in between can write the first, and would read what the second may read."""
    assert not enters(host, f"http://{host}", public_url="https://chat.example")
    assert not enters(host, f"http://{host}", public_url="https://chat.example:8443")
    assert enters(
        host, f"http://{host}", public_url="https://chat.example", allow_origin=f"http://{host}"
    )


def test_beside_a_public_address_the_ones_of_this_machine_let_their_pages_in():
    public = {"public_url": "https://chat.example", "host": "192.0.2.7"}
    for origin in ("http://localhost:8080", "http://192.0.2.7:8080"):
        assert enters(origin.removeprefix("http://"), origin, **public)
    assert enters("localhost:8080", "http://localhost:8080", public_url="https://localhost:8443")
