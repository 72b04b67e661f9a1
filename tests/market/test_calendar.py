import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab.market import bars_per_year, is_open, rollovers

HOUR = 3_600_000_000_000
DAY = 24 * HOUR


def ns(text: str) -> int:
    return pd.Timestamp(text, tz="UTC").as_unit("ns").value


def cut_offs(start: str, end: str) -> list[tuple[str, int]]:
    at, days = rollovers(ns(start), ns(end))
    return [(f"{pd.Timestamp(t):%m-%d %H:%M}", int(n)) for t, n in zip(at, days, strict=True)]


@pytest.mark.parametrize(
    ("every", "bars"),
    [
        (HOUR, 6240),
        (DAY, 260),
        (4 * HOUR, 1560),
        (HOUR // 60, 374_400),
        (2 * DAY, 130),
        (7 * DAY, 365.25 / 7),
    ],
)
def test_a_year_has_260_days_of_24_hours(every, bars):
    assert bars_per_year(every) == pytest.approx(bars, rel=1e-12)


@pytest.mark.parametrize("every", [0, -HOUR])
def test_a_bar_has_a_positive_length(every):
    with pytest.raises(ValueError, match=f"a bar's length is positive, got {every} ns"):
        bars_per_year(every)


@pytest.mark.parametrize(
    ("time", "open_"),
    [
        ("2017-01-01 21:59", False),  # Sunday, winter: opens at 22:00 UTC
        ("2017-01-01 22:00", True),
        ("2017-01-06 21:59", True),  # Friday: closes at 22:00
        ("2017-01-06 22:00", False),
        ("2017-01-07 12:00", False),
        ("2017-03-10 21:30", True),  # the last Friday of winter time
        ("2017-03-12 20:59", False),  # the clocks went forward that morning: opens at 21:00
        ("2017-03-12 21:00", True),
        ("2017-11-03 20:59", True),  # the last Friday of summer time
        ("2017-11-03 21:00", False),
        ("2017-11-05 21:30", False),  # back to winter time: 22:00 again
        ("2017-11-05 22:00", True),
    ],
)
def test_the_week_opens_and_closes_at_17_new_york(time, open_):
    assert is_open(np.array([ns(time)])).tolist() == [open_]


def test_swap_is_booked_at_17_new_york_with_three_days_on_wednesday():
    assert cut_offs("2017-03-06 22:00", "2017-03-10 23:00") == [
        ("03-07 22:00", 1),
        ("03-08 22:00", 3),  # Wednesday
        ("03-09 22:00", 1),
        ("03-10 22:00", 1),  # Friday
    ]


def test_summer_time_moves_the_cut_off_to_21_utc():
    assert cut_offs("2017-03-10 22:00", "2017-03-15 21:00") == [
        ("03-13 21:00", 1),
        ("03-14 21:00", 1),
        ("03-15 21:00", 3),
    ]
    assert cut_offs("2017-11-03 00:00", "2017-11-06 23:00") == [("11-03 21:00", 1), ("11-06 22:00", 1)]


def test_the_start_is_left_out_and_the_end_is_in():
    assert cut_offs("2017-03-08 22:00", "2017-03-09 22:00") == [("03-09 22:00", 1)]
    assert cut_offs("2017-03-08 21:59", "2017-03-08 22:00") == [("03-08 22:00", 3)]
    assert cut_offs("2017-03-08 22:00", "2017-03-08 22:00") == []
    assert cut_offs("2017-03-11 00:00", "2017-03-13 00:00") == []  # a weekend


@given(st.integers(0, 20_000), st.integers(0, 400), st.integers(0, 400))
def test_spans_that_meet_book_what_their_union_books(day, first, second):
    a, b, c = (day * DAY + hours * HOUR for hours in (0, first, first + second))
    parts = [rollovers(a, b), rollovers(b, c)]
    whole = rollovers(a, c)
    for k in (0, 1):
        np.testing.assert_array_equal(np.concatenate([part[k] for part in parts]), whole[k])


@given(st.integers(10_000, 20_000))
def test_a_week_books_seven_days(day):
    _, days = rollovers(day * DAY, (day + 7) * DAY)
    assert days.sum() == 7 and len(days) == 5
