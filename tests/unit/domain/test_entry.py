from dataclasses import replace

import pytest

from fireside.domain.entry import EntryRules, Handshake, Visitor, admit
from fireside.domain.errors import Forbidden, InvalidName
from fireside.domain.invite import hash_of

RULES = EntryRules(
    hosts=frozenset({"chat.example", "one.example:8443"}),
    origins=frozenset({"https://page.example", "http://localhost:5173"}),
    invites=None,
)


def may_enter(host, origin=None, rules=RULES):
    try:
        admit(Handshake("Ann", origin, host), rules)
    except Forbidden:
        return False
    return True


def test_whoever_enters_has_a_clean_name_and_a_folded_id():
    assert admit(Handshake(" ANN ", host="localhost"), RULES) == Visitor("ann", "ANN")


@pytest.mark.parametrize("name", [None, "", "<i>"])
def test_nobody_enters_without_a_proper_name(name):
    with pytest.raises(InvalidName):
        admit(Handshake(name, host="localhost"), RULES)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8080",
        "LOCALHOST:1",
        "127.0.0.1",
        "127.1.2.3:8080",
        "[::1]",
        "[::1]:8080",
        "chat.example",
        "Chat.Example",
        "chat.example:9999",
        "chat.example.",
        "localhost.:8080",
        "[0::1]:8080",
        "one.example:8443",
    ],
)
def test_our_own_addresses_are_answered(host):
    assert may_enter(host)


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "one.example",
        "one.example:9999",
        "chat.example.evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "128.0.0.1",
        "0.0.0.0",  # noqa: S104 - refused, not listened on
        "192.168.1.2:8080",
        "[::2]",
        "[::1",
        "::1",
        "[::1].evil.example]",
        "[::1]evil.example",
        "2130706433",
        "0x7f.1",
    ],
)
def test_other_addresses_are_not(host):
    assert not may_enter(host)


def test_any_address_is_answered_where_the_gateway_guards_it():
    assert may_enter("evil.example", rules=EntryRules(any_host=True, invites=None))
    assert may_enter(None, rules=EntryRules(any_host=True, invites=None))


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8080", "http://localhost:8080"),
        ("localhost", "http://localhost"),
        ("localhost:80", "http://localhost"),
        ("localhost", "http://localhost:80"),
        ("chat.example", "https://chat.example"),
        ("chat.example", "https://chat.example:443"),
        ("CHAT.example", "HTTPS://Chat.Example"),
        ("chat.example.", "https://chat.example."),
        ("chat.example", "https://chat.example."),
        ("localhost:8080", "https://page.example:443"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("localhost:8080", "https://page.example"),
        ("localhost:8080", "http://localhost:5173"),
    ],
)
def test_our_own_pages_and_allowed_ones_are_trusted(host, origin):
    assert may_enter(host, origin)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8080", ""),
        ("localhost:8080", "null"),
        ("localhost:8080", "localhost:8080"),
        ("localhost:8080", "http://localhost"),
        ("localhost:8080", "http://127.0.0.1:8080"),
        ("localhost:8080", "http://localhost:8080/"),
        ("localhost:8080", "http://evil@localhost:8080"),
        ("localhost:8080", "http://localhost:8080.evil.example"),
        ("localhost:8080", "file://localhost:8080"),
        ("localhost:8080", "http://page.example"),
        ("localhost:8080", "https://page.example:444"),
        ("localhost:80", "https://localhost"),
        ("localhost:8080", "https://page.example, https://evil.example"),
    ],
)
def test_other_pages_are_not(host, origin):
    assert not may_enter(host, origin)


def test_no_address_and_no_page_are_not_the_same_place():
    assert not may_enter("", "http://", EntryRules(any_host=True, invites=None))


CLOSED = EntryRules(
    invites=frozenset({hash_of("one"), hash_of("two")}), proxy_secret_hash=hash_of("proxy")
)


def handshake(**change):
    return replace(Handshake("Ann", host="localhost", invite="one", proxy_secret="proxy"), **change)


@pytest.mark.parametrize("invite", ["one", "two"])
def test_each_invite_opens_the_door(invite):
    assert admit(handshake(invite=invite), CLOSED).username == "Ann"


@pytest.mark.parametrize("invite", [None, "", "three", "ONE", "one ", hash_of("one")])
def test_without_an_invite_nobody_enters(invite):
    with pytest.raises(Forbidden, match="needs an invite: ask the person who runs it"):
        admit(handshake(invite=invite), CLOSED)


@pytest.mark.parametrize("proxy_secret", [None, "", "other", hash_of("proxy")])
def test_nobody_comes_past_the_proxy(proxy_secret):
    with pytest.raises(Forbidden, match="own address"):
        admit(handshake(proxy_secret=proxy_secret), CLOSED)


def test_by_default_nobody_enters_and_only_none_opens_the_place():
    with pytest.raises(Forbidden):
        admit(handshake(), EntryRules())
    assert admit(handshake(invite=None), EntryRules(invites=None))


@pytest.mark.parametrize("change", [{"host": "evil.example"}, {"origin": "http://evil.example"}])
def test_an_invite_opens_no_other_lock(change):
    with pytest.raises(Forbidden):
        admit(handshake(**change), CLOSED)


def test_what_was_said_at_the_door_is_never_shown():
    shown = repr(handshake(invite="hush", proxy_secret="quiet"))

    assert "hush" not in shown
    assert "quiet" not in shown
    for refused in (handshake(invite="hush"), handshake(proxy_secret="quiet")):
        with pytest.raises(Forbidden) as caught:
            admit(refused, CLOSED)
        assert not {"hush", "quiet"} & set(caught.value.text.split())
