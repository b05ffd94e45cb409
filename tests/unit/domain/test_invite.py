"""Secrets of 128 bits, known by their hashes; the link carries them where no server sees them."""

import hashlib
from urllib.parse import quote, urlsplit

import pytest

from fireside.domain import invite

SECRET = "AbCdEfGhIjKlMnOpQrSt_-"


class Unequal(str):
    """A hash that must not be compared in a way that stops at the first difference."""

    __slots__ = ()

    def __eq__(self, other):
        raise AssertionError

    __hash__ = str.__hash__


class Watched(list):
    def __iter__(self):
        self.seen = 0
        for item in super().__iter__():
            self.seen += 1
            yield item


def test_a_secret_is_22_characters_that_fit_a_link_and_a_subprotocol():
    secrets = {invite.secret_from(bytes([n]) * 16) for n in range(256)}

    assert len(secrets) == 256
    assert {len(secret) for secret in secrets} == {22}
    assert all(map(invite.is_secret, secrets))
    assert invite.SECRET_BYTES * 8 == 128


@pytest.mark.parametrize("text", ["", "x" * 21, "x" * 129, "x" * 21 + "=", "x" * 21 + "ü", "x\n"])
def test_what_is_no_secret(text):
    assert not invite.is_secret(text)


def test_a_hash_is_plain_sha_256_so_that_other_tools_can_make_it():
    assert invite.hash_of(SECRET) == hashlib.sha256(SECRET.encode()).hexdigest()
    assert invite.is_hash(invite.hash_of(SECRET))
    assert not invite.is_hash(SECRET)
    assert not invite.is_hash(invite.hash_of(SECRET).upper())


def test_each_of_several_secrets_opens():
    hashes = {invite.hash_of("one"), invite.hash_of("two")}

    assert invite.opens("one", hashes)
    assert invite.opens("two", hashes)
    assert not invite.opens("three", hashes)
    assert not invite.opens("one", ())


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_never_opens_not_even_by_its_own_hash(nothing):
    assert not invite.opens(nothing, {invite.hash_of("")})


@pytest.mark.parametrize("odd", ["\ud800", "ü", "\0", "x" * 100_000, "a,b"])
def test_any_text_can_be_tried(odd):
    assert not invite.opens(odd, {invite.hash_of(SECRET)})


def test_the_time_it_takes_tells_nothing():
    hashes = Watched(Unequal(invite.hash_of(secret)) for secret in (SECRET, "b", "c"))

    assert invite.opens(SECRET, hashes)
    assert hashes.seen == 3


@pytest.mark.parametrize("address", ["https://chat.example", "https://chat.example/"])
def test_the_secret_is_in_the_part_of_the_link_that_browsers_keep_to_themselves(address):
    found = urlsplit(invite.link(address, SECRET))

    assert found.fragment == f"invite={SECRET}"
    assert SECRET not in found._replace(fragment="").geturl()
    assert found.path == "/"


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "{}.",
        "({}),",
        "<{}>",
        "Join us: {}, see you at 8!",
        "{}&utm_source=mail",
        "{}?fbclid=IwAR0123456789abcdefghij",
    ],
)
def test_a_secret_is_found_in_its_link_whatever_stands_around(around):
    link = invite.link("https://chat.example", SECRET)

    assert invite.secret_in(around.format(link)) == SECRET
    assert invite.secret_in(around.format(quote(link))) == SECRET


@pytest.mark.parametrize(
    "text",
    ["", "https://chat.example/", f"https://chat.example/{SECRET}", f"#invite={SECRET[:-1]}"],
)
def test_no_secret_is_found_where_none_is_whole(text):
    assert invite.secret_in(text) is None


def test_a_secret_alone_needs_no_link():
    assert invite.secret_in(f" {SECRET}\n") == SECRET
