"""The types of the options' values."""

import click
import pytest

from fireside.cli.options.values import amount, count, time_span


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [(count, "3", 3), (amount, "0.5", 0.5), (time_span, "90s", 90), (time_span, "2h", 7_200)],
)
def test_a_value_is_read(read, text, value):
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        *((count, text) for text in ("0", "-1", "1.5", "x", "３", "")),
        *((amount, text) for text in ("0", "-1", "x", "inf", "nan", "")),
        *((time_span, text) for text in ("0s", "h", "5", "-1d", "1w", "３h", "")),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_with_itself(read, text):
    with pytest.raises(click.BadParameter, match=r"not ") as caught:
        read(text)

    assert repr(text) in str(caught.value)
