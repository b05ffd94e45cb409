"""What is said: the rules for a text, and how a draft becomes a message of a room's log."""

import re
import unicodedata
from dataclasses import dataclass

from fireside.domain.errors import InvalidText, TooLong

MAX_TEXT = 1_000  # characters
ENTROPY_BITS = 50


@dataclass(frozen=True, slots=True)
class Draft:
    """Something somebody wants to say, now. The entropy makes its id unguessable."""

    room: str
    user_id: str
    username: str
    text: str
    nonce: str
    reply_to: str | None
    now_ms: int
    entropy: int


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said. The nonce is the sender's, so a retry is the same message."""

    room: str
    seq: int
    message_id: str
    timestamp_ms: int
    user_id: str
    username: str
    text: str
    nonce: str
    reply_to: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store answers to a draft: the first message under its nonce."""

    message: Message
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a room's log ends."""

    seq: int = 0
    timestamp_ms: int = 0


def clean_text(text: str) -> str:
    """Trim `text`, or refuse it when it says nothing or too much."""
    text = text.strip()
    if not text:
        raise InvalidText("Write something first")
    if len(text) > MAX_TEXT:
        raise TooLong(f"Keep it under {MAX_TEXT + 1:,} characters", "message")
    if not any(map(_shows, text)):
        raise InvalidText("Write something that can be seen")
    return text


def follow(tail: Tail, draft: Draft) -> Message:
    """Put a draft right behind the tail. Its time never goes back, even when the clock did."""
    seq = tail.seq + 1
    timestamp_ms = max(tail.timestamp_ms, draft.now_ms)
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
    )


def message_id(timestamp_ms: int, seq: int, entropy: int) -> str:
    """Make a global id that sorts like the log: 10 characters of time, 6 of seq, 10 of chance."""
    return _base32(timestamp_ms, 10) + _base32(seq, 6) + _base32(entropy, 10)


def is_message_id(text: str) -> bool:
    """Tell whether `text` could be an id; whether there is such a message is another question."""
    return _MESSAGE_ID.fullmatch(text) is not None


_UNSEEN = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp", "Mn", "Me"})
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a braille pattern that show nothing."""


def _shows(character: str) -> bool:
    return unicodedata.category(character) not in _UNSEEN and character not in _BLANKS


_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(high + low for high in _CROCKFORD for low in _CROCKFORD)
_MESSAGE_ID = re.compile(f"[{_CROCKFORD}]{{26}}")


def _base32(number: int, characters: int) -> str:
    """Write a number two characters at a time, which is twice as fast as one."""
    shifts = range(5 * characters - 10, -1, -10)
    return "".join([_PAIRS[number >> shift & 1023] for shift in shifts])
