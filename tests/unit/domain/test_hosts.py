import pytest

from fireside.domain.hosts import is_loopback, plain_host, plain_origin, without_port


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("Chat.Example", "chat.example"),
        ("chat.example.", "chat.example"),
        ("chat.example.:8443", "chat.example:8443"),
        ("chat.example:", "chat.example"),
        ("[2001:DB8::0:1]:80", "[2001:db8::1]:80"),
        ("[::1]", "[::1]"),
        ("127.0.0.1:8080", "127.0.0.1:8080"),
        ("chat.example..", "chat.example."),
        ("chat.example:80:80", ""),
        ("chat.example/", ""),
        ("ada@chat.example", ""),
        ("::1", ""),
        ("[::1", ""),
        (".", ""),
        ("", ""),
    ],
)
def test_a_host_has_one_form(given, plain):
    assert plain_host(given) == plain


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("HTTPS://Chat.Example.:443", "https://chat.example"),
        ("http://chat.example:80", "http://chat.example"),
        ("http://chat.example:443", "http://chat.example:443"),
        ("https://[::0:1]:8443", "https://[::1]:8443"),
        ("https://chat.example/", ""),
        ("https://", ""),
        ("ftp://chat.example", ""),
        ("null", ""),
        ("", ""),
    ],
)
def test_an_origin_has_one_form(given, plain):
    assert plain_origin(given) == plain


@pytest.mark.parametrize(
    ("host", "name"),
    [("a:1", "a"), ("a", "a"), ("[::1]:1", "[::1]"), ("[::1]", "[::1]"), ("", "")],
)
def test_a_host_without_its_port(host, name):
    assert without_port(host) == name


def test_loopback_is_what_only_this_machine_reaches():
    assert all(map(is_loopback, ("localhost", "localhost:80", "127.9.9.9", "[::1]:80")))
    assert not any(map(is_loopback, ("localhost.example", "128.0.0.1", "[::2]", "")))
