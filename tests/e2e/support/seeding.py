"""Rooms with a past: messages put straight into the store."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from fireside.domain.message import Draft
from fireside.domain.names import LOBBY
from fireside.server.data_folder import open_store

START_MS = 1_780_000_000_000
MINUTE_MS = 60_000
MORNING_MS = 1_780_646_000_000  # a Friday in June, ten to eight at Greenwich
TALK = (
    ("Tomasz", "I can bring the big cast-iron pot and two bags of dry birch.", -11 * 60),
    ("Sam Bakare", "Morning! The ferry timetable changed, last boat is now **18:40**.", 0),
    (
        "Sam Bakare",
        "So cars need to leave by three. Timetable: https://lakeferry.example/summer",
        1,
    ),
    ("Ines Moreau", "Then I'd rather take the early one. Here is what the script gave me:", 8),
    (
        "Ines Moreau",
        '```\n$ fireside ask lodge "who eats what"\n10 people   2 vegan   1 no nuts\n```',
        8,
    ),
    ("Ada Kestrel", "Yes, one seat left and it is yours. I'll pass by the station at 13:45.", 53),
)
"""Who said what, and how many minutes after eight or so; what the mock shows."""


Said = tuple[str, str, int]
"""Who, what, when in ms."""


def drafts(said: Iterable[Said]) -> Iterator[Draft]:
    """Make of it what a store takes, in this order."""
    for number, (name, text, at) in enumerate(said):
        yield Draft(LOBBY, name.casefold(), name, text, f"seed-{number}", None, at, number)


def seed(data: Path, said: Iterable[Said]) -> None:
    """Keep it in the store of one machine, before its server starts."""
    store = open_store(data)
    store.begin()
    for draft in drafts(said):
        store.append(draft)
    store.commit()
    store.close()


def many(count: int) -> Iterator[Said]:
    """Have `count` messages of different lengths said by three people, a minute apart."""
    names = ("Tomasz", "Priya", "Sam")
    for number in range(1, count + 1):
        yield names[number // 4 % 3], words(number), START_MS + number * MINUTE_MS


def seed_many(data: Path, count: int) -> None:
    """Keep `many` of them."""
    seed(data, many(count))


def seed_talk(data: Path, *later: Said) -> None:
    """Keep the talk of the mock, and what came later."""
    said = [*TALK, *later]
    seed(data, ((who, text, MORNING_MS + minute * MINUTE_MS) for who, text, minute in said))


def words(number: int) -> str:
    """Return what message `number` says: from one line to six."""
    return f"message {number} " + "the last boat leaves at seven " * (number * 7 % 11)


def moment(text: str) -> int:
    """Return an ISO time as epoch milliseconds."""
    return int(datetime.fromisoformat(text).timestamp() * 1_000)
