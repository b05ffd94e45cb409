"""Secrets of persons: their forms, and what the server keeps of them."""

import hashlib

import pytest

from fireside.domain.device_secrets import (
    CODE_ALPHABET,
    CODE_BYTES,
    LINK_BYTES,
    MAX_SECRET,
    device_id,
    hash_of,
    is_device_secret,
    link_secret,
    read_link,
    recovery_code,
    recovery_hash,
)
from fireside.domain.errors import NotFound

RANDOM = bytes(range(LINK_BYTES))


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("A" * 43, True),
        ("-_09azAZ" * 5 + "abc", True),
        ("A" * 42, False),
        ("A" * 44, False),
        ("A" * 42 + "=", False),
        ("A" * 42 + "+", False),
        ("A" * 42 + "\n", False),
        ("A" * 43 + "\n", False),
        ("é" * 43, False),
        ("", False),
    ],
)
def test_a_device_secret_is_43_characters_of_base64url(text, is_one):
    assert is_device_secret(text) == is_one


def test_a_device_is_known_by_22_characters_of_the_hash_of_its_secret():
    assert device_id("A" * 43) == "DwBzhbb51LfusnSGBa_hqY"
    assert device_id("A" * 43) != device_id("A" * 42 + "B")


@pytest.mark.parametrize("user_id", ["ada", "山田 太郎", "ada~0a1b2c3d", "𐐨" * 40 + "~0a1b2c3d"])
def test_a_link_names_its_person_and_is_known_by_its_hash(user_id):
    secret = link_secret(user_id, RANDOM)

    assert len(secret) <= MAX_SECRET
    assert read_link(secret) == (user_id, hash_of(secret))


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "x",
        "." * 30,
        "A" * 22,
        "A" * 22 + ".",
        "A" * 22 + ".A",
        "A" * 22 + ".AAAAA",
        "A" * 21 + ".YWRh",
        "A" * 22 + ".YWRh.YWRh",
        "A" * 22 + ".YWRh\n",
        "A" * 22 + ".____",
        "A" * 22 + "." + "A" * 241,
        "device." + "A" * 43,
        "é" * 22 + ".YWRh",
    ],
)
def test_what_is_no_link_is_not_found(secret):
    with pytest.raises(NotFound) as refused:
        read_link(secret)
    assert refused.value.field == "secret"
    assert not secret or secret not in refused.value.text


def test_a_code_is_six_groups_of_four_without_what_looks_alike():
    code = recovery_code(bytes(range(200, 200 + CODE_BYTES)))

    assert [len(group) for group in code.split(" ")] == [4] * 6
    assert not set("0O1IL") & set(CODE_ALPHABET)
    assert set(code) <= {*CODE_ALPHABET, " "}
    assert recovery_code(bytes(CODE_BYTES)) != code


def test_a_code_is_the_same_however_it_is_written():
    as_shown = recovery_hash("ABCD EFGH JKMN PQRS TUVW XYZ2")

    for written in (
        "abcdefghjkmnpqrstuvwxyz2",
        "ABCD-EFGH-JKMN-PQRS-TUVW-XYZ2",
        " abcd\tefgh jkmn  pqrs\u00a0tuvw xyz2\n",
    ):
        assert recovery_hash(written) == as_shown
    assert recovery_hash("ABCD EFGH JKMN PQRS TUVW XYZ3") != as_shown


def test_a_hash_is_of_any_text():
    assert hash_of("é") == hashlib.sha256("é".encode()).hexdigest()
    assert len(hash_of("\ud83d")) == 64
