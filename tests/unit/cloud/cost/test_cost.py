"""`fireside cost` prints its estimate, as text and as JSON."""

import json
import math

import pytest

from fireside.cli.main import main
from fireside.cloud.cost import bars, bill, cost
from fireside.cloud.cost.bars import Point
from fireside.cloud.cost.usage import Workload
from fireside.console.exits import ExitCode

OFFICE = ["cost", "--users", "50", "--messages-per-day", "2000"]


def printed(capsys, *arguments):
    assert main([*OFFICE, *arguments]) == ExitCode.OK
    return capsys.readouterr().out


def test_the_lines_show_their_arithmetic_and_add_up(capsys):
    said = printed(capsys, "--online-per-room", "12", "--no-free-tier")

    rows = [line for line in said.splitlines() if " x $" in line]
    dollars = [float(line.rsplit("$", 1)[1].replace(",", "")) for line in rows]
    [total_line] = [line for line in said.splitlines() if line.startswith("Total")]
    assert len(rows) >= 10
    assert math.fsum(dollars) == pytest.approx(float(total_line.rsplit("$", 1)[1]), abs=0.006)
    assert "528,000 connection minutes x $0.25 a million" in said


def test_free_tiers_are_told_whether_they_count_or_not(capsys):
    assert "requests - 124,868 free" in printed(capsys, "--online-per-room", "12")
    without = printed(capsys, "--no-free-tier")
    assert "free x" not in without
    assert "no account has them any more" in without


def test_json_says_the_same(capsys):
    document = json.loads(printed(capsys, "--json", "--online", "50", "--online-per-room", "12"))

    expected = bill.total(bill.monthly(Workload(50, 2_000, online=50, online_per_room=12)))
    assert document["dollars"] == pytest.approx(expected, abs=1e-4)
    assert document["dollars"] == pytest.approx(
        sum(line["dollars"] for line in document["lines"]), abs=1e-4
    )
    assert document["naive"]["dollars"] > 2 * document["dollars"]
    assert (document["region"], document["asOf"][:3]) == ("us-east-1", "202")


def test_a_number_of_people_that_was_asked_for_is_in_the_plot(capsys):
    assert main(["cost", "--users", "77", "--messages-per-day", "100"]) == ExitCode.OK

    assert "\n      77  $" in capsys.readouterr().out


def test_bars_grow_with_dollars():
    drawn = bars.chart([Point(1, 0.02, 0.02), Point(10, 0.2, 2.0), Point(100, 20.0, 200.0)])

    ours, naive = zip(
        *(
            [sum(map("▏▎▍▌▋▊▉█".count, half)) for half in (line[10:49], line[49:])]
            for line in drawn.splitlines()[1:]
        ),
        strict=True,
    )
    assert list(ours) == sorted(ours)
    assert ours[2] > 2 * ours[0]
    assert naive[1] > ours[1]


@pytest.mark.parametrize(
    "wrong",
    [
        ["--users", "0"],
        ["--users", "many"],
        ["--hours", "-1"],
        ["--hours", "nan"],
        ["--days", "soon"],
        ["--region", "eu-central-1"],
    ],
)
def test_a_number_that_makes_no_sense_is_a_usage_error(wrong, capsys):
    assert main([*OFFICE, *wrong]) == ExitCode.USAGE
    assert wrong[0] in capsys.readouterr().err


def test_a_bill_leaves_out_what_there_is_none_of():
    rows = list(cost.table(bill.lines(bill.Usage(messages=5), free_tier=False)))

    assert len(rows) == 2
    assert "5 messages" in rows[0]
