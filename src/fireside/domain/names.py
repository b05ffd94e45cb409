"""The rules for usernames, and the form in which two equal names are the same text."""

import re
import unicodedata
from functools import lru_cache

from fireside.domain.errors import InvalidName

LOBBY = "general"
"""The room that every connection is in."""

MIN_NAME = 2  # characters
MAX_NAME = 20  # characters


def clean_username(name: str) -> str:
    """Return a name trimmed and in Unicode's composed form (NFC).

    Raises:
        InvalidName: The name is too short, too long, or could be mistaken for another.
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not MIN_NAME <= len(name) <= MAX_NAME:
        raise InvalidName(f"Choose a name of {MIN_NAME} to {MAX_NAME} characters")
    if _has_stray_joiners(name):
        raise InvalidName("Use joiners in a name only where the script needs them")
    _check_letters(without_joiners(name))
    return name


@lru_cache(maxsize=4_096)
def fold(name: str) -> str:
    """Return a name's user id.

    It is the same for names that differ only in case, width, typeface or joiners.
    """
    compatible = unicodedata.normalize("NFKC", without_joiners(name))
    return unicodedata.normalize("NFKC", compatible.casefold())


def is_folded(text: str) -> bool:
    """Return whether a text can be a name's user id.

    Folded, a name may be shorter or longer than names are, and have letters that they have not.
    """
    is_whole = text == text.strip() and 0 < len(text) <= 2 * MAX_NAME
    return is_whole and fold(text) == text and all(map(_is_of_names, text))


def without_joiners(name: str) -> str:
    """Return a name without the invisible characters that join letters, or keep them apart."""
    return name.translate(_NO_JOINERS)


def is_allowed(character: str) -> bool:
    """Return whether a name may have this character; joiners are judged by what is around them."""
    if character in _INVISIBLE or unicodedata.name(character, "").startswith("VARIATION SELECTOR"):
        return False
    if _PHONETIC.match(character):
        return False
    if unicodedata.category(character) == "Lm":
        return character in _MODIFIERS
    return _is_of_names(character)


def _check_letters(name: str) -> None:
    if not all(is_allowed(character) for character in name):
        raise InvalidName("Use only letters, digits, spaces, hyphens and underscores in a name")
    if not any(_is_letter_or_digit(character) for character in name):
        raise InvalidName("Use at least one letter or digit in a name")
    if "  " in name:
        raise InvalidName("Use single spaces in a name")
    if _STRAY_MARKS.search(_shape(name)):
        raise InvalidName("Put marks on a letter, and at most three")
    if not _is_of_one_language(name):
        raise InvalidName(
            "Use letters of one alphabet in a name, or Latin with Chinese, Japanese or Korean"
        )
    if len(fold(name)) > 2 * len(name):
        raise InvalidName("Write the letters of a name one by one")


_PUNCTUATION = frozenset(" -_")
_LETTERS_AND_DIGITS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd"})
_MARKS = frozenset({"Mn", "Mc"})

_MODIFIERS = frozenset("々〻ゝゞーヽヾｰﾞﾟๆໆៗ\ua015ᱸᱹᱺᱻᱼᱽ\U0001e94b")
"""The letters of category Lm that occur in names; the others look like quotes and accents."""

_PHONETIC = re.compile(
    "[\u01c0-\u01c3\u0262\u026a\u0274\u0276\u0280\u0281\u028f\u0299\u029b\u029c\u029f"
    "\u1d00-\u1dbf\u2c7b\ua730\ua731\ua776\ua7ae\ua7af\ua7fa\uab46\uab65\U0001df00-\U0001df1e]"
)
"""Click letters and small capitals: they look like an exclamation mark, a bar or a letter."""

_STRAY_MARKS = re.compile("(?:^|-)[nc]|n{4}")
"""In the result of `_shape`: a mark without a letter, or four marks, which overlap other lines."""

_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
"""Letters and marks that are invisible, so that two names would look alike."""


def _is_letter_or_digit(character: str) -> bool:
    return unicodedata.category(character) in _LETTERS_AND_DIGITS


def _is_of_names(character: str) -> bool:
    is_word = _is_letter_or_digit(character) or unicodedata.category(character) in _MARKS
    return is_word or character in _PUNCTUATION


def _shape(name: str) -> str:
    """Return the kinds of a decomposed name's characters.

    `n` is a mark above or below, `c` a mark beside, `l` a letter or digit, `-` punctuation.
    """
    kinds = {"Mn": "n", "Mc": "c"}
    return "".join(
        "-" if character in _PUNCTUATION else kinds.get(unicodedata.category(character), "l")
        for character in unicodedata.normalize("NFKD", name)
    )


# --- Joiners: where Unicode Standard Annex 31 (A1, A2, B) has them, and nowhere else ---

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_NO_JOINERS = dict.fromkeys(map(ord, (_ZWNJ, _ZWJ)))

_VIRAMA = 9
"""The combining class of the signs that silence the vowel of a letter, and so form conjuncts."""

_JOINS_BOTH_SIDES = re.compile(
    "[\u0620\u0626\u0628\u062a-\u062e\u0633-\u063f\u0641-\u0647\u0649\u064a\u066e\u066f"
    "\u0678-\u0687\u069a-\u06bf\u06c1\u06c2\u06cc\u06ce\u06d0\u06d1\u06fa-\u06fc\u06ff"
    "\u0750-\u0758\u075c-\u076a\u076d-\u0770\u0772\u0775-\u0777\u077a-\u077f\u0886"
    "\u0889-\u088d\u08a0-\u08a9\u08af\u08b0\u08b3-\u08b8\u08ba-\u08c8]"
)
"""The Arabic letters that join the next one: Joining_Type D in Unicode 15's ArabicShaping.txt."""

_JOINS_THE_LETTER_BEFORE = re.compile(
    "[\u0622-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0673\u0675-\u0677\u0688-\u0699\u06c0"
    "\u06c3-\u06cb\u06cd\u06cf\u06d2\u06d3\u06d5\u06ee\u06ef\u0759-\u075b\u076b\u076c\u0771"
    "\u0773\u0774\u0778\u0779\u0870-\u0882\u088e\u08aa-\u08ac\u08ae\u08b1\u08b2\u08b9]"
)
"""Those that join only the one before: Joining_Type R in the same file."""

_GOOD_JOINERS = re.compile("(?<=d)(m*)n(?=[dr])|(?<=[ldr])(m*v)(?:n(?=[ldr])|z(?![nzmv]))")
"""In the result of `_joining`: a non-joiner between Arabic letters that would join, one between a
virama and a letter, or a joiner after a virama.
"""


def _has_stray_joiners(name: str) -> bool:
    if _ZWNJ not in name and _ZWJ not in name:
        return False
    rest = _GOOD_JOINERS.sub("", "".join(map(_joining, name)))
    return "n" in rest or "z" in rest


def _joining(character: str) -> str:
    """Return a character's part in joining.

    `n` is a non-joiner, `z` a joiner, `v` a virama, `m` another mark, `d` and `r` are Arabic
    letters that join on both sides and on the right, `l` is any other letter, `-` the rest.
    """
    kinds = {_ZWNJ: "n", _ZWJ: "z"}
    if character in kinds:
        return kinds[character]
    if unicodedata.combining(character) == _VIRAMA:
        return "v"
    if unicodedata.category(character) in _MARKS:
        return "m"
    if _JOINS_BOTH_SIDES.match(character):
        return "d"
    if _JOINS_THE_LETTER_BEFORE.match(character):
        return "r"
    return "l" if unicodedata.category(character).startswith("L") else "-"


# --- Scripts: the first word of a character's name, which Unicode guarantees not to change ---

_COMMON = frozenset({"COMBINING", "DIGIT", "KATAKANA-HIRAGANA", "VEDIC"})
"""First words of characters that are used with any script."""

_WITH_OWN_MARKS = frozenset({"CYRILLIC", "DEVANAGARI", "GLAGOLITIC", "GRANTHA", "LATIN"})
"""Scripts with combining marks of their own, which no other script uses."""

_ONE_SCRIPT = {
    "CJK": "HAN",
    "IDEOGRAPHIC": "HAN",
    "ARABIC-INDIC": "ARABIC",
    "EXTENDED": "ARABIC",
    "HENTAIGANA": "HIRAGANA",
}
"""The script of first words that are not the name of a script."""

_TWO_WORDS = frozenset({"INSCRIPTIONAL", "LINEAR", "MEROITIC", "NEW", "OLD", "TAI"})
"""First words shared by unrelated scripts: there, two words name the script."""

_USED_TOGETHER = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
"""Scripts that one language uses together: the level "highly restrictive" of Unicode's UTS 39."""


def _is_of_one_language(name: str) -> bool:
    """Return whether a name uses one script, or scripts of one language.

    Checks the compatible form (NFKC): readers see a mathematical or full-width A as a Latin A.
    """
    scripts = {_script(character) for character in unicodedata.normalize("NFKC", name)} - {None}
    return len(scripts) <= 1 or any(scripts <= together for together in _USED_TOGETHER)


def _script(character: str) -> str | None:
    """Return the script of a letter, mark or digit; None if it is used with any."""
    words = unicodedata.name(character, "").split(" ", 2)
    if words[0] == "COMBINING" and words[1] in _WITH_OWN_MARKS:
        return words[1]
    if character in _PUNCTUATION or words[0] in _COMMON:
        return None
    if words[0] in _TWO_WORDS:
        return " ".join(words[:2])
    return _ONE_SCRIPT.get(words[0], words[0])
