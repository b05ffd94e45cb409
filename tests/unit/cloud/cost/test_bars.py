"""Two bills as bars: ten times as much is one step further."""

from fireside.cloud.cost import bars


def lengths(text):
    return [line.count("█") for line in text.splitlines()[1:]]


def test_a_bar_grows_with_the_power_of_ten():
    points = [
        bars.Point(people, dollars, dollars) for people, dollars in ((1, 1), (2, 10), (3, 100))
    ]

    assert lengths(bars.chart(points, width=20)) == [0, 20, 40]


def test_every_amount_stands_beside_its_bar():
    drawn = bars.chart([bars.Point(1_500, 1.0, 2_345.67)])

    assert "1,500" in drawn
    assert "$     1.00" in drawn
    assert "$ 2,345.67" in drawn


def test_nothing_and_one_amount_alone_can_be_drawn():
    assert "$     0.00" in bars.chart([bars.Point(0, 0.0, 0.0)])
