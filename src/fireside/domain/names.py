"""The rules for usernames, and the form in which two equal names are the same text."""

import re
import unicodedata

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
    if not all(_is_allowed(character) for character in name):
        raise InvalidName("Use only letters, digits, spaces, hyphens and underscores in a name")
    if not any(_is_letter_or_digit(character) for character in name):
        raise InvalidName("Use at least one letter or digit in a name")
    if "  " in name:
        raise InvalidName("Use single spaces in a name")
    if _STRAY_MARKS.search(_shape(name)):
        raise InvalidName("Put marks on a letter, and at most three")
    if not _is_of_one_script(name):
        raise InvalidName("Use letters of one alphabet in a name")
    if len(fold(name)) > 2 * len(name):
        raise InvalidName("Write the letters of a name one by one")
    return name


def fold(name: str) -> str:
    """Return a name's user id: the same for names that differ only in case, width or typeface."""
    compatible = unicodedata.normalize("NFKC", name)
    return unicodedata.normalize("NFKC", compatible.casefold())


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


def _is_allowed(character: str) -> bool:
    if character in _INVISIBLE or unicodedata.name(character, "").startswith("VARIATION SELECTOR"):
        return False
    if _PHONETIC.match(character):
        return False
    if unicodedata.category(character) == "Lm":
        return character in _MODIFIERS
    is_word = _is_letter_or_digit(character) or unicodedata.category(character) in _MARKS
    return is_word or character in _PUNCTUATION


def _is_letter_or_digit(character: str) -> bool:
    return unicodedata.category(character) in _LETTERS_AND_DIGITS


def _shape(name: str) -> str:
    """Return the kinds of a decomposed name's characters.

    `n` is a mark above or below, `c` a mark beside, `l` a letter or digit, `-` punctuation.
    """
    kinds = {"Mn": "n", "Mc": "c"}
    return "".join(
        "-" if character in _PUNCTUATION else kinds.get(unicodedata.category(character), "l")
        for character in unicodedata.normalize("NFKD", name)
    )


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
    frozenset({"HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"HAN", "BOPOMOFO"}),
    frozenset({"HAN", "HANGUL"}),
)
"""Scripts that one language uses together, as in Unicode Technical Standard 39."""


def _is_of_one_script(name: str) -> bool:
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
