"""The report of `fireside verify`: as Markdown for people, as JSON for programs.

It has no secrets, no text of messages, and of the address only which service it belongs to.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from fireside.console.exits import CannotStart, ExitCode

Verdict = Literal["ok", "fail", "seen", "skip"]
"""`seen` is no judgement: what AWS does there is documented nowhere."""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one check."""

    name: str
    verdict: Verdict
    found: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """The results of a run, and what identifies it."""

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


def line(result: Result) -> str:
    """Format one result as a line of text."""
    return f"{result.verdict:4}  {result.name}: {result.found} ({result.seconds:.1f} s)"


def markdown(report: Report) -> str:
    """Format the report as Markdown."""
    counts = dict.fromkeys(get_args(Verdict), 0)
    for result in report.results:
        counts[result.verdict] += 1
    return "\n".join(
        [
            f"# Chat verification: {'passed' if report.is_good else 'FAILED'}",
            "",
            f"- when: {report.date}, in {report.seconds:g} s",
            f"- with: fireside {report.version}, Python {report.python}",
            f"- where: {report.service}",
            f"- counted: {report.messages:,} messages, at most ${report.dollars:.4f}",
            (
                f"- checks: {counts['ok']} passed, {counts['fail']} failed, "
                f"{counts['seen']} seen, {counts['skip']} skipped"
            ),
            "",
            "| check | verdict | observed | seconds |",
            "|---|---|---|---:|",
            *(_row(result) for result in report.results),
            "",
            "This report has no secrets, no text of messages and no address.",
            "",
        ]
    )


def write(report: Report, folder: Path) -> tuple[Path, Path]:
    """Write the report as Markdown and as JSON, and return the two files.

    Raises:
        CannotStart: It can't be written.
    """
    stem = f"verify-{report.date[:19].replace(':', '').replace('T', '-')}"
    markdown_file, json_file = folder / f"{stem}.md", folder / f"{stem}.json"
    facts = asdict(report) | {"good": report.is_good, "results": list(map(asdict, report.results))}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        markdown_file.write_text(markdown(report), "utf-8")
        json_file.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    except OSError as cause:
        sentence = (
            f"Can't write the report to {folder} ({cause.strerror}): name another with --out."
        )
        raise CannotStart(sentence, ExitCode.DATA) from cause
    return markdown_file, json_file


def _row(result: Result) -> str:
    cells: Iterator[str] = (
        cell.replace("|", "\\|").replace("\n", " ")
        for cell in (result.name, result.verdict, result.found, f"{result.seconds:.1f}")
    )
    return f"| {' | '.join(cells)} |"
