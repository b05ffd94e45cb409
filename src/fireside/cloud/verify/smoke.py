"""Look at a chat that was just applied: whether its door holds, and whether it answers.

By default nothing is said in the room, so that no trial is in people's history. In an empty room,
or when asked to, one message is: only a message shows that the functions may post.
"""

from collections.abc import Callable, Iterator

from fireside.cloud.verify import checks
from fireside.cloud.verify.client import Client, Target, Wrong

ONE, TWO = "smoke-test", "smoke-test-2"
TEXT = "This chat works. (A smoke test of `fireside deploy` said so.)"

TRIES, PAUSE_SECONDS = 6, 10.0
"""A name that was just made is not known everywhere at once."""


def smoke(
    target: Target, *, say_something: bool, pause: Callable[[float], object]
) -> Iterator[str]:
    """Look, and tell what was seen, line by line.

    Raises:
        Wrong: The chat did not do what it should.
    """
    yield f"It answers: {_reached(target, pause)}"
    if target.invite is not None:
        yield f"Without an invite: {checks.nobody_enters_without_an_invite(target)}"
    with target.enter(ONE) as one, target.enter(TWO) as two:
        head = one.hello()["rooms"][0]["head"]
        two.hello()
        one.must("ping", "pong")
        one.must("getHistory", "history", limit=1)
        yield "Two came in; hello, ping and history are answered"
        if say_something or head == 0:
            yield _said(one, two)
        else:
            yield "Nothing was said: people are there (--smoke-message says something)"


def _said(one: Client, two: Client) -> str:
    ack = one.must("sendMessage", "ack", message=TEXT)
    wanted = ack["messageId"]
    two.told(lambda frame: frame.get("messageId") == wanted, "the message at the other one")
    page = two.must("getHistory", "history", limit=1)
    if [message["messageId"] for message in page["messages"]] != [wanted]:
        raise Wrong("the message is not in the history")
    return "A message was kept, reached the other one, and is in the history"


def _reached(target: Target, pause: Callable[[float], object]) -> str:
    """Come in; a chat that was just made may take a while to be found."""
    for left in reversed(range(TRIES)):
        try:
            return checks.the_subprotocol_is_agreed_on_without_the_invite(target)
        except Wrong:
            if left == 0:
                raise
            pause(PAUSE_SECONDS)
    raise AssertionError("unreachable")
