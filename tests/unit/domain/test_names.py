import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireside.domain.errors import InvalidName
from fireside.domain.names import clean_username, fold, is_folded

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/names.json").read_text("utf-8"))

GOOD = [
    "Al",
    "Ada Lovelace",
    "jean-luc_2",
    "42",
    "Ольга",
    "Ἀριστοτέλης",
    "李小龙",
    "ひらがなカタカナ漢字",
    "ラーメン太郎",
    "한국 漢字",
    "ㄅㄆㄇ漢字",
    "مريم ٣",
    "שָׁלוֹם",
    "प्रिया",
    "நிலா",
    "สมชาย",
    "Zoë",
    "Nguyễn Thị",
    "ᏣᎳᎩ",
    "佐々木ラー",
    "ﾗｰﾒﾝ太郎",
    "น้ำผึ้ง ๆ",
    "ကျော်",
    "မြို့",
    "ᱥᱟᱱᱛᱟᱲᱤ ᱸ",
    "Ừng Ệ",
    "ᾧ Ἰησοῦς",
    "ßß",
    "x" * 20,
    *VECTORS["mixed"],
    *VECTORS["joined"].values(),
]


@pytest.mark.parametrize("name", GOOD)
def test_people_may_use_their_own_names(name):
    assert clean_username(name) == unicodedata.normalize("NFC", name)


BAD = {
    "nothing": "",
    "blank": "   ",
    "one character": "A",
    "one character and blanks": " A ",
    "21 characters": "x" * 21,
    "markup": "<b>Ann</b>",
    "quotes": 'Ann"',
    "an ampersand": "Tom & Ann",
    "a full stop": "Ann.",
    "a slash": "Ann/Bob",
    "a line break": "Ann\nBob",
    "a tab": "Ann\tBob",
    "two spaces": "Ann  Bob",
    "a no-break space": "Ann\u00a0Bob",
    "a NUL": "Ann\x00",
    "an emoji": "Ann 🔥",
    "a right-to-left override": "Ann\u202ebob",
    "a zero-width space": "An\u200bn",
    "a zero-width joiner": "An\u200dn",
    "a soft hyphen": "An\u00adn",
    "a grapheme joiner": "An\u034fn",
    "a variation selector": "An\ufe0fn",
    "an invisible Hangul letter": "\u3164\u3164",
    "an enclosing circle": "An\u20ddn",
    "a lone surrogate": "Ann\ud800",
    "a private character": "Ann\ue000",
    "an unassigned character": "Ann\u0378",
    "no letter": "-_-",
    "a mark without a letter": "-\u0301-",
    "Latin and Cyrillic": "Аnn",
    "Latin and Greek": "Αnn",
    "Han, kana and Hangul": "漢か한",
    "Latin and Arabic digits": "Ann ٣",
    "Cyrillic and mathematical Latin": "О𝐥ьга",
    "Cyrillic and full-width Latin": "\u041eｌьга",
    "two ancient alphabets": "𐌀𐰀",
    "a Roman numeral": "Henry Ⅷ",
    "a fraction": "Ann ½",
    "a mark before the first letter": "\u0301Ann",
    "a mark before a later word": "Ann \u0301Bo",
    "a mark that is a letter of its own": "ﾞアン",
    "a mark that comes with a space of its own": "مر\ufe70",
    "four marks on one letter": "An\u0323\u0301\u0302\u0303n",
    "four marks, one of them in the letter": "Ậ\u0301\u0302",
    "nine marks on one letter": "A" + "\u0301" * 9 + "nn",
    "a click that looks like an exclamation mark": "aǃb",
    "a prime": "ʹAda",
    "an apostrophe that is a letter": "Adaʼ",
    "a turned comma that is a letter": "Kʻaren",
    "a raised letter": "Annʰ",
    "a tatweel": "محـمد",
    "phonetic small capitals": "ᴀdmin",
    "small capitals from elsewhere": "ʀoot",
    "an apostrophe in one letter": "ŉAnn",
    "a Cyrillic mark on a Latin letter": "Ann\u2de0",
    "a Latin mark on a Cyrillic letter": "Ольга\u0363",
    "a sentence in one character": "ﷺﷺ",
    **{f"scripts of two languages: {name}": name for name in VECTORS["unmixed"]},
    **{f"a joiner: {where}": name for where, name in VECTORS["stray"].items()},
    **{f"a joiner: {where}": name for where, name in VECTORS["strayForServer"].items()},
}


@pytest.mark.parametrize("name", BAD.values(), ids=BAD.keys())
def test_what_could_mislead_is_refused(name):
    with pytest.raises(InvalidName) as refusal:
        clean_username(name)

    assert (refusal.value.code, refusal.value.field) == ("bad_name", "username")


def test_length_counts_what_a_person_would_count_after_composing():
    decomposed = unicodedata.normalize("NFD", "é" * 20)

    assert clean_username(decomposed) == "é" * 20


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann", "ANN"),
        ("Straße", "STRASSE"),
        ("Ａｎｎ", "ann"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("Ⅻ", "xii"),
    ],
)
def test_names_that_look_alike_are_one_name(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize("name", VECTORS["joined"].values(), ids=VECTORS["joined"].keys())
def test_names_that_differ_only_in_joiners_are_one_name(name):
    assert fold(name) == fold(name.replace("\u200c", "").replace("\u200d", ""))


def test_a_joiner_is_a_character_of_a_name():
    assert clean_username("क्\u200dय" * 5)
    with pytest.raises(InvalidName, match="2 to 20 characters"):
        clean_username("क्\u200dय" * 5 + "य")


@given(st.text(st.characters(exclude_characters="\u200c\u200d"), max_size=25))
def test_a_user_id_from_before_joiners_were_allowed_is_still_the_same(name):
    """Messages are kept under the ids: these two lines are what made them."""
    compatible = unicodedata.normalize("NFKC", name)
    assert fold(name) == unicodedata.normalize("NFKC", compatible.casefold())


JOINED = st.text(st.sampled_from("کادरक्ा \u0651\u200c\u200d-aന്"), max_size=12)


@given(st.one_of(st.text(max_size=25), JOINED))
def test_a_clean_name_stays_as_it_is(name):
    try:
        cleaned = clean_username(name)
    except InvalidName:
        return

    assert clean_username(cleaned) == cleaned
    assert fold(fold(cleaned)) == fold(cleaned)
    assert fold(cleaned)
    cleaned.encode()


@pytest.mark.parametrize(
    "name", ["Ada", "ß" * 20, "ｶﾞ", "aƦ", "aͅ", "Ada K", "小林 Ada", "நண்பன்", "ﬁ fi", "می\u200cخواهم"]
)
def test_the_user_id_of_a_name_is_known_as_one(name):
    assert is_folded(fold(clean_username(name)))


@pytest.mark.parametrize(
    "text", ["", "Ada", "ada~1234abcd", "ada#unknown", " ada", "a" * 41, "a\x00"]
)
def test_what_no_name_folds_to_is_no_user_id_of_a_name(text):
    assert not is_folded(text)
