"""Windows lie where the calendar says, never overlap an embargo, and leave no hole between tests."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fxlab as fx
from fxlab.backtesting.windows import length_of, windows_of

HOUR = 3_600_000_000_000


@pytest.fixture(scope="module")
def euro() -> fx.Bars:
    return fx.load_bars("EURUSD")


def daily(dates: pd.DatetimeIndex) -> fx.Bars:
    frame = pd.DataFrame({"open": 1.1, "high": 1.2, "low": 1.0, "close": 1.1}, index=dates)
    return fx.Bars.from_frame(frame, "EURUSD", every="1D")


def utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


# ----------------------------------------------------------------------------------------------------- lengths


@pytest.mark.parametrize(
    ("value", "months", "ns"),
    [
        ("2y", 24, 0),
        ("6m", 6, 0),
        ("1 month", 1, 0),
        ("3W", 0, 3 * 168 * HOUR),
        ("5d", 0, 120 * HOUR),
        ("12h", 0, 12 * HOUR),
        ("30min", 0, HOUR // 2),
        (datetime.timedelta(days=1), 0, 24 * HOUR),
        (pd.Timedelta("36h"), 0, 36 * HOUR),
        (np.timedelta64(2, "h"), 0, 2 * HOUR),
    ],
)
def test_lengths_are_read_as_the_calendar_has_them(value: Any, months: int, ns: int) -> None:
    length = length_of(value, "train")
    assert (length.months, length.ns, length.bars) == (months, ns, None)


def test_a_whole_number_is_a_number_of_bars() -> None:
    assert length_of(500, "train").bars == 500
    assert length_of(np.int64(0), "embargo", may_be_zero=True).bars == 0


@pytest.mark.parametrize(
    ("value", "error", "complaint"),
    [
        (
            "soon",
            ValueError,
            r"test is 'soon'; write '2y', '6m' \(months\), '3w', '5d', '12h', or a number of bars",
        ),
        ("6", ValueError, "test is '6'; write"),
        ("-5d", ValueError, "test is '-5d'; write"),
        ("0d", ValueError, "test is '0d'; give a length above zero"),
        (0, ValueError, "test is 0; give a length above zero"),
        (-3, ValueError, "test is -3; give a length above zero"),
        (datetime.timedelta(days=-1), ValueError, "test is .*; give a length above zero"),
        (1.5, TypeError, "test is 1.5; write"),
        (True, TypeError, "test is True; write"),
        (None, TypeError, "test is None; write"),
    ],
)
def test_what_is_no_length_is_told(value: Any, error: type[Exception], complaint: str) -> None:
    with pytest.raises(error, match=complaint):
        length_of(value, "test")


def test_an_embargo_may_be_nothing_and_not_less() -> None:
    assert length_of("0d", "embargo", may_be_zero=True).ns == 0
    with pytest.raises(ValueError, match="embargo is -1; give zero or more"):
        length_of(-1, "embargo", may_be_zero=True)


# ----------------------------------------------------------------------------------------------------- windows


def test_windows_of_the_sample_by_hand(euro: fx.Bars) -> None:
    """Bars from 2017-01-01 22:00 to 2017-12-29 22:00 UTC; train 2 months, embargo 5 days, test 1 month."""
    windows, notes = windows_of(euro, "2m", "1m", "5d")
    opens, known = euro.index, euro.known_at
    told = [
        (opens[w.train.start], known[w.train.stop - 1], opens[w.test.start], known[w.test.stop - 1])
        for w in windows
    ]
    assert told[0] == tuple(
        map(utc, ("2017-01-01 22:00", "2017-03-01 22:00", "2017-03-06 22:00", "2017-04-06 22:00"))
    )
    # 1 April was a Saturday: the last bar before it closed on Friday at 21:00
    assert told[1] == tuple(
        map(utc, ("2017-02-01 22:00", "2017-03-31 21:00", "2017-04-06 22:00", "2017-05-05 21:00"))
    )
    # the month from 6 December ends after the data: 23 of 31 days are there
    assert len(windows) == 10
    assert told[9][2:] == (utc("2017-12-06 22:00"), utc("2017-12-29 22:00"))
    assert notes == ["the last test window ends with the bars, 74% of '1m' after its start"]


def test_anchored_windows_begin_with_the_first_bar_and_test_the_same_bars(euro: fx.Bars) -> None:
    rolling, _ = windows_of(euro, "2m", "1m", "5d")
    anchored, _ = windows_of(euro, "2m", "1m", "5d", anchored=True)
    assert [w.test for w in anchored] == [w.test for w in rolling]
    assert [w.train.stop for w in anchored] == [w.train.stop for w in rolling]
    assert {w.train.start for w in anchored} == {0}
    assert len({w.train.start for w in rolling}) == len(rolling)


def test_numbers_of_bars_make_windows_of_so_many_rows(euro: fx.Bars) -> None:
    windows, notes = windows_of(euro[:100], 40, 20, 5)
    assert [(w.train.start, w.train.stop, w.test.start, w.test.stop) for w in windows] == [
        (0, 40, 45, 65),
        (20, 60, 65, 85),
        (40, 80, 85, 100),  # 15 of 20
    ]
    assert notes == ["the last test window ends with the bars, 75% of 20 bars after its start"]


def test_less_than_half_a_test_window_is_left_out_and_told(euro: fx.Bars) -> None:
    for n_left, n_windows in ((9, 1), (10, 2)):
        windows, notes = windows_of(euro[: 65 + n_left], 40, 20, 5)
        assert len(windows) == n_windows
        assert len(notes) == 1
    windows, notes = windows_of(euro[:74], 40, 20, 5)
    assert notes == [
        f"bars from {euro.index[65]:%Y-%m-%d %H:%M} UTC on are left out: "
        "they fill less than half of a test window of 20 bars"
    ]
    assert windows_of(euro[:85], 40, 20, 5)[1] == []


def test_lengths_of_bars_and_of_the_calendar_may_be_mixed(euro: fx.Bars) -> None:
    windows, _ = windows_of(euro, 1000, 500, "5d")
    for w in windows:
        begin = euro.index[w.test.start] - pd.Timedelta("5D")
        assert euro.known_at[w.train.stop - 1] <= begin
        assert w.train.stop == int(euro.known_at.searchsorted(begin, side="right"))
        assert 0 <= 1000 - (w.train.stop - w.train.start) <= 1
    assert {w.test.stop - w.test.start for w in windows[:-1]} == {500}
    months, _ = windows_of(euro, "3m", 200, "1d")
    assert {w.test.stop - w.test.start for w in months[:-1]} == {200}


@given(
    st.sampled_from(["2w", "1m", "2m", 300, 700]),
    st.sampled_from(["3d", "1w", "1m", 50, 333]),
    st.sampled_from(["0d", "5d", "36H", 0, 24, 100]),
    st.booleans(),
    st.integers(1000, 6225),
)
def test_tests_leave_no_hole_and_no_window_looks_into_its_embargo(
    train: Any, test: Any, embargo: Any, anchored: bool, n: int
) -> None:
    bars = fx.load_bars("EURUSD")[:n]
    try:
        windows, _ = windows_of(bars, train, test, embargo, anchored)
    except ValueError as error:
        assert "are too few for train" in str(error)  # noqa: PT017
        return
    for before, after in itertools.pairwise(windows):
        assert before.test.stop == after.test.start
    gap = embargo if isinstance(embargo, int) else pd.Timedelta(length_of(embargo, "embargo", True).ns)
    for w in windows:
        assert 0 <= w.train.start < w.train.stop <= w.test.start < w.test.stop <= n
        if isinstance(gap, int):
            assert w.test.start - w.train.stop >= gap
        else:
            assert bars.index[w.test.start] - bars.known_at[w.train.stop - 1] >= gap


def test_months_are_counted_from_the_first_test_so_that_their_ends_do_not_drift() -> None:
    bars = daily(pd.date_range("2017-01-31", "2017-12-31", tz="UTC"))
    windows, _ = windows_of(bars, "2m", "1m", "0d")
    starts = [str(bars.index[w.test.start].date()) for w in windows]
    # 31 March, and then the last day of shorter months
    assert starts[:4] == ["2017-03-31", "2017-04-30", "2017-05-31", "2017-06-30"]


def test_a_bar_that_is_not_closed_when_the_embargo_begins_trains_nothing() -> None:
    dates = pd.date_range("2017-01-02", periods=20, tz="UTC")
    frame = pd.DataFrame({"open": 1.1, "high": 1.2, "low": 1.0, "close": 1.1}, index=dates)
    late = fx.Bars.from_frame(frame, "EURUSD", every="1D", known_at=dates + pd.Timedelta("25h"))
    (window, *_), _ = windows_of(late, "10d", "4d", "0d")
    assert window.train == slice(0, 9)
    assert window.test == slice(10, 14)


def test_windows_without_a_bar_are_left_out_and_told() -> None:
    bars = daily(pd.bdate_range("2017-01-02", periods=15, tz="UTC"))
    windows, notes = windows_of(bars, "5d", "1d", "0d")
    assert [(w.test.start, w.test.stop) for w in windows] == [(i, i + 1) for i in range(5, 15)]
    assert notes == ["4 test windows of '1d' hold no bar and are left out"]


@pytest.mark.parametrize(
    ("lengths", "complaint"),
    [
        (
            ("2y", "6m", "5d"),
            r"EURUSD: 6,225 bars over 362 days \(2017-01-01 to 2017-12-29\) are too few for train '2y' \+ embargo '5d' "
            r"\+ half of test '6m': the first test begins on 2019-01-06; load more bars or shorten them",
        ),
        (("6m", "1y", "5d"), "half of test '1y': the first test begins on 2017-07-06"),
        ((6000, 500, 0), r"train 6,000 bars \+ embargo 0 bars \+ half of test 500 bars"),
        ((7000, "5d", "5d"), r"train 7,000 bars \+ embargo '5d'"),
        (("3m", "30min", "0d"), "test is '30min', shorter than a bar of 0 days 01:00:00; lengthen it"),
    ],
)
def test_bars_that_are_too_few_are_told_with_their_length(
    euro: fx.Bars, lengths: tuple[Any, Any, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint) as raised:
        windows_of(euro, *lengths)
    assert "\n" not in str(raised.value)


def test_no_bars_and_a_gap_over_a_whole_training_are_told(euro: fx.Bars) -> None:
    with pytest.raises(ValueError, match="EURUSD: there are no bars to walk through"):
        windows_of(euro[:0], "2m", "1m", "5d")
    dates = pd.date_range("2017-01-01", "2017-02-28", tz="UTC")
    gap = daily(dates.union(pd.date_range("2017-06-01", "2017-12-31", tz="UTC")))
    with pytest.raises(
        ValueError, match=r"tests from 2017-06-01 00:00 UTC has no bars to train on; lengthen train"
    ):
        windows_of(gap, "1m", "1m", "0d")
