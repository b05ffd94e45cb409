"""Checks that send messages: none is lost, none arrives twice, everyone sees one order.

The messages stay in the room, and say that they are tests. Each check takes a chat, returns what
it observed, and raises CheckFailed when the chat does not behave as documented.
"""

import secrets
import statistics
import threading
import time
from collections.abc import Callable, Sequence

from fireside.cloud.verify.checks import FIRST_USER, SECOND_USER, THIRD_USER
from fireside.cloud.verify.client import CheckFailed, Client, Frame, Target, describe
from fireside.domain.commands.messages import MAX_PAGE
from fireside.domain.names import LOBBY

TEXT = "A test of this chat; please ignore"

SPECIAL = (
    "\u05e9\u05dc\u05d5\u05dd \U0001f525 \U0001f468\u200d\U0001f469\u200d\U0001f467 "
    "<b>&amp;</b> e\u0301"
)
"""Hebrew, an emoji, joined emojis, markup and a combining accent."""

MESSAGES_PER_SENDER = 5


def a_message_reaches_every_connection(target: Target) -> str:
    """Send a message: clients with and without `hello` get it once, with its id and seq."""
    with (
        target.connect(SECOND_USER) as client,
        target.connect(FIRST_USER) as other,
        target.connect(THIRD_USER) as plain,
    ):
        client.hello(), other.hello()
        plain.expect("ping", "pong")  # from now on it is in the room
        started = time.monotonic()
        ack = _send(client)
        acked = time.monotonic()
        for reader in (other, plain):
            push = _pushed(reader, ack)
            if (push.get("seq"), push.get("message")) != (ack["seq"], TEXT):
                raise CheckFailed(
                    f"the push has another seq or text than the ack: {describe(push)}"
                )
            if push.get("username") != SECOND_USER:
                raise CheckFailed("the push has another name than its author's")
            if "nonce" in push:
                raise CheckFailed("another user's client got the nonce")
        pushed = time.monotonic()
        for reader in (other, plain):
            reader.expect("ping", "pong")  # a second push would have arrived before the pong
            _pushed(reader, ack)
    return f"ack after {_ms(acked - started)}, pushed to two after {_ms(pushed - started)}"


def text_is_stored_as_it_was_sent(target: Target) -> str:
    """Send a message with special characters, and compare it in the history."""
    with target.connect(FIRST_USER) as client:
        client.hello()
        ack = _send(client, SPECIAL)
        newest = client.expect("getHistory", "history", limit=1)["messages"]
    if [one.get("message") for one in newest if one["seq"] == ack["seq"]] != [SPECIAL]:
        raise CheckFailed("the history has another text")
    return f"{len(SPECIAL.encode())} bytes of UTF-8"


def a_repeated_nonce_is_one_message(target: Target) -> str:
    """Send a message again, as a client does that lost the ack."""
    nonce = secrets.token_urlsafe(16)
    with target.connect(FIRST_USER) as client:
        client.hello()
        first, second = _send(client, nonce=nonce), _send(client, nonce=nonce)
        head = client.expect("ping", "pong")["heads"][LOBBY]
    if first["messageId"] != second["messageId"] or head > first["seq"]:
        raise CheckFailed("it was kept twice")
    if first["duplicate"] or not second["duplicate"]:
        raise CheckFailed("the second ack does not say that it is a duplicate")
    return "one message, two acks"


def concurrent_sends_of_a_nonce_are_one_message(target: Target) -> str:
    """Send a message from two connections at the same moment."""
    nonce = secrets.token_urlsafe(16)
    acks: list[Frame] = []
    with target.connect(FIRST_USER) as first, target.connect(FIRST_USER) as second:
        first.hello(), second.hello()
        _at_once(
            [
                lambda: acks.append(_send(first, nonce=nonce)),
                lambda: acks.append(_send(second, nonce=nonce)),
            ]
        )
    if len({ack["messageId"] for ack in acks}) != 1:
        raise CheckFailed("it was kept twice")
    if sorted(ack["duplicate"] for ack in acks) != [False, True]:
        raise CheckFailed("not exactly one ack says that it is a duplicate")
    return "one message, two acks"


def two_senders_see_one_order(target: Target) -> str:
    """Check that of two users who send at once, all see each message once, with its ack's seq."""
    acks: list[Frame] = []
    waits: list[float] = []

    def send_all(client: Client) -> None:
        for _ in range(MESSAGES_PER_SENDER):
            started = time.monotonic()
            acks.append(_send(client))
            waits.append(time.monotonic() - started)

    with (
        target.connect(FIRST_USER) as one,
        target.connect(SECOND_USER) as two,
        target.connect(THIRD_USER) as reader,
    ):
        before = reader.hello()["rooms"][0]["head"]
        one.hello(), two.hello()
        _at_once([lambda: send_all(one), lambda: send_all(two)])
        for ack in acks:
            if _pushed(reader, ack).get("seq") != ack["seq"]:
                raise CheckFailed("a push has another seq than its ack")
        page = reader.expect("getHistory", "history", after=before, limit=MAX_PAGE)["messages"]
    logged = {message["messageId"]: message["seq"] for message in page}
    if len({ack["seq"] for ack in acks}) != 2 * MESSAGES_PER_SENDER:
        raise CheckFailed("two messages have one seq")
    if any(logged.get(ack["messageId"]) != ack["seq"] for ack in acks):
        raise CheckFailed("the history has another order than the acks")
    seqs = [message["seq"] for message in page]
    if seqs != list(range(before + 1, before + 1 + len(seqs))):
        raise CheckFailed("the history has a gap, or is out of order")
    return f"{2 * MESSAGES_PER_SENDER} messages, ack after {_ms(statistics.median(waits))} (median)"


def a_reconnect_misses_nothing(target: Target) -> str:
    """Reconnect after three messages with a cursor: once in `hello`, once with `resume`."""
    with target.connect(SECOND_USER) as reader:
        room = reader.hello()["rooms"][0]
    with target.connect(FIRST_USER) as client:
        client.hello()
        missed = [_send(client)["messageId"] for _ in range(3)]
        cursor = {"epoch": room["epoch"], "after": room["head"]}
        with target.connect(SECOND_USER) as reader:
            by_hello = reader.hello(resume={LOBBY: cursor})["resumed"]
            later = reader.expect("resume", "resumed", room=LOBBY, **cursor)
        other_epoch = client.expect("resume", "resumed", room=LOBBY, epoch="another", after=0)
    for how, answer in (("hello", by_hello[0] if by_hello else {}), ("resume", later)):
        found = [event["messageId"] for event in answer.get("events", [])]
        if [one for one in found if one in missed] != missed or len(set(found)) != len(found):
            raise CheckFailed(f"{how} did not return exactly what was missed")
    if other_epoch.get("reset") is not True:
        raise CheckFailed("a cursor of another epoch is accepted")
    return "3 messages, in order, once"


def history_can_be_read_in_pages(target: Target) -> str:
    """Read three messages backwards in pages of two, then forwards."""
    with target.connect(FIRST_USER) as client:
        client.hello()
        first = min(_send(client)["seq"] for _ in range(3))
        newest = client.expect("getHistory", "history", limit=2)
        older = client.expect("getHistory", "history", limit=2, before=newest["prev"])
        forward = client.expect("getHistory", "history", limit=MAX_PAGE, after=first - 1)
    back = [message["seq"] for message in [*newest["messages"], *older["messages"]]]
    if back != list(range(back[0], back[0] - len(back), -1)):
        raise CheckFailed("there is a gap between two pages")
    seqs = [message["seq"] for message in forward["messages"]]
    if seqs[:3] != [first, first + 1, first + 2]:
        raise CheckFailed("reading forwards returns other messages than reading backwards")
    return "two pages backwards, one forwards"


def _send(client: Client, text: str = TEXT, *, nonce: str | None = None) -> Frame:
    """Send a message, with a new nonce unless one is given, and return its ack."""
    return client.expect(
        "sendMessage", "ack", message=text, nonce=nonce or secrets.token_urlsafe(16)
    )


def _pushed(reader: Client, ack: Frame) -> Frame:
    """Return the push of an acknowledged message, and require that there is one only."""
    wanted = ack["messageId"]
    push = reader.wait_for_push(
        lambda frame: frame.get("messageId") == wanted, "the push of a message"
    )
    rest = [frame for frame in reader.pushes if frame is not push]
    if any(frame.get("messageId") == wanted for frame in rest):
        raise CheckFailed("a message was pushed twice")
    return push


def _at_once(tasks: Sequence[Callable[[], object]]) -> None:
    """Run tasks in threads that start together; raise the first failure."""
    start = threading.Barrier(len(tasks))
    failures: list[Exception] = []

    def run(task: Callable[[], object]) -> None:
        start.wait()
        try:
            task()
        except Exception as failure:  # noqa: BLE001 - raised again below
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _ms(seconds: float) -> str:
    return f"{seconds * 1_000:,.0f} ms"
