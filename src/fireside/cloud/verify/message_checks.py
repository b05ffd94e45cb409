"""What people who talk can rely on: nothing is lost, nothing comes twice, all see one order.

The trials say something in the room, and what was said stays there: it says itself that it is a
trial. Each takes a chat, returns what it saw, and raises `Wrong` when that should not be so.
"""

import secrets
import statistics
import threading
import time
from collections.abc import Callable, Sequence

from fireside.cloud.verify.checks import OTHER, PERSON
from fireside.cloud.verify.client import Client, Frame, Target, Wrong, brief

TEXT = "A trial of this chat; please ignore"
PLAIN = "verify-3"

SPECIAL = (
    "\u05e9\u05dc\u05d5\u05dd \U0001f525 \U0001f468\u200d\U0001f469\u200d\U0001f467 "
    "<b>&amp;</b> e\u0301"
)
"""Hebrew, a fire, a family, markup and a loose accent: all must come back as sent."""

EACH = 5  # messages of each sender in a race


def a_message_reaches_everybody(target: Target) -> str:
    """Say something; who said hello and who did not both get it, with one id and one seq."""
    with (
        target.enter(PERSON) as person,
        target.enter(OTHER) as other,
        target.enter(PLAIN) as plain,
    ):
        person.hello(), other.hello()
        plain.must("ping", "pong")  # connected, and known to the room
        started = time.monotonic()
        ack = _say(person)
        acked = time.monotonic()
        for reader in (other, plain):
            push = _pushed(reader, ack)
            if (push.get("seq"), push.get("message")) != (ack["seq"], TEXT):
                raise Wrong(f"the push has another seq or text than the ack: {brief(push)}")
            if "nonce" in push:
                raise Wrong("a stranger was told the nonce")
        told = time.monotonic()
        for reader in (other, plain):
            reader.must("ping", "pong")  # whatever came before it is here now
            _pushed(reader, ack)
    return f"ack after {_ms(acked - started)}, pushed to two after {_ms(told - started)}"


def text_comes_back_as_it_was_sent(target: Target) -> str:
    """Say something with all kinds of letters, and read it in the log."""
    with target.enter(PERSON) as person:
        person.hello()
        ack = _say(person, SPECIAL)
        newest = person.must("getHistory", "history", limit=1)["messages"]
    if [one.get("message") for one in newest if one["seq"] == ack["seq"]] != [SPECIAL]:
        raise Wrong("the log has another text")
    return f"{len(SPECIAL.encode())} bytes of UTF-8"


def a_repeated_nonce_is_one_message(target: Target) -> str:
    """Send the same thing again, as somebody does who lost the answer."""
    nonce = secrets.token_urlsafe(16)
    with target.enter(PERSON) as person:
        person.hello()
        first, second = _say(person, nonce=nonce), _say(person, nonce=nonce)
        head = person.must("ping", "pong")["heads"]["general"]
    if first["messageId"] != second["messageId"] or head > first["seq"]:
        raise Wrong("it was kept twice")
    if first["duplicate"] or not second["duplicate"]:
        raise Wrong("the second ack does not say that it is a duplicate")
    return "one message, two acks"


def the_same_nonce_at_once_is_one_message(target: Target) -> str:
    """Send the same thing from two connections at the same moment."""
    nonce = secrets.token_urlsafe(16)
    acks: list[Frame] = []
    with target.enter(PERSON) as first, target.enter(PERSON) as second:
        first.hello(), second.hello()
        _at_once(
            [
                lambda: acks.append(_say(first, nonce=nonce)),
                lambda: acks.append(_say(second, nonce=nonce)),
            ]
        )
    if len({ack["messageId"] for ack in acks}) != 1:
        raise Wrong("it was kept twice")
    if sorted(ack["duplicate"] for ack in acks) != [False, True]:
        raise Wrong("not exactly one ack says that it is a duplicate")
    return "one message, two acks"


def two_senders_get_one_order(target: Target) -> str:
    """Have two people talk at once: all sees each message once, under the seq of its ack."""
    acks: list[Frame] = []
    waits: list[float] = []

    def talk(person: Client) -> None:
        for _ in range(EACH):
            started = time.monotonic()
            acks.append(_say(person))
            waits.append(time.monotonic() - started)

    with target.enter(PERSON) as one, target.enter(OTHER) as two, target.enter(PLAIN) as reader:
        before = reader.hello()["rooms"][0]["head"]
        one.hello(), two.hello()
        _at_once([lambda: talk(one), lambda: talk(two)])
        for ack in acks:
            if _pushed(reader, ack).get("seq") != ack["seq"]:
                raise Wrong("a push has another seq than its ack")
        page = reader.must("getHistory", "history", after=before, limit=100)["messages"]
    logged = {message["messageId"]: message["seq"] for message in page}
    if len({ack["seq"] for ack in acks}) != 2 * EACH:
        raise Wrong("two messages have one seq")
    if any(logged.get(ack["messageId"]) != ack["seq"] for ack in acks):
        raise Wrong("the log has another order than the acks")
    seqs = [message["seq"] for message in page]
    if seqs != list(range(before + 1, before + 1 + len(seqs))):
        raise Wrong("the log has a hole, or is out of order")
    return f"{2 * EACH} messages, ack after {_ms(statistics.median(waits))} (median)"


def who_comes_back_misses_nothing(target: Target) -> str:
    """Leave, have something said meanwhile, come back with a cursor: once by hello, once later."""
    with target.enter(OTHER) as reader:
        room = reader.hello()["rooms"][0]
    with target.enter(PERSON) as person:
        person.hello()
        said = [_say(person)["messageId"] for _ in range(3)]
        cursor = {"epoch": room["epoch"], "after": room["head"]}
        with target.enter(OTHER) as reader:
            by_hello = reader.hello(resume={"general": cursor})["resumed"]
            later = reader.must("resume", "resumed", room="general", **cursor)
        strange = person.must("resume", "resumed", room="general", epoch="another", after=0)
    for how, answer in (("hello", by_hello[0] if by_hello else {}), ("resume", later)):
        found = [event["messageId"] for event in answer.get("events", [])]
        if [one for one in found if one in said] != said or len(set(found)) != len(found):
            raise Wrong(f"{how} did not tell exactly what was missed")
    if strange.get("reset") is not True:
        raise Wrong("a cursor into another log is taken for one of this")
    return "3 messages, in order, once"


def history_can_be_read_page_by_page(target: Target) -> str:
    """Read three messages back in pages of two, and forth again."""
    with target.enter(PERSON) as person:
        person.hello()
        first = min(_say(person)["seq"] for _ in range(3))
        newest = person.must("getHistory", "history", limit=2)
        older = person.must("getHistory", "history", limit=2, before=newest["prev"])
        forth = person.must("getHistory", "history", limit=100, after=first - 1)
    back = [message["seq"] for message in [*newest["messages"], *older["messages"]]]
    if back != list(range(back[0], back[0] - len(back), -1)):
        raise Wrong("two pages don't follow each other without a hole")
    seqs = [message["seq"] for message in forth["messages"]]
    if seqs[:3] != [first, first + 1, first + 2]:
        raise Wrong("reading forth is not reading back, turned around")
    return "two pages back, one forth"


def _say(person: Client, text: str = TEXT, *, nonce: str | None = None) -> Frame:
    """Send a message under a nonce that nobody else has."""
    return person.must("sendMessage", "ack", message=text, nonce=nonce or secrets.token_urlsafe(16))


def _pushed(reader: Client, ack: Frame) -> Frame:
    """Wait for the push of a message, and see that it comes once."""
    wanted = ack["messageId"]
    push = reader.told(lambda frame: frame.get("messageId") == wanted, "the push of a message")
    others = [frame for frame in reader.pushes if frame is not push]
    if any(frame.get("messageId") == wanted for frame in others):
        raise Wrong("a message was pushed twice")
    return push


def _at_once(works: Sequence[Callable[[], object]]) -> None:
    """Do several things at the same moment; the first failure counts."""
    together = threading.Barrier(len(works))
    failures: list[Exception] = []

    def run(work: Callable[[], object]) -> None:
        together.wait()
        try:
            work()
        except Exception as failure:  # noqa: BLE001 - raised again below
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _ms(seconds: float) -> str:
    return f"{seconds * 1_000:,.0f} ms"
