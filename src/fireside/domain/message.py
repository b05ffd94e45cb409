"""Messages: the rules for their text, and how a draft becomes a message of a room's log."""

import re
import unicodedata
from dataclasses import dataclass

from fireside.domain.errors import InvalidText, TooLong

MAX_TEXT = 1_000  # characters
ENTROPY_BITS = 50  # fills the 10 random characters of a message id

CLOCK_SLACK_MS = 60_000
"""How far two clocks may differ, or one may be set back. A last message that is further in the
future was stored by a wrong clock."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it is stored. The entropy makes its id unguessable."""

    room: str
    user_id: str
    username: str
    text: str
    nonce: str
    reply_to: str | None
    now_ms: int
    entropy: int
    is_unclaimed: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A stored message. The sender chose the nonce, so that a retry is the same message."""

    room: str
    seq: int
    message_id: str
    timestamp_ms: int
    user_id: str
    username: str
    text: str
    nonce: str
    reply_to: str | None
    is_unclaimed: bool = False
    """Whether it was sent under a name that belonged to no person then."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The store's answer to a draft: the message, or the first one with the same nonce."""

    message: Message
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Tail:
    """The seq and the time of the last message of a room, 0 if there is none."""

    seq: int = 0
    timestamp_ms: int = 0


def clean_text(text: str) -> str:
    """Return `text` trimmed, its lines divided by line feeds alone.

    Raises:
        InvalidText: It has no visible character, or a control character within, which a terminal
            would obey.
        TooLong: It has more than `MAX_TEXT` characters.
    """
    text = _trim(_LINE_END.sub("\n", text))
    if not text:
        raise InvalidText("Write something first")
    if len(text) > MAX_TEXT:
        raise TooLong(f"Use at most {MAX_TEXT:,} characters", "message")
    if not any(map(_is_visible, text)):
        raise InvalidText("Write something that can be seen")
    if _CONTROL.search(text):
        raise InvalidText("Leave out control characters; line feeds and tabs may stay")
    return text


def follow(tail: Tail, draft: Draft) -> Message:
    """Return the message that a draft becomes after `tail`.

    Its time is not before the last message's, unless that one was stored by a wrong clock: the
    order of messages is that of `seq`.
    """
    seq = tail.seq + 1
    is_ahead = tail.timestamp_ms - draft.now_ms > CLOCK_SLACK_MS
    timestamp_ms = draft.now_ms if is_ahead else max(tail.timestamp_ms, draft.now_ms)
    return Message(
        draft.room,
        seq,
        message_id(timestamp_ms, seq, draft.entropy),
        timestamp_ms,
        draft.user_id,
        draft.username,
        draft.text,
        draft.nonce,
        draft.reply_to,
        draft.is_unclaimed,
    )


def message_id(timestamp_ms: int, seq: int, entropy: int) -> str:
    """Return a global id that sorts by time, then by seq: 10 characters, 6, and 10 random."""
    return _base32(timestamp_ms, 10) + _base32(seq, 6) + _base32(entropy, 10)


def is_message_id(text: str) -> bool:
    """Return whether `text` has the form of a message id; such a message need not exist."""
    return _MESSAGE_ID.fullmatch(text) is not None


_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
"""All that Unicode says ends a line, besides a line feed: every reader must see the same lines."""

_CONTROL = re.compile("[\\x00-\\x08\\x0e-\\x1f\\x7f-\\x9f]")
"""Every other control character (C0, DEL, C1), besides tabs and line feeds."""

_SPACES = "\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, (*range(0x21), *range(0x7F, 0xA1), *range(0x2000, 0x200B)))
)
"""Every space and control character. `str.strip` and JavaScript's `trim` differ in some of them."""


def _trim(text: str) -> str:
    """Return a text without blank lines and spaces around it.

    Of several lines the first keeps its indentation: it belongs to that of the others.
    """
    text = text.rstrip(_SPACES)
    trimmed = text.lstrip(_SPACES)
    if "\n" not in trimmed:
        return trimmed
    indented = text.rfind("\n", 0, len(text) - len(trimmed)) + 1
    return text[indented:]


_INVISIBLE_CATEGORIES = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp", "Mn", "Me"})
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a braille pattern that are invisible."""


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in _INVISIBLE_CATEGORIES and character not in _BLANKS


_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(high + low for high in _CROCKFORD for low in _CROCKFORD)
_MESSAGE_ID = re.compile(f"[{_CROCKFORD}]{{26}}")


def _base32(number: int, characters: int) -> str:
    """Return a number in base 32, two characters at a time: twice as fast as one by one."""
    shifts = range(5 * characters - 10, -1, -10)
    return "".join([_PAIRS[number >> shift & 1023] for shift in shifts])
