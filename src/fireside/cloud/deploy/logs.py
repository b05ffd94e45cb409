"""`fireside logs`: what the functions logged, a readable line each. Nobody's words are in it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fireside.cloud.deploy.context import World
from fireside.cloud.deploy.session import Opened, Opening
from fireside.cloud.deploy.stage import Stage
from fireside.cloud.sdk import AwsError
from fireside.console.exits import CannotStart, ExitCode
from fireside.console.logs import printable

PAUSE_SECONDS = 3.0
LATE_MS = 10_000
"""Lines come in late and out of order, so a look back is taken each time."""

_KNOWN = {"time", "timestamp", "level", "logger", "message", "requestId", "type"}

Event = tuple[int, str, str, str]
"""When (ms), whose, CloudWatch's id, and what was logged."""


def logs(
    stage: Stage, world: World, *, functions: Sequence[str], since_seconds: float, follow: bool
) -> int:
    """Print lines from that long ago on; with `follow`, go on until Ctrl-C.

    Raises:
        CannotStart: AWS can't be asked, or there is no such function.
    """
    opened = Opening(stage, world, f"fireside logs {stage.options}").open()
    groups = _groups(opened, functions)
    start = int((world.now() - since_seconds) * 1_000)
    seen: dict[tuple[str, str], int] = {}
    while True:
        newest = start
        for moment, name, event_id, text in _events(opened, groups, start):
            newest = max(newest, moment)
            if (name, event_id) not in seen:
                seen[name, event_id] = moment
                line = readable(name, moment, text)
                if line is not None:
                    world.tell(line)
        if not follow:
            return int(ExitCode.OK)
        start = max(start, newest - LATE_MS)
        seen = {one: moment for one, moment in seen.items() if moment >= start}
        world.pause(PAUSE_SECONDS)


def readable(name: str, moment_ms: int, text: str) -> str | None:
    """Write one line; None for what nobody reads, such as metrics."""
    time = datetime.fromtimestamp(moment_ms / 1_000, UTC).astimezone().strftime("%m-%d %H:%M:%S")
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        return f"{time} {name:<10} {'':7} {printable(text.strip())}"
    if "_aws" in fields:
        return None
    if str(fields.get("type", "")).startswith("platform."):
        return f"{time} {name:<10} {'':7} {_platform(fields)}"
    level = str(fields.get("level", "info")).lower()
    rest = "".join(
        f"  {key}={printable(str(value))}" for key, value in fields.items() if key not in _KNOWN
    )
    said = printable(str(fields.get("message", "")))
    return f"{time} {name:<10} {level:7} {said}{rest}"


def _platform(fields: Mapping[str, Any]) -> str:
    """Write what Lambda itself says."""
    record = fields.get("record") or {}
    metrics = record.get("metrics") or {}
    facts = {
        "status": record.get("status"),
        "errorType": record.get("errorType"),
        "ms": metrics.get("durationMs"),
        "MB": metrics.get("maxMemoryUsedMB"),
        "initMs": metrics.get("initDurationMs"),
    }
    shown = "".join(f"  {key}={value}" for key, value in facts.items() if value is not None)
    return f"{str(fields['type']).removeprefix('platform.')}{shown}"


def _groups(opened: Opened, functions: Sequence[str]) -> dict[str, str]:
    """Find the log groups by the functions' names: all of them, unless some are named."""
    known: Mapping[str, str] = opened.outputs.get("log_groups") or {}
    if not known:
        part = "Only a part" if opened.outputs else "Nothing"
        sentence = (
            f"{part} of {opened.stage.prefix} is on AWS, and no log is known: "
            f"fireside deploy {opened.stage.options}"
        )
        raise CannotStart(sentence, ExitCode.CLOUD)
    strange = [name for name in functions if name not in known]
    if strange:
        sentence = f"There is no {strange[0]}; there are {', '.join(sorted(known))}."
        raise CannotStart(sentence, ExitCode.USAGE)
    return {name: known[name] for name in functions or sorted(known)}


def _events(opened: Opened, groups: Mapping[str, str], start: int) -> list[Event]:
    """Read what all of them logged since then, in order."""
    return sorted(
        event for name, group in groups.items() for event in _of(opened, name, group, start)
    )


def _of(opened: Opened, name: str, group: str, start: int) -> Iterator[Event]:
    pages = opened.aws.pages(
        "logs", "filter_log_events", opened.region, logGroupName=group, startTime=start
    )
    try:
        for page in pages:
            for event in page.get("events", []):
                yield event["timestamp"], name, event["eventId"], event["message"]
    except AwsError as refusal:
        raise CannotStart(f"The log {group} can't be read: {refusal}", ExitCode.CLOUD) from refusal
