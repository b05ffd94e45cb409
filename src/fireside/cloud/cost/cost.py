"""`fireside cost`: the bill of a month with its arithmetic, and that of the usual design."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

from fireside.cloud.cost import bars, bill, prices
from fireside.cloud.cost.bars import Point
from fireside.cloud.cost.bill import Line
from fireside.cloud.cost.usage import Workload, scale

_PEOPLE = (5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
_NO_DECIMALS_FROM = 100
_CENT = 0.01


def workload(options: Mapping[str, object]) -> Workload:
    """Return the workload that the options of the command line describe; the rest is default."""
    known = {field.name for field in fields(Workload)}
    given = {key: value for key, value in options.items() if key in known and value is not None}
    return Workload(**given)  # type: ignore[arg-type] # the command line checked them


def report(workload: Workload, *, free_tier: bool = True) -> str:
    """Return the bill as text."""
    ours, naive = (
        bill.monthly(workload, free_tier=free_tier),
        bill.naive(workload, free_tier=free_tier),
    )
    text = [
        (
            f"{workload.users:,} people, {workload.messages_per_day:,g} messages a day, "
            f"{workload.hours:g} hours on {workload.days:g} days, "
            f"{workload.in_room:,.0f} in the room"
        ),
        f"List prices of {prices.REGION} as of {prices.AS_OF}, never compared with a real bill",
        "",
        *table(ours),
        "",
        (
            f"The usual design (a Scan for each message, every message to every connection): "
            f"${bill.total(naive):,.2f}"
        ),
        f"A small server that runs the same code: about ${prices.SERVER_DOLLARS:,.2f}",
        "",
        bars.chart(points(workload, free_tier=free_tier)),
        "",
        "Free tiers" if free_tier else "Free tiers, not counted above",
        *(f"  {sentence}" for sentence in prices.FREE_TIERS),
    ]
    return "\n".join(text)


def as_json(workload: Workload, *, free_tier: bool = True) -> str:
    """Return the same as JSON."""
    ours, naive = (
        bill.monthly(workload, free_tier=free_tier),
        bill.naive(workload, free_tier=free_tier),
    )
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
        "points": [point._asdict() for point in points(workload, free_tier=free_tier)],
    }
    return json.dumps(document, indent=2)


def table(lines: Sequence[Line]) -> Iterator[str]:
    """Yield the lines of a bill with their arithmetic, except zero quantities, then the total."""
    for line in lines:
        if line.quantity > 0:
            yield f"{line.price.service:<12} {_arithmetic(line):<74} ${line.dollars:>9,.4f}"
    total = bill.total(lines)
    digits = 2 if total >= _CENT else 4
    yield f"{'Total':<12} {'':<74} ${total:>9,.{digits}f}"


def points(workload: Workload, *, free_tier: bool = True) -> list[Point]:
    """Return the bills of the same workload for other numbers of people."""
    return [
        Point(
            people,
            bill.total(bill.monthly(other, free_tier=free_tier)),
            bill.total(bill.naive(other, free_tier=free_tier)),
        )
        for people in sorted({*_PEOPLE, workload.users})
        for other in [scale(workload, people)]
    ]


def _arithmetic(line: Line) -> str:
    free = f" - {_number(min(line.free, line.quantity))} free" if line.free else ""
    per = "a million" if line.price.per > 1 else "each"
    return f"{_number(line.quantity)} {line.price.unit}{free} x ${line.price.dollars:g} {per}"


def _number(quantity: float) -> str:
    return (
        f"{quantity:,.0f}"
        if quantity >= _NO_DECIMALS_FROM or quantity == int(quantity)
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
