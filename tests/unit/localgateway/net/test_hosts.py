"""Which hosts and origins are let in: this machine's, and those that were allowed."""

import pytest

from localgateway.net.hosts import AllowedHosts, plain_name


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:3001", "localhost.:80", "127.0.0.1:3001", "127.9.9.9", "[::1]:3001"],
)
def test_this_machine_is_let_in(host):
    assert AllowedHosts().refusal([host], []) is None


@pytest.mark.parametrize(
    "host",
    [
        *("rebound.example:3001", "192.168.1.20", "0.0.0.0:3001", "[::]", "127.0.0.1.evil.example"),
        *("localhost@evil.example", "localhost evil", "", ":3001", "[::1", "[nonsense]"),
    ],
)
def test_another_host_is_refused_and_the_sentence_says_the_option(host):
    why = AllowedHosts().refusal([host], [])

    assert why == f"Host {host!r} is not let in: allow its host with --allow-host"


def test_a_request_without_a_host_is_refused():
    assert AllowedHosts().refusal([], []) is not None


def test_what_was_allowed_is_let_in_with_any_port():
    allowed = AllowedHosts(["Dev.Example", "[fe80:0::1]"])

    assert allowed.refusal(["dev.example:3001"], ["https://dev.example"]) is None
    assert allowed.refusal(["[FE80::1]"], ["http://[fe80::1]:5173"]) is None
    assert allowed.refusal(["a.dev.example"], []) is not None


@pytest.mark.parametrize(
    "origin",
    [
        *("http://localhost:5173", "https://127.0.0.1", "http://[::1]:1"),
        *("tauri://localhost", "capacitor://localhost", "ionic://localhost"),
    ],
)
def test_a_page_of_this_machine_is_let_in(origin):
    assert AllowedHosts().refusal(["localhost"], [origin]) is None


@pytest.mark.parametrize(
    "origin",
    [
        *("https://evil.example", "http://[", "https://localhost.evil.example"),
        *("tauri://evil.example", "ionic://evil.example"),
    ],
)
def test_a_page_of_another_site_is_refused(origin):
    assert "--allow-host" in AllowedHosts().refusal(["localhost"], [origin])
    assert AllowedHosts().refusal(["localhost"], ["http://localhost", origin]) is not None


@pytest.mark.parametrize(
    "origin", ["null", "", "localhost", "//localhost", "file://localhost", "chrome-extension://a"]
)
def test_a_page_that_no_host_serves_is_refused_and_hears_of_no_option(origin):
    why = AllowedHosts().refusal(["localhost"], [origin])

    assert why == f"Origin {origin!r} is not let in: serve the page over http from an allowed host"
    assert AllowedHosts().refusal(["localhost"], ["http://localhost", origin]) is not None


def test_a_long_host_is_cut_in_the_sentence():
    assert len(AllowedHosts().refusal(["x" * 10_000], [])) < 200


def test_an_address_has_one_form():
    assert plain_name("[0:0::1]:80") == plain_name("[::1]") == "[::1]"
