"""The smoke test after a deploy: the chat refuses strangers, and answers members.

By default no message is sent, so that people's history has no tests. One is sent to an empty room,
or on request: only a message shows that the functions may post to connections.
"""

import time
from collections.abc import Callable, Iterator

from fireside.cloud.verify import checks
from fireside.cloud.verify.client import CheckFailed, Client, Target

FIRST_USER, SECOND_USER = "Ada K smoke-test", "Zoë smoke-test"
"""Names that have to be encoded in the query, as people's often are."""

TEXT = "This chat works. (A smoke test of `fireside deploy` said so.)"

TRIES, PAUSE_SECONDS = 6, 10.0
"""Of the first connection: a new DNS name is not known everywhere at once."""


def smoke(target: Target, *, send_message: bool, pause: Callable[[float], object]) -> Iterator[str]:
    """Yield a line for each thing that works.

    Raises:
        CheckFailed: The chat does not behave as documented.
    """
    yield f"It answers: {_first_connection(target, pause)}"
    if target.invite is not None:
        yield f"Without an invite: {checks.a_handshake_without_an_invite_is_refused(target)}"
    with target.connect(FIRST_USER) as one, target.connect(SECOND_USER) as two:
        hello = one.hello()
        checks.require_name(hello, FIRST_USER)
        checks.require_name(two.hello(), SECOND_USER)
        one.expect("ping", "pong")
        one.expect("getHistory", "history", limit=1)
        yield "Two clients connected; hello, ping and history are answered"
        if send_message or hello["rooms"][0]["head"] == 0:
            yield _message_arrives(two, one)
        else:
            yield "No message was sent, as the room is in use (--smoke-message sends one)"


def _message_arrives(one: Client, two: Client) -> str:
    started = time.monotonic()
    ack = one.expect("sendMessage", "ack", message=TEXT)
    wanted = ack["messageId"]
    two.wait_for_push(
        lambda frame: frame.get("messageId") == wanted, "the message at the other client"
    )
    arrived = f"{(time.monotonic() - started) * 1_000:,.0f} ms"
    page = two.expect("getHistory", "history", limit=1)
    if [message["messageId"] for message in page["messages"]] != [wanted]:
        raise CheckFailed("the message is not in the history")
    return f"A message was stored, reached the other client after {arrived}, and is in the history"


def _first_connection(target: Target, pause: Callable[[float], object]) -> str:
    """Connect, several times if need be, and return the agreed subprotocol."""
    for left in reversed(range(TRIES)):
        try:
            return checks.the_subprotocol_is_agreed_and_the_invite_is_not_echoed(target)
        except CheckFailed:
            if left == 0:
                raise
            pause(PAUSE_SECONDS)
    raise AssertionError("unreachable")
