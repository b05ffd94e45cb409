"""The numbers at the end of a rehearsal."""

import pytest

from fireside.cloud.rehearse.review import percentile


@pytest.mark.parametrize(
    ("times_ms", "share", "found"),
    [
        ([], 50, 0.0),
        ([7.0], 50, 7.0),
        ([7.0], 99, 7.0),
        ([3.0, 1.0, 2.0], 50, 2.0),
        ([float(n) for n in range(1, 101)], 99, 99.0),
        ([float(n) for n in range(1, 101)], 100, 100.0),
    ],
)
def test_a_percentile_is_one_of_the_times(times_ms, share, found):
    assert percentile(times_ms, share) == found
