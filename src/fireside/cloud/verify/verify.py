"""`fireside verify --url`: try a chat from outside, and write a report that people may send us.

It ends after ten minutes or five cents, whichever comes first. The report has no secrets, no
text that anybody said, and of the address only whose service it is.
"""

import json
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from fireside.cloud.cost import bill
from fireside.cloud.cost.usage import MEMORY_GB, Usage
from fireside.cloud.verify import checks, message_checks
from fireside.cloud.verify.checks import NotTried
from fireside.cloud.verify.client import Enough, Meter, Target, Wrong
from fireside.console.exits import CannotStart, ExitCode
from fireside.console.terminal import Terminal
from fireside.domain.invite import is_secret

MOST_SECONDS = 540.0
"""After which no trial begins, so that all is over within ten minutes."""

MOST_DOLLARS = 0.05

Trial = Callable[[Target], str]
Verdict = Literal["ok", "fail", "skip"]

QUIET: Sequence[Trial] = (
    checks.a_plain_get_is_told_to_upgrade,
    checks.nobody_enters_without_an_invite,
    checks.nobody_enters_without_a_proper_name,
    checks.pages_from_elsewhere_are_refused,
    checks.the_subprotocol_is_agreed_on_without_the_invite,
    checks.compression_is_not_agreed_on,
    checks.hello_tells_who_and_where_one_is,
    checks.ping_tells_where_the_rooms_end,
    checks.bad_frames_are_answered_and_the_connection_stays,
    checks.a_large_frame_is_taken,
    checks.a_larger_frame_closes,
    checks.a_larger_message_closes,
    checks.binary_closes,
    checks.what_is_not_utf8_closes,
)
"""They leave nothing behind."""

TALKING: Sequence[Trial] = (
    message_checks.a_message_reaches_everybody,
    message_checks.text_comes_back_as_it_was_sent,
    message_checks.a_repeated_nonce_is_one_message,
    message_checks.the_same_nonce_at_once_is_one_message,
    message_checks.two_senders_get_one_order,
    message_checks.who_comes_back_misses_nothing,
    message_checks.history_can_be_read_page_by_page,
)
"""They say something in the room."""

SAID = 20
"""How many messages those leave in the room."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asked for."""

    invite: str | None = field(default=None, repr=False)
    out: Path = Path()
    silent: bool = False
    yes: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What one trial came to."""

    name: str
    verdict: Verdict
    found: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """A run, whole."""

    date: str
    version: str
    python: str
    service: str
    seconds: float
    messages: int
    dollars: float
    results: Sequence[Result]

    @property
    def is_good(self) -> bool:
        return all(result.verdict != "fail" for result in self.results)


def run(url: str, wishes: Wishes, terminal: Terminal) -> int:
    """Try a chat, and write the report.

    Raises:
        CannotStart: The address makes no sense, nobody agreed, or there is no place for the report.
    """
    place, invite = address(url, wishes.invite)
    if not (wishes.silent or wishes.yes):
        _agree(terminal)
    trials = QUIET if wishes.silent else (*QUIET, *TALKING)
    allowed = meter()
    report = verify(
        Target(place, invite, allowed), lambda found: terminal.say(line(found)), chosen=trials
    )
    for file in write(report, wishes.out):
        terminal.tell(str(file))
    return int(ExitCode.OK if report.is_good else ExitCode.UNEXPECTED)


def address(url: str, invite: str | None) -> tuple[str, str | None]:
    """Find the socket and the invite in what was given: a socket's address, or an invite's link.

    Raises:
        CannotStart: It is neither.
    """
    parts = urlsplit(url)
    scheme = {"wss": "wss", "https": "wss", "ws": "ws", "http": "ws"}.get(parts.scheme)
    if scheme is None or not parts.hostname:
        sentence = "--url takes the socket's address, wss://HOST/ws, or an invite's link."
        raise CannotStart(sentence, ExitCode.USAGE)
    path = parts.path if parts.path.strip("/") else "/ws"
    found = invite or parse_qs(parts.fragment).get("invite", [None])[0]
    if found is not None and "#" in found:  # a link was given there
        found = parse_qs(urlsplit(found).fragment).get("invite", [None])[0]
    if found is not None and not is_secret(found):
        sentence = "That is no invite: give the link that `fireside invite` or a deploy printed."
        raise CannotStart(sentence, ExitCode.USAGE)
    return f"{scheme}://{parts.netloc}{path}", found


def verify(
    target: Target,
    found: Callable[[Result], object],
    *,
    chosen: Sequence[Trial] = (*QUIET, *TALKING),
    clock: Callable[[], float] = time.monotonic,
) -> Report:
    """Try everything, one trial after the other, within time and money."""
    started = clock()
    results: list[Result] = []
    for trial in chosen:
        before = clock()
        result = _tried(trial, target, left=MOST_SECONDS - (before - started), clock=clock)
        results.append(result)
        found(result)
    meter = target.meter
    return Report(
        datetime.now(UTC).isoformat(timespec="seconds"),
        version("fireside"),
        f"{platform.python_version()} on {platform.system()}",
        service(target.url),
        round(clock() - started, 1),
        meter.messages,
        round(dollars(meter.messages, meter.minutes), 4),
        results,
    )


def meter() -> Meter:
    """Allow as many messages as five cents pay for."""
    return Meter(int(MOST_DOLLARS / dollars(1, 0)))


def dollars(messages: int, minutes: float) -> float:
    """Bound what AWS charges: each message taken for the dearest there is, and nothing free."""
    used = Usage(
        messages=messages,
        connection_minutes=minutes,
        requests=messages,
        gb_seconds=messages * MEMORY_GB,
        write_units=messages * bill.MAX_WRITE_UNITS,
        read_units=messages * bill.MAX_READ_UNITS,
    )
    return bill.total(bill.lines(used, free_tier=False))


def service(url: str) -> str:
    """Say whose address it is, without saying which."""
    host = urlsplit(url).hostname or ""
    known = ("cloudfront.net", "amazonaws.com")
    named = next((one for one in known if host.endswith(f".{one}")), None)
    if named == "amazonaws.com":
        return " ".join(["API Gateway", *host.split(".")[2:3]])
    if named is not None:
        return "CloudFront"
    is_here = host in {"localhost", "::1"} or host.startswith("127.")
    return "this machine" if is_here else "a domain of its own"


def line(result: Result) -> str:
    """Write one result for people."""
    return f"{result.verdict:4}  {result.name}: {result.found} ({result.seconds:.1f} s)"


def markdown(report: Report) -> str:
    """Write the report for people."""
    counts = dict.fromkeys(("ok", "fail", "skip"), 0)
    for result in report.results:
        counts[result.verdict] += 1
    return "\n".join(
        [
            f"# A chat verified: {'good' if report.is_good else 'NOT good'}",
            "",
            f"- when: {report.date}, in {report.seconds:g} s",
            f"- with: fireside {report.version}, Python {report.python}",
            f"- where: {report.service}",
            f"- counted: {report.messages:,} messages, at most ${report.dollars:.4f}",
            f"- trials: {counts['ok']} good, {counts['fail']} failed, {counts['skip']} skipped",
            "",
            "| trial | verdict | seen | seconds |",
            "|---|---|---|---:|",
            *(_row(result) for result in report.results),
            "",
            "No secrets, no text that anybody said, and no address are in this report.",
            "",
        ]
    )


def write(report: Report, folder: Path) -> tuple[Path, Path]:
    """Write the report twice, for people and for programs, and return where.

    Raises:
        CannotStart: It can't be written.
    """
    stem = f"verify-{report.date[:19].replace(':', '').replace('T', '-')}"
    readable, whole = folder / f"{stem}.md", folder / f"{stem}.json"
    facts = asdict(report) | {"good": report.is_good, "results": list(map(asdict, report.results))}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        readable.write_text(markdown(report), "utf-8")
        whole.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    except OSError as cause:
        sentence = (
            f"Can't write the report to {folder} ({cause.strerror}): name another with --out."
        )
        raise CannotStart(sentence, ExitCode.DATA) from cause
    return readable, whole


def _agree(terminal: Terminal) -> None:
    """Have somebody know that the trials stay in the room."""
    question = f"{SAID} messages are said in the room, and stay there. Type verify to go on: "
    answer = terminal.ask(question)
    if answer is None:
        sentence = f"{SAID} messages would stay in the room: add --yes, or --read-only to say none."
        raise CannotStart(sentence, ExitCode.USAGE)
    if answer != "verify":
        raise CannotStart("Nothing was tried.")


def _tried(trial: Trial, target: Target, *, left: float, clock: Callable[[], float]) -> Result:
    started = clock()
    name = trial.__name__.replace("_", " ")
    verdict, found = _outcome(trial, target) if left > 0 else ("skip", "no time left")
    return Result(name, verdict, found, round(clock() - started, 2))


def _outcome(trial: Trial, target: Target) -> tuple[Verdict, str]:
    try:
        return "ok", trial(target)
    except NotTried as why:
        return "skip", str(why)
    except Enough as why:
        return "skip", f"it would cost too much: {why}"
    except Wrong as why:
        return "fail", str(why)
    except (KeyError, IndexError, TypeError) as why:  # a frame of another form
        return "fail", f"a frame has another form than documented ({type(why).__name__}: {why})"


def _row(result: Result) -> str:
    cells: Iterator[str] = (
        cell.replace("|", "\\|").replace("\n", " ")
        for cell in (result.name, result.verdict, result.found, f"{result.seconds:.1f}")
    )
    return f"| {' | '.join(cells)} |"
