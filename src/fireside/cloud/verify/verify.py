"""`fireside verify --url`: check a chat from outside, and write a report to share.

It ends after ten minutes or five cents, whichever comes first.
"""

import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from fireside.cloud.cost import bill
from fireside.cloud.cost.usage import MEMORY_GB, Usage
from fireside.cloud.verify import checks as read_only
from fireside.cloud.verify import message_checks
from fireside.cloud.verify.checks import CheckSkipped, Seen
from fireside.cloud.verify.client import BudgetExceeded, CheckFailed, MessageBudget, Target
from fireside.cloud.verify.report import Report, Result, Verdict, line, write
from fireside.console.exits import CannotStart, ExitCode
from fireside.console.terminal import Terminal
from fireside.domain.invite import secret_in

MAX_SECONDS = 540.0
"""After which no check starts, so that all end within ten minutes."""

MAX_DOLLARS = 0.05
"""What AWS may bill for a run."""

ChatCheck = Callable[[Target], str | Seen]
"""Returns what it observed, as Seen if that proves nothing; raises CheckFailed, or CheckSkipped."""

READ_ONLY_CHECKS: Sequence[ChatCheck] = (
    read_only.a_plain_get_is_told_to_upgrade,
    read_only.a_handshake_without_an_invite_is_refused,
    read_only.a_handshake_without_a_name_is_refused,
    read_only.a_handshake_with_an_invalid_name_is_refused,
    read_only.other_origins_are_refused,
    read_only.the_subprotocol_is_agreed_and_the_invite_is_not_echoed,
    read_only.compression_is_not_negotiated,
    read_only.hello_returns_the_user_and_the_rooms,
    read_only.names_arrive_as_they_were_sent,
    read_only.ping_returns_the_heads_of_the_rooms,
    read_only.invalid_frames_get_errors_and_the_connection_stays_open,
    read_only.a_deeply_nested_frame_harms_no_other_connection,
    read_only.a_frame_of_32_kb_is_accepted,
    read_only.a_frame_above_32_kb_closes_the_connection,
    read_only.a_message_above_128_kb_closes_the_connection,
    read_only.a_binary_frame_closes_the_connection,
    read_only.invalid_utf8_closes_the_connection,
)
"""They leave nothing in the room."""

MESSAGE_CHECKS: Sequence[ChatCheck] = (
    message_checks.a_message_reaches_every_connection,
    message_checks.text_is_stored_as_it_was_sent,
    message_checks.a_repeated_nonce_is_one_message,
    message_checks.concurrent_sends_of_a_nonce_are_one_message,
    message_checks.two_senders_see_one_order,
    message_checks.a_reconnect_misses_nothing,
    message_checks.history_can_be_read_in_pages,
)
"""They send messages to the room."""

MESSAGES_SENT = 20
"""How many messages those leave in the room."""


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """The options of `fireside verify`, except the URL."""

    invite: str | None = field(default=None, repr=False)
    out: Path = Path()
    read_only: bool = False
    """Whether to send no message."""
    yes: bool = False
    """Whether to send messages without asking."""


def run(url: str, options: VerifyOptions, terminal: Terminal) -> int:
    """Check a chat, write the report, and return the exit code.

    Raises:
        CannotStart: The URL is invalid, the person did not confirm, or no report can be written.
    """
    socket_url, invite = address(url, options.invite)
    if not (options.read_only or options.yes):
        _confirm(terminal)
    report = verify(
        Target(socket_url, invite, message_budget()),
        lambda result: terminal.print_progress(line(result)),
        checks=READ_ONLY_CHECKS if options.read_only else (*READ_ONLY_CHECKS, *MESSAGE_CHECKS),
    )
    for file in write(report, options.out):
        terminal.print_result(str(file))
    return int(ExitCode.OK if report.is_good else ExitCode.UNEXPECTED)


def address(url: str, invite: str | None) -> tuple[str, str | None]:
    """Return the socket's URL and the invite's secret, from either a socket's URL or a link.

    Raises:
        CannotStart: It is neither, or the invite is invalid.
    """
    parts = urlsplit(url)
    scheme = {"wss": "wss", "https": "wss", "ws": "ws", "http": "ws"}.get(parts.scheme)
    if scheme is None or not parts.hostname:
        sentence = "--url takes the socket's URL, wss://HOST/ws, or an invite's link."
        raise CannotStart(sentence, ExitCode.USAGE)
    path = f"{parts.path or '/'}ws" if parts.path[-1:] in {"", "/"} else parts.path
    given = invite or (parts.fragment if "invite=" in parts.fragment else None)
    secret = None if given is None else secret_in(given)
    if given is not None and secret is None:
        sentence = (
            "The invite is invalid: give the link that `fireside invite` or a deploy printed."
        )
        raise CannotStart(sentence, ExitCode.USAGE)
    return f"{scheme}://{parts.netloc}{path}", secret


def verify(
    target: Target,
    on_result: Callable[[Result], object],
    *,
    checks: Sequence[ChatCheck] = (*READ_ONLY_CHECKS, *MESSAGE_CHECKS),
    clock: Callable[[], float] = time.monotonic,
) -> Report:
    """Run the checks one after the other, within the time and the message budget.

    `clock` returns seconds, and `on_result` gets each result at once.
    """
    started = clock()
    results: list[Result] = []
    for check in checks:
        before = clock()
        result = _result(check, target, left=MAX_SECONDS - (before - started), clock=clock)
        results.append(result)
        on_result(result)
    budget = target.budget
    return Report(
        datetime.now(UTC).isoformat(timespec="seconds"),
        version("fireside"),
        f"{platform.python_version()} on {platform.system()}",
        service(target.url),
        round(clock() - started, 1),
        budget.messages,
        round(dollars(budget.messages, budget.minutes), 4),
        results,
    )


def message_budget() -> MessageBudget:
    """Return a budget of as many messages as MAX_DOLLARS pay for."""
    return MessageBudget(int(MAX_DOLLARS / dollars(1, 0)))


def dollars(messages: int, minutes: float) -> float:
    """Return an upper bound of the bill: each message the most expensive one, and no free tier."""
    used = Usage(
        messages=messages,
        connection_minutes=minutes,
        requests=messages,
        gb_seconds=messages * bill.MAX_CALL_SECONDS * MEMORY_GB,
        write_units=messages * bill.MAX_WRITE_UNITS,
        read_units=messages * bill.MAX_READ_UNITS,
    )
    return bill.total(bill.lines(used, free_tier=False))


def service(url: str) -> str:
    """Return which service an address belongs to, without the address."""
    host = urlsplit(url).hostname or ""
    known = ("cloudfront.net", "amazonaws.com")
    named = next((one for one in known if host.endswith(f".{one}")), None)
    if named == "amazonaws.com":
        return " ".join(["API Gateway", *host.split(".")[2:3]])
    if named is not None:
        return "CloudFront"
    is_here = host in {"localhost", "::1"} or host.startswith("127.")
    return "this machine" if is_here else "a custom domain"


def _confirm(terminal: Terminal) -> None:
    """Ask whether the messages of the checks may stay in the room."""
    question = (
        f"{MESSAGES_SENT} messages are sent to the room and stay there. Type verify to continue: "
    )
    answer = terminal.ask(question)
    if answer is None:
        sentence = (
            f"{MESSAGES_SENT} messages would stay in the room: "
            "add --yes, or --read-only to send none."
        )
        raise CannotStart(sentence, ExitCode.USAGE)
    if answer != "verify":
        raise CannotStart("Nothing was checked.")


def _result(check: ChatCheck, target: Target, *, left: float, clock: Callable[[], float]) -> Result:
    started = clock()
    name = check.__name__.replace("_", " ")
    verdict, found = _outcome(check, target) if left > 0 else ("skip", "no time left")
    return Result(name, verdict, found, round(clock() - started, 2))


def _outcome(check: ChatCheck, target: Target) -> tuple[Verdict, str]:
    try:
        found = check(target)
        return ("seen", found.found) if isinstance(found, Seen) else ("ok", found)
    except CheckSkipped as why:
        return "skip", str(why)
    except BudgetExceeded as why:
        return "skip", f"it would cost too much: {why}"
    except CheckFailed as why:
        return "fail", str(why)
    except (KeyError, IndexError, TypeError) as why:  # a frame of another form
        return "fail", f"a frame has another form than documented ({type(why).__name__}: {why})"
