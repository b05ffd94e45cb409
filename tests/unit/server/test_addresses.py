import pytest

from fireside.server.addresses import (
    is_only_here,
    name_of,
    origin_of,
    read_address,
    read_host,
    read_origin,
    read_origins,
)
from localgateway.platform.hosts import EVERYWHERE


@pytest.mark.parametrize("read", [read_origin, read_address])
@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://chat.example:443/", "https://chat.example"),
        ("http://chat.example:80", "http://chat.example"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://[2001:DB8::0:1]", "http://[2001:db8::1]"),
        (" HTTPS://CHAT.example ", "https://chat.example"),
        ("https://chat.example.", "https://chat.example"),
        ("https://chat.example.:8443", "https://chat.example:8443"),
        ("https://müller.example", "https://xn--mller-kva.example"),
        ("https://MÜLLER.example:443", "https://xn--mller-kva.example"),
        ("https://xn--mller-kva.example", "https://xn--mller-kva.example"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://例え。テスト", "https://xn--r8jz45g.xn--zckzah"),
        ("https://💩.example", "https://xn--ls8h.example"),
        ("http://my_box:9000", "http://my_box:9000"),
    ],
)
def test_an_origin_is_kept_as_browsers_write_it(read, given, origin):
    assert read(given) == origin


@pytest.mark.parametrize("read", [read_origin, read_address])
@pytest.mark.parametrize(
    "address",
    [
        "chat.example",
        "ftp://chat.example",
        "https://",
        "https://.",
        "https://a..example",
        "https://-a.example",
        "https://a b.example",
        "https://m%C3%BCller.example",
        f"https://{'a' * 64}.example",
        f"https://{'ü' * 64}.example",
        "https://127.1",
        "https://0x7f.0.0.1",
        "https://chat.example/?a=1",
        "https://chat.example/#a",
        "https://ada@chat.example",
        "https://chat.example:port",
        "https://chat.example:99999",
        "https://[",
        "*",
        "",
        7,
    ],
)
def test_an_address_that_cannot_be_one_is_refused(read, address):
    with pytest.raises(ValueError, match=r"must look like https://chat\.example\.com"):
        read(address)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://example.com/chat/", "https://example.com/chat"),
        ("https://Example.com:8443/Our/chat-1", "https://example.com:8443/Our/chat-1"),
    ],
)
def test_a_page_may_be_behind_a_path(given, address):
    assert read_address(given) == address
    with pytest.raises(ValueError, match="nothing after the host"):
        read_origin(given)


@pytest.mark.parametrize("path", ["/a/../b", "//a", "/a b", "/a;b", "/ä"])
def test_a_path_that_a_proxy_would_change_is_refused(path):
    with pytest.raises(ValueError, match="must look like"):
        read_address(f"https://example.com{path}")


def test_an_address_has_an_origin_and_a_name():
    assert origin_of("https://example.com:8443/chat") == "https://example.com:8443"
    assert name_of("https://example.com:8443/chat") == "example.com"
    assert name_of("http://[::1]:80") == "[::1]"


def test_origins_are_a_list_or_text_with_commas():
    assert read_origins("https://a.example,https://B.example") == (
        "https://a.example",
        "https://b.example",
    )
    assert read_origins(["https://a.example"]) == ("https://a.example",)
    with pytest.raises(ValueError, match="must look like"):
        read_origins(7)


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("LOCALHOST.", "localhost"),
        ("[::]", "::"),
        ("0:0:0:0:0:0:0:0", "::"),
        ("FE80::1%eth0", "fe80::1%eth0"),
        ("Müller", "xn--mller-kva"),
        ("4f2a9c01be3d", "4f2a9c01be3d"),  # as Docker names its containers
        ("a.3d", "a.3d"),
        ("9a", "9a"),
        ("0a", "0a"),
        ("1.2.3.4a", "1.2.3.4a"),
    ],
)
def test_a_host_to_listen_on_has_one_form(given, host):
    assert read_host(given) == host


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        "0",
        "0x",
        "0x7f000001",
        "a.0X1f",
        "a.7",
        "127.1",
        "a b",
        "::g",
        "*",
        "chat.example/",
        7,
    ],
)
def test_a_host_that_cannot_be_one_is_refused(host):
    with pytest.raises(ValueError, match="must be an address or a name of this machine"):
        read_host(host)


def test_everywhere_is_not_only_here():
    assert is_only_here("127.1.2.3")
    assert is_only_here("::1")
    assert not any(map(is_only_here, EVERYWHERE))
