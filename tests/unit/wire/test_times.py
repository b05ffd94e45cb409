from fireside.wire.times import day, timestamp


def test_a_timestamp_never_shows_a_rounded_millisecond():
    assert timestamp(1_999) == "1970-01-01T00:00:01.999Z"
    assert timestamp(0) == "1970-01-01T00:00:00.000Z"


def test_a_day_is_told_without_its_time():
    assert day(0) == "1970-01-01"
    assert day(20_779) == "2026-11-22"
