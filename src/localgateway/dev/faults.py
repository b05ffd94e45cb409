"""Inject faults: what a network and a busy cloud do now and then, when you ask for it.

Each fault draws from a random sequence of its own, so the n-th post of a run is treated as the
seed's n-th, whatever else happens. Nothing here runs unless a plan was given.
"""

import asyncio
import contextlib
import json
import os
import random
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple, Protocol, TypeGuard

from localgateway.functions.runner import Completed, MakeRunner, OnCompleted, Runner
from localgateway.machine.actions import Invoke
from localgateway.platform.handover import Handover

GONE, THROTTLED = 410, 429
REORDER_SECONDS = 0.2
"""How long a post that is to be overtaken waits for one that overtakes it."""

TOO_LATE_SECONDS = 30.0
"""How long a late answer is kept: longer than any integration may take."""

_MOST_MILLIS = 3_600_000
_FAULTS = {
    "delay": "delayMillis",
    "drop": None,
    "double": None,
    "reorder": None,
    "gone": None,
    "throttle": None,
    "coldStart": "coldStartMillis",
    "timeout": None,
    "cut": "cutMillis",
}
"""Every fault, and the key that says how long it takes."""

_MILLIS = {"delayMillis": (50, 500), "coldStartMillis": (300, 1_500), "cutMillis": (5_000, 30_000)}


class FaultsError(Exception):
    """The plan can't be used. The text names the place and what to do."""


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often a fault happens: with a chance, or at exactly these turns; the first is 1."""

    chance: float = 0.0
    turns: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """How often each fault happens, and between which two lengths its times lie."""

    when: Mapping[str, Frequency] = field(default_factory=dict)
    millis: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    seed: int = 0


def read(source: str) -> Plan:
    """Return the plan in a JSON file, or in text like `drop=0.1,delay=1,delayMillis=50-400`.

    Raises:
        FaultsError: It can't be read, or something in it is not known.
    """
    if "=" in source and not os.path.isfile(source):  # noqa: PTH113 - Path raises for long texts
        return _plan(_from_text(source), "--faults")
    try:
        return _plan(json.loads(Path(source).read_bytes()), source)
    except OSError as cause:
        raise FaultsError(
            f"{source}: it can't be read ({cause.strerror}). Check the path."
        ) from cause
    except ValueError as cause:
        raise FaultsError(
            f"{source}: it is not JSON ({cause}). Correct the syntax there."
        ) from cause


class Delivery(NamedTuple):
    """How one post is delivered: how often, how late, and whether a later one overtakes it."""

    copies: int
    delay_seconds: float
    overtaken: bool


class Faults:
    """Decides what goes wrong; each call is the next turn of its faults."""

    def __init__(self, plan: Plan) -> None:
        self._sequences = {kind: _Sequence(plan, kind) for kind in _FAULTS}

    def delivery(self) -> Delivery:
        """Return how the next post is delivered."""
        dropped, doubled = self._happens("drop"), self._happens("double")
        delay, overtaken = self._seconds("delay"), self._happens("reorder")
        return Delivery(0 if dropped else 1 + doubled, delay or 0.0, overtaken)

    def post_error(self) -> int | None:
        """Return the status with which the next post to @connections is refused, or None."""
        gone, throttled = self._happens("gone"), self._happens("throttle")
        return GONE if gone else THROTTLED if throttled else None

    def cold_start(self) -> float:
        """Return how many seconds pass before the next invocation starts."""
        return self._seconds("coldStart") or 0.0

    def times_out(self) -> bool:
        """Return whether the next invocation's result comes too late."""
        return self._happens("timeout")

    def lifetime(self) -> float | None:
        """Return after how many seconds the next connection is cut, or None."""
        return self._seconds("cut")

    def _happens(self, kind: str) -> bool:
        return self._sequences[kind].draw() is not None

    def _seconds(self, kind: str) -> float | None:
        return self._sequences[kind].draw()


class _Sequence:
    """The turns of one fault, with a random sequence of its own."""

    def __init__(self, plan: Plan, kind: str) -> None:
        self._when = plan.when.get(kind, Frequency())
        length = _FAULTS[kind] or ""
        self._millis = plan.millis.get(length) or _MILLIS.get(length, (0, 0))
        self._random = random.Random(f"{plan.seed}:{kind}")  # noqa: S311 - to be repeated, no secret
        self._turn = 0

    def draw(self) -> float | None:
        """Return how long the fault takes, or None when it does not happen this turn.

        It draws the same random numbers either way, so that later turns stay the same.
        """
        self._turn += 1
        drawn, seconds = self._random.random(), self._random.uniform(*self._millis) / 1000
        is_due = drawn < self._when.chance or self._turn in self._when.turns
        return seconds if is_due else None


class FaultyRunner:
    """A runner whose functions start cold now and then, or return after their timeout.

    The function of a late result has run to its end, as on AWS.
    """

    def __init__(self, make_runner: MakeRunner, faults: Faults, on_completed: OnCompleted) -> None:
        self._runner = make_runner(on_completed=self._completed)
        self._faults = faults
        self._on_completed = on_completed
        self._late: set[int] = set()
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop
        self._handover: Handover[list[Completed]]

    @property
    def functions(self) -> Collection[str]:
        """The names of the functions that the runner itself can call."""
        return self._runner.functions

    def start(self) -> None:
        """Start the runner."""
        self._loop = asyncio.get_running_loop()
        self._handover = Handover(self._pass_on_later, self._loop)
        self._runner.start()

    def submit(self, invocation: Invoke) -> None:
        """Submit an invocation, after a cold start if there is one."""
        if self._faults.times_out():
            self._late.add(invocation.invocation_id)
        seconds = self._faults.cold_start()
        if seconds > 0:
            self._loop.call_later(seconds, self._begin, invocation)
        else:
            self._runner.submit(invocation)

    def stop(self, timeout_seconds: float) -> bool:
        """Stop the runner; what waits for its cold start is dropped."""
        self._stopping = True
        return self._runner.stop(timeout_seconds)

    def _begin(self, invocation: Invoke) -> None:
        if not self._stopping:
            self._runner.submit(invocation)

    def _pass_on_later(self, late: list[Completed]) -> None:
        self._loop.call_later(TOO_LATE_SECONDS, self._on_completed, late)

    def _completed(self, batch: list[Completed]) -> None:
        """Pass on what ended, and keep what is late; called on any thread."""
        late = [done for done in batch if done.invocation.invocation_id in self._late]
        self._late.difference_update(done.invocation.invocation_id for done in late)
        if late:
            with contextlib.suppress(RuntimeError):  # the loop is gone, and its connections with it
                self._handover.put(late)
        in_time = [done for done in batch if done not in late]
        if in_time:
            self._on_completed(in_time)


def slow(make_runner: MakeRunner, faults: Faults) -> MakeRunner:
    """Return a runner's maker with functions that start cold and return late, as `faults` says."""

    def make(*, on_completed: OnCompleted) -> Runner:
        return FaultyRunner(make_runner, faults, on_completed)

    return make


class Clock(Protocol):
    """The part of an event loop that is needed."""

    def time(self) -> float: ...
    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> object: ...


class FaultyDelivery:
    """Sends frames to connections with faults; only the faults asked for change their order."""

    def __init__(self, faults: Faults, clock: Clock, send: Callable[[str, bytes], object]) -> None:
        self._faults = faults
        self._clock = clock
        self._send = send
        self._queues: dict[str, deque[bytes]] = {}
        self._due: dict[str, float] = {}
        self._overtaken: dict[str, list[bytes]] = {}

    def send(self, connection_id: str, frame: bytes) -> None:
        """Send a frame as its delivery says."""
        delivery = self._faults.delivery()
        frames = [frame] * delivery.copies
        if delivery.overtaken and frames:
            self._overtaken.setdefault(connection_id, []).extend(frames)
            self._clock.call_at(
                self._clock.time() + REORDER_SECONDS, self._send_overtaken, connection_id
            )
            return
        for each in frames:
            self._queue(connection_id, each, delivery.delay_seconds)
        if frames:
            self._send_overtaken(connection_id)

    def _send_overtaken(self, connection_id: str) -> None:
        """Send what was to be overtaken: another frame overtook it, or none came in time."""
        for frame in self._overtaken.pop(connection_id, ()):
            self._queue(connection_id, frame, 0.0)

    def _queue(self, connection_id: str, frame: bytes, delay_seconds: float) -> None:
        """Send now, or behind what waits already: a delay alone overtakes nothing."""
        queue = self._queues.get(connection_id)
        if queue is None:
            if delay_seconds == 0:
                self._send(connection_id, frame)
                return
            queue = self._queues[connection_id] = deque()
        queue.append(frame)
        due = max(self._due.get(connection_id, 0.0), self._clock.time() + delay_seconds)
        self._due[connection_id] = due
        self._clock.call_at(due, self._next, connection_id)

    def _next(self, connection_id: str) -> None:
        queue = self._queues[connection_id]
        self._send(connection_id, queue.popleft())
        if not queue:
            del self._queues[connection_id], self._due[connection_id]


def _from_text(text: str) -> dict[str, object]:
    """Return `drop=0.1,delay=#3+7,delayMillis=50-400` as the object that a file would hold."""
    fields: dict[str, object] = {}
    for pair in text.split(","):
        key, _, value = pair.strip().partition("=")
        try:
            fields[key] = _value(key, value)
        except ValueError as cause:
            raise FaultsError(f"--faults: {key}: {value!r} is no number. {_HOW}") from cause
    return fields


_HOW = (
    "Write a chance (drop=0.1), turns (drop=#3+7) or lengths of time (delayMillis=50-400), "
    "with commas between."
)


def _value(key: str, value: str) -> object:
    if key in _MILLIS:
        return [int(number) for number in value.split("-")]
    if value.startswith("#"):
        return [int(number) for number in value[1:].split("+")]
    return int(value) if key == "seed" else float(value)


def _plan(document: object, source: str) -> Plan:
    if not isinstance(document, dict):
        raise FaultsError(f'{source}: an object is needed, like {{"drop": 0.1}}.')
    when, millis, seed = {}, {}, document.get("seed", 0)
    for key, value in document.items():
        if key in _FAULTS:
            when[key] = _when(value, f"{source}: {key}")
        elif key in _MILLIS:
            millis[key] = _lengths(value, f"{source}: {key}")
        elif key != "seed":
            near = get_close_matches(key, [*_FAULTS, *_MILLIS, "seed"], n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(_FAULTS)}."
            raise FaultsError(f"{source}: {key!r} is no fault. {hint}")
    if not _is_whole(seed):
        raise FaultsError(f"{source}: seed: {seed!r} is no whole number.")
    return Plan(when, millis, seed)


def _when(value: object, place: str) -> Frequency:
    if isinstance(value, list) and value and all(_is_whole(turn) and turn > 0 for turn in value):
        return Frequency(turns=frozenset(value))
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return Frequency(chance=float(value))
    raise FaultsError(
        f"{place}: {value!r} is neither a chance from 0 to 1 nor a list of turns like [3, 7]."
    )


def _lengths(value: object, place: str) -> tuple[int, int]:
    ends = value if isinstance(value, list) else [value]
    if ends and len(ends) <= 2 and all(_is_whole(n) and 0 <= n <= _MOST_MILLIS for n in ends):  # noqa: PLR2004 - a range has two ends
        return min(ends), max(ends)
    raise FaultsError(f"{place}: {value!r} is no length in milliseconds nor two like [50, 400].")


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
