import datetime

import numpy as np
import pandas as pd
import pytest

from fxlab.data import DataError
from fxlab.data.span import bar_length, checked_span, first_ns, last_ns, narrow
from fxlab.market import Bars


def ns(text):
    return pd.Timestamp(text, tz="UTC").as_unit("ns").value


@pytest.mark.parametrize(
    ("every", "length"),
    [("1h", "1h"), ("4H", "4h"), ("15min", "15min"), ("5m", "5min"), ("1D", "24h"), ("d", "24h"),
     ("1W", "168h"), ("30 s", "30s"), (pd.Timedelta("2h"), "2h"), (datetime.timedelta(days=1), "24h"),
     (np.timedelta64(1, "h"), "1h")],
)  # fmt: skip
def test_the_length_of_a_bar_is_read_in_many_spellings(every, length):
    assert bar_length(every) == pd.Timedelta(length)


@pytest.mark.parametrize("every", ["x", "", "0h", "-1h", "1 month", 60, None, pd.Timedelta(0)])
def test_what_is_no_length_is_refused(every):
    with pytest.raises(DataError, match=r"every is .*; write the length of a bar, such as '15min'"):
        bar_length(every)


@pytest.mark.parametrize(
    ("when", "first", "last"),
    [
        ("2017", "2017-01-01", "2018-01-01"),
        (2017, "2017-01-01", "2018-01-01"),
        ("2017-02", "2017-02-01", "2017-03-01"),
        ("2017-02-03", "2017-02-03", "2017-02-04"),
        (datetime.date(2017, 2, 3), "2017-02-03", "2017-02-04"),
        ("2017-02-03 04:00", "2017-02-03 04:00", "2017-02-03 04:01"),
    ],
)
def test_as_much_of_a_date_as_is_written_is_meant(when, first, last):
    assert first_ns(when) == ns(first)
    assert last_ns(when) == ns(last) - 1


@pytest.mark.parametrize(
    "when", [pd.Timestamp("2017-02-03 04:00"), datetime.datetime(2017, 2, 3, 4), "2017-02-03 06:00+02:00",
             pd.Timestamp("2017-02-03 06:00", tz="Europe/Helsinki"), np.datetime64("2017-02-03T04:00")]
)  # fmt: skip
def test_a_moment_is_a_moment_and_utc_without_a_zone(when):
    assert first_ns(when) == last_ns(when) == ns("2017-02-03 04:00")


@pytest.mark.parametrize("when", ["03/04/2017", "soon", "", pd.NaT, "2017-13", True, [1], float("nan")])
def test_what_is_no_date_is_refused(when):
    with pytest.raises(DataError, match=r"start is .*; write a date such as '2017'"):
        first_ns(when)
    with pytest.raises(DataError, match=r"end is .*; write a date such as '2017'"):
        last_ns(when)


def test_a_start_after_the_end_is_told():
    with pytest.raises(DataError, match="start 2018 is after end 2017; exchange them"):
        checked_span("2018", "2017")
    assert checked_span(None, None) == (None, None)


@pytest.fixture
def bars():
    index = pd.date_range("2021-03-01", periods=48, freq="1h", tz="UTC")
    frame = pd.DataFrame({"open": 1.2, "high": 1.3, "low": 1.1, "close": 1.2}, index=index)
    return Bars.from_frame(frame, "EURUSD")


def test_both_ends_are_included(bars):
    assert len(narrow(bars, "2021-03-01 05:00", "2021-03-01 07:00", "x")) == 3
    assert len(narrow(bars, None, "2021-03-01", "x")) == 24
    assert len(narrow(bars, "2021-03-02", None, "x")) == 24


@pytest.mark.parametrize(
    ("start", "end", "complaint"),
    [
        (
            "2022",
            None,
            "the file covers 2021-03-01 00:00 to 2021-03-02 23:00 UTC; start 2022 is after its end",
        ),
        (None, "2020", "; end 2020 is before its start"),
        (
            "2021-03-01 05:10",
            "2021-03-01 05:20",
            "has no bar from 2021-03-01 05:10 to 2021-03-01 05:20; widen",
        ),
        ("2021-03-02", "2021-03-01", "start 2021-03-02 is after end 2021-03-01; exchange them"),
    ],
)
def test_an_empty_span_says_what_is_covered(bars, start, end, complaint):
    with pytest.raises(DataError, match=complaint):
        narrow(bars, start, end, "the file")
