"""`fireside cost`: a month's bill with its arithmetic, beside the usual design's."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

from fireside.cloud.cost import bars, bill, prices
from fireside.cloud.cost.bars import Point
from fireside.cloud.cost.bill import Line
from fireside.cloud.cost.usage import Habits, scaled

_PEOPLE = (5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
_BRIEFLY = 100  # from here on, no digits behind the point
_CENT = 0.01


def habits(said: Mapping[str, object]) -> Habits:
    """Take what was said of people's habits; the rest is as by default."""
    known = {field.name for field in fields(Habits)}
    given = {key: value for key, value in said.items() if key in known and value is not None}
    return Habits(**given)  # type: ignore[arg-type] # the command line checked them


def report(habits: Habits, *, free_tier: bool = True) -> str:
    """Write the bill for people."""
    ours, naive = bill.ours(habits, free_tier=free_tier), bill.naive(habits, free_tier=free_tier)
    said = [
        (
            f"{habits.users:,} people, {habits.messages_per_day:,g} messages a day, "
            f"{habits.hours:g} hours on {habits.days:g} days, {habits.room:,.0f} in the room"
        ),
        f"List prices of {prices.REGION} as of {prices.AS_OF}, never compared with a real bill",
        "",
        *table(ours),
        "",
        (
            f"The usual design (a Scan for each message, everything to everybody): "
            f"${bill.total(naive):,.2f}"
        ),
        f"A small server that runs the same code: about ${prices.SERVER_DOLLARS:,.2f}",
        "",
        bars.text(points(habits, free_tier=free_tier)),
        "",
        "Free tiers" if free_tier else "Free tiers, not counted above",
        *(f"  {sentence}" for sentence in prices.FREE_TIERS),
    ]
    return "\n".join(said)


def as_json(habits: Habits, *, free_tier: bool = True) -> str:
    """Write the same for programs."""
    ours, naive = bill.ours(habits, free_tier=free_tier), bill.naive(habits, free_tier=free_tier)
    document = {
        "region": prices.REGION,
        "asOf": prices.AS_OF,
        "freeTier": free_tier,
        "serverDollars": prices.SERVER_DOLLARS,
        "dollars": round(bill.total(ours), 4),
        "lines": [_facts(line) for line in ours],
        "naive": {
            "dollars": round(bill.total(naive), 4),
            "lines": [_facts(line) for line in naive],
        },
        "points": [point._asdict() for point in points(habits, free_tier=free_tier)],
    }
    return json.dumps(document, indent=2)


def table(found: Sequence[Line]) -> Iterator[str]:
    """Write a bill's lines with their arithmetic, those of which there is nothing left out."""
    for line in found:
        if line.quantity > 0:
            yield f"{line.price.service:<12} {_arithmetic(line):<74} ${line.dollars:>9,.4f}"
    together = bill.total(found)
    digits = 2 if together >= _CENT else 4
    yield f"{'Together':<12} {'':<74} ${together:>9,.{digits}f}"


def points(habits: Habits, *, free_tier: bool = True) -> list[Point]:
    """Reckon the bill for other numbers of people who do the same."""
    return [
        Point(
            people,
            bill.total(bill.ours(other, free_tier=free_tier)),
            bill.total(bill.naive(other, free_tier=free_tier)),
        )
        for people in sorted({*_PEOPLE, habits.users})
        for other in [scaled(habits, people)]
    ]


def _arithmetic(line: Line) -> str:
    free = f" - {_number(min(line.free, line.quantity))} free" if line.free else ""
    per = "a million" if line.price.per > 1 else "each"
    return f"{_number(line.quantity)} {line.price.unit}{free} x ${line.price.dollars:g} {per}"


def _number(quantity: float) -> str:
    return (
        f"{quantity:,.0f}"
        if quantity >= _BRIEFLY or quantity == int(quantity)
        else f"{quantity:.3f}"
    )


def _facts(line: Line) -> dict[str, object]:
    return {
        "service": line.price.service,
        "unit": line.price.unit,
        "quantity": round(line.quantity, 6),
        "free": line.free,
        "price": line.price.dollars,
        "per": line.price.per,
        "dollars": round(line.dollars, 6),
        "source": line.price.source,
    }
