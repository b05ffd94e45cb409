"""Errors for clients: a stable code for programs, a sentence for people, and whether to retry."""

# ruff: noqa: N818 - an error is named for its code

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
    "full",
    "storage",
    "internal",
]


class ChatError(Exception):
    """A command was refused; `text` tells a person what to do about it."""

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
    """The frame is not valid JSON."""

    def __init__(self, text: str) -> None:
        super().__init__("bad_json", text)


class InvalidCommand(ChatError):
    """The frame is valid JSON, but a field is missing or wrong."""

    def __init__(self, text: str, field: str | None = None) -> None:
        super().__init__("bad_request", text, field=field)


class Unsupported(ChatError):
    """The server does not know this action or version."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__("unsupported", text, field=field)


class TooLong(ChatError):
    """A field has too many characters."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__("too_long", text, field=field)


class InvalidText(ChatError):
    """The message has no visible text, or control characters in it."""

    def __init__(self, text: str) -> None:
        super().__init__("bad_request", text, field="message")


class InvalidName(ChatError):
    """The name breaks the rules for names."""

    def __init__(self, text: str) -> None:
        super().__init__("bad_name", text, field="username")


class NameTaken(ChatError):
    """The name, or one that looks like it, belongs to another person."""

    def __init__(self) -> None:
        super().__init__(
            "name_taken",
            "That name belongs to somebody; if it is you, add this device, or choose another name",
            field="username",
        )


class Unauthorized(ChatError):
    """The event has no user from the authorizer, or one who must claim a name first."""

    def __init__(self, text: str) -> None:
        super().__init__("unauthorized", text)


class Forbidden(ChatError):
    """The client may not do this."""

    def __init__(self, text: str) -> None:
        super().__init__("forbidden", text)


class NotFound(ChatError):
    """The room or thing that the command names does not exist."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__("not_found", text, field=field)


class Gone(ChatError):
    """What the command names is no more."""

    def __init__(self, text: str) -> None:
        super().__init__("gone", text)


class Full(ChatError):
    """A limit of the place or of a person is reached."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__("full", text, field=field)


class Busy(ChatError):
    """The server is overloaded; a retry may succeed in a moment."""

    def __init__(self, text: str, retry_after_ms: int | None = None) -> None:
        super().__init__("busy", text, retryable=True, retry_after_ms=retry_after_ms)


class RateLimited(ChatError):
    """One person sent too many requests; the connection stays, and a retry in time succeeds."""

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__(
            "rate_limited",
            "That was too much at once; wait a moment, then try again",
            retryable=True,
            retry_after_ms=retry_after_ms,
        )


class StorageFailed(ChatError):
    """The store failed, so nothing was stored."""

    def __init__(
        self, text: str = "The server can't store anything right now; please try again"
    ) -> None:
        super().__init__("storage", text, retryable=True)


class Internal(ChatError):
    """An unexpected error of the server. Not retryable: it would happen again."""

    def __init__(self) -> None:
        super().__init__("internal", "Something broke on our side; it has been logged")
