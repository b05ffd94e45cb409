"""What the state machine asks to be done, and what handlers answer it."""

from typing import NamedTuple

from localgateway.machine.events import Event


class Returned(NamedTuple):
    """A handler returned this."""

    value: object


class Raised(NamedTuple):
    """A handler raised; `text` is the exception's own message."""

    text: str


Outcome = Returned | Raised


class Invoke(NamedTuple):
    """Call a function with an event; its outcome goes to `answered`."""

    invocation_id: int
    connection_id: str
    function: str
    event: Event
    person: str = ""
    """Who is served: the principal that the authorizer named, so not known before."""

    @property
    def characters(self) -> int:
        """The length of the message's text, which is what an invocation costs in memory."""
        return len(self.event.get("body") or "")


class SendText(NamedTuple):
    """Send a text frame."""

    connection_id: str
    text: str


class Throttle(NamedTuple):
    """Answer a message that came too fast, and read no further from its sender for a while."""

    connection_id: str
    text: str
    request_id: str
    wait_seconds: float


class Accept(NamedTuple):
    """Answer the upgrade with 101 and the subprotocol that the handler chose."""

    connection_id: str
    subprotocol: str | None


class Refuse(NamedTuple):
    """Answer the upgrade with an HTTP status instead of 101."""

    connection_id: str
    status: int
    message: str
    why: str = ""
    """For the log: what to correct in the API, or why the authorizer denies it."""


class CloseWith(NamedTuple):
    """Close an open connection."""

    connection_id: str
    code: int
    reason: str


Action = Invoke | SendText | Throttle | Accept | Refuse | CloseWith
