import json
import unicodedata
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireside.domain import lookalikes
from fireside.domain.lookalikes import RESERVED, is_reserved, name_keys, skeleton
from fireside.domain.names import clean_username, fold, is_allowed

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/names.json").read_text("utf-8"))
FIRST_NAMES = [name for names in VECTORS["firstNames"].values() for name in names]
DATA = Path(lookalikes.__file__).with_name("lookalikes.txt")
CLASSES = [
    line.split(" ") for line in DATA.read_text("utf-8").splitlines() if not line.startswith("#")
]


def are_alike(one, other):
    return not set(name_keys(one)).isdisjoint(name_keys(other))


@pytest.mark.parametrize(("one", "other"), VECTORS["alike"])
def test_names_that_could_pass_for_each_other_look_alike(one, other):
    assert are_alike(one, other)


@pytest.mark.parametrize(("one", "other"), VECTORS["unlike"])
def test_names_that_people_tell_apart_do_not(one, other):
    assert not are_alike(one, other)


def test_no_two_common_first_names_look_alike():
    assert len(FIRST_NAMES) >= 150
    assert len(VECTORS["firstNames"]) >= 9

    assert [pair for pair in combinations(FIRST_NAMES, 2) if are_alike(*pair)] == []


def test_a_first_name_in_another_case_looks_alike():
    assert [name for name in FIRST_NAMES if not are_alike(name, name.upper())] == []
    assert [name for name in FIRST_NAMES if not are_alike(name, name.lower())] == []


def test_a_first_name_may_be_used_and_is_not_reserved():
    assert [clean_username(name) for name in FIRST_NAMES] == FIRST_NAMES
    assert [name for name in FIRST_NAMES if is_reserved(name)] == []


def test_case_is_folded_after_letters_are_mapped_and_not_before():
    assert skeleton("BiII") == skeleton("Bill") == "bi11"
    assert skeleton("Ian") == "1an"
    assert skeleton("Lan") == "lan"


def test_the_keys_of_a_name_are_its_id_and_its_skeleton_once_each():
    assert name_keys("Bill") == ("bi11", "bill")
    assert name_keys("Ada") == ("ada",)


@pytest.mark.parametrize("name", RESERVED)
def test_reserved_names_are_so_in_each_case_and_in_disguise(name):
    for disguise in (name, name.upper(), name.title(), "-".join(name), name.replace("e", "е")):
        assert is_reserved(disguise)


@pytest.mark.parametrize("name", ["FlRESlDE", "FIRESIDE", "ѕуѕtem", "syste rn", "r00m".upper()])
def test_what_looks_like_a_reserved_name_is_reserved(name):
    assert is_reserved(name)


ALPHABET = st.sampled_from("AaBIl1O0oрсеЕm-_ rnvclVé\u0301क्\u200c\u200dया山タ김ن")


@given(st.one_of(st.text(max_size=20), st.text(ALPHABET, max_size=20)))
def test_a_skeleton_does_not_depend_on_how_a_name_is_composed(name):
    assert skeleton(unicodedata.normalize("NFD", name)) == skeleton(name)
    assert skeleton(unicodedata.normalize("NFC", name)) == skeleton(name)


@given(st.text(ALPHABET, max_size=20))
def test_a_joiner_changes_no_key(name):
    bare = name.replace("\u200c", "").replace("\u200d", "")

    assert name_keys(name) == name_keys(bare)
    assert fold(name) == fold(bare)


# --- The data ---


def test_the_data_says_whose_it_is():
    head = DATA.read_text("utf-8").split("UNICODE LICENSE V3")[0]

    assert "# Version: 15.0.0\n" in head
    assert "# Date: 2022-08-26" in head
    assert "© 2022 Unicode" in head
    assert "SPDX-License-Identifier: Unicode-3.0" in DATA.read_text("utf-8")


def test_the_data_is_small():
    assert DATA.stat().st_size <= 15_000


def test_a_class_begins_with_its_least_and_no_character_is_in_two():
    letters = [letter for one in CLASSES for letter in one]

    assert all(one == sorted(one) and len(one) > 1 for one in CLASSES)
    assert len(letters) == len(set(letters))


def test_the_data_concerns_characters_that_names_may_have():
    letters = [letter for one in CLASSES for letter in one]
    known = [letter for letter in letters if unicodedata.category(letter) != "Cn"]

    assert [letter for letter in known if not is_allowed(letter)] == []
    assert [letter for letter in letters if unicodedata.normalize("NFKD", letter) != letter] == []


def test_the_data_is_read_once():
    skeleton("Ada")
    before = lookalikes._least_of_each_class.cache_info().misses
    skeleton("Bo")

    assert lookalikes._least_of_each_class.cache_info().misses == before == 1
