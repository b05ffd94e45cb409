"""Refusals: a stable code for programs, a sentence for people, and whether to ask again."""

# ruff: noqa: N818 - a refusal is named for what it says

from typing import Literal

Code = Literal[
    "bad_json",
    "bad_request",
    "unsupported",
    "too_long",
    "bad_name",
    "name_taken",
    "unauthorized",
    "forbidden",
    "not_found",
    "rate_limited",
    "busy",
    "gone",
    "storage",
    "internal",
]


class ChatError(Exception):
    """What was asked can't be done; `text` tells a person what to do about it."""

    def __init__(
        self,
        code: Code,
        text: str,
        *,
        retryable: bool = False,
        field: str | None = None,
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(text)
        self.code: Code = code
        self.text = text
        self.retryable = retryable
        self.field = field
        self.retry_after_ms = retry_after_ms


class InvalidJson(ChatError):
    """The frame can't be read at all."""

    def __init__(self, text: str) -> None:
        super().__init__("bad_json", text)


class InvalidCommand(ChatError):
    """The frame can be read, but a field is missing or wrong."""

    def __init__(self, text: str, field: str | None = None) -> None:
        super().__init__("bad_request", text, field=field)


class Unsupported(ChatError):
    """An action or a version this server does not know."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__("unsupported", text, field=field)


class TooLong(ChatError):
    """A field says more than it may."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__("too_long", text, field=field)


class InvalidText(ChatError):
    """The message says nothing."""

    def __init__(self, text: str) -> None:
        super().__init__("bad_request", text, field="message")


class InvalidName(ChatError):
    """Nobody may have this name."""

    def __init__(self, text: str) -> None:
        super().__init__("bad_name", text, field="username")


class Unauthorized(ChatError):
    """Nobody vouched for who is asking."""

    def __init__(self, text: str) -> None:
        super().__init__("unauthorized", text)


class Forbidden(ChatError):
    """Whoever asks may not."""

    def __init__(self, text: str) -> None:
        super().__init__("forbidden", text)


class NotFound(ChatError):
    """What the command names does not exist."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__("not_found", text, field=field)


class Busy(ChatError):
    """Too much at once; the same command may work in a moment."""

    def __init__(self, text: str, retry_after_ms: int | None = None) -> None:
        super().__init__("busy", text, retryable=True, retry_after_ms=retry_after_ms)


class StorageFailed(ChatError):
    """The store could not do its work, so nothing was kept."""

    def __init__(
        self, text: str = "The server can't store anything right now; please try again"
    ) -> None:
        super().__init__("storage", text, retryable=True)


class Internal(ChatError):
    """Our fault, and we don't know more. Not retryable: the same thing would break again."""

    def __init__(self) -> None:
        super().__init__("internal", "Something broke on our side; it has been logged")
