"""`fireside logs`: the functions' logs, one line per event. They have no text of messages."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.session import ConnectedStage, StageSession
from fireside.cloud.deploy.stage import Stage
from fireside.cloud.sdk import AwsError
from fireside.console.exits import CannotStart, ExitCode
from fireside.console.logs import printable

PAUSE_SECONDS = 3.0
LATE_MS = 10_000
"""Events arrive late and out of order, so each read starts this much before the newest."""

_KNOWN = {"time", "timestamp", "level", "logger", "message", "requestId", "type"}

Event = tuple[int, str, str, str]
"""The time in milliseconds, the function, CloudWatch's id, and the text."""


def logs(
    stage: Stage,
    context: DeployContext,
    *,
    functions: Sequence[str],
    since_seconds: float,
    follow: bool,
) -> int:
    """Print the events of the last `since_seconds`; with `follow`, continue until Ctrl-C.

    Raises:
        CannotStart: The logs can't be read, or there is no such function.
    """
    connected = StageSession(stage, context, f"fireside logs {stage.command_options}").connect()
    groups = _groups(connected, functions)
    start = int((context.now() - since_seconds) * 1_000)
    seen: dict[tuple[str, str], int] = {}
    while True:
        newest = start
        for moment, name, event_id, text in _events(connected, groups, start):
            newest = max(newest, moment)
            if (name, event_id) not in seen:
                seen[name, event_id] = moment
                line = format_event(name, moment, text)
                if line is not None:
                    context.print_result(line)
        if not follow:
            return int(ExitCode.OK)
        start = max(start, newest - LATE_MS)
        seen = {one: moment for one, moment in seen.items() if moment >= start}
        context.pause(PAUSE_SECONDS)


def format_event(name: str, moment_ms: int, text: str) -> str | None:
    """Return an event as one line; None for metrics, which are not for reading."""
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
    fields_text = "".join(
        f"  {key}={printable(str(value))}" for key, value in fields.items() if key not in _KNOWN
    )
    message = printable(str(fields.get("message", "")))
    return f"{time} {name:<10} {level:7} {message}{fields_text}"


def _platform(fields: Mapping[str, Any]) -> str:
    """Return an event of Lambda itself as text."""
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


def _groups(connected: ConnectedStage, functions: Sequence[str]) -> dict[str, str]:
    """Return the log groups by function: of all functions, unless some are named.

    Raises:
        CannotStart: There are no logs, or there is no such function.
    """
    known: Mapping[str, str] = connected.outputs.get("log_groups") or {}
    if not known:
        part = "Only a part" if connected.outputs else "Nothing"
        sentence = (
            f"{part} of {connected.stage.prefix} is deployed, and it has no logs: "
            f"fireside deploy {connected.stage.command_options}"
        )
        raise CannotStart(sentence, ExitCode.CLOUD)
    unknown = [name for name in functions if name not in known]
    if unknown:
        sentence = f"There is no {unknown[0]}; there are {', '.join(sorted(known))}."
        raise CannotStart(sentence, ExitCode.USAGE)
    return {name: known[name] for name in functions or sorted(known)}


def _events(connected: ConnectedStage, groups: Mapping[str, str], start: int) -> list[Event]:
    """Return the events of all log groups since `start`, in order."""
    return sorted(
        event
        for name, group in groups.items()
        for event in _group_events(connected, name, group, start)
    )


def _group_events(connected: ConnectedStage, name: str, group: str, start: int) -> Iterator[Event]:
    pages = connected.aws.pages(
        "logs", "filter_log_events", connected.region, logGroupName=group, startTime=start
    )
    try:
        for page in pages:
            for event in page.get("events", []):
                yield event["timestamp"], name, event["eventId"], event["message"]
    except AwsError as error:
        raise CannotStart(f"The log {group} can't be read: {error}", ExitCode.CLOUD) from error
