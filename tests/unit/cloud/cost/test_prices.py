"""Prices: each has a source, and the day on which they stood there."""

from datetime import date

import pytest

from fireside.cloud.cost import prices
from fireside.cloud.cost.prices import Price

ALL = [value for value in vars(prices).values() if isinstance(value, Price)]


@pytest.mark.parametrize("price", ALL, ids=lambda price: f"{price.service}: {price.unit}")
def test_each_is_a_price_that_can_be_looked_up(price):
    assert price.dollars > 0
    assert price.per >= 1
    assert price.free >= 0
    assert price.source.startswith("https://aws.amazon.com/")


def test_they_have_a_day():
    assert date.fromisoformat(prices.AS_OF) > date(2025, 1, 1)


def test_no_two_are_of_one_thing():
    assert len({(price.service, price.unit) for price in ALL}) == len(ALL)
