"""Which hosts and origins are let in: this machine's, and those that were allowed."""

import logging

import pytest

from localgateway.net.hosts import MOST_LOGGED, AllowedHosts, plain_name


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


@pytest.mark.parametrize("origin", ["http://localhost:5173", "https://127.0.0.1", "http://[::1]:1"])
def test_a_page_of_this_machine_is_let_in(origin):
    assert AllowedHosts().refusal(["localhost"], [origin]) is None


@pytest.mark.parametrize(
    "origin",
    [
        *("https://evil.example", "null", "", "http://[", "https://localhost.evil.example"),
        *("localhost", "//localhost", "file://localhost", "chrome-extension://localhost"),
    ],
)
def test_a_page_of_another_site_is_refused(origin):
    assert "--allow-host" in AllowedHosts().refusal(["localhost"], [origin])
    assert AllowedHosts().refusal(["localhost"], ["http://localhost", origin]) is not None


def test_the_log_names_each_once_and_not_without_end(caplog):
    allowed = AllowedHosts()
    with caplog.at_level(logging.WARNING):
        for number in range(MOST_LOGGED * 2):
            for _ in range(2):
                allowed.refusal([f"{number}.example"], [])

    assert len(caplog.messages) == MOST_LOGGED
    assert caplog.messages[0].startswith("refused: Host '0.example' is not let in")


def test_a_long_host_is_cut_in_the_sentence():
    assert len(AllowedHosts().refusal(["x" * 10_000], [])) < 200


def test_an_address_has_one_form():
    assert plain_name("[0:0::1]:80") == plain_name("[::1]") == "[::1]"
