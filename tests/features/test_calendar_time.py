"""Calendar features read the moment of decision, on UTC and on local clocks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fxlab.features import sessions, time_of_day, time_of_week
from fxlab.market import Bars


def hours(start: str, n: int, every: str = "1h") -> Bars:
    index = pd.date_range(start, periods=n, freq=every, tz="UTC")
    frame = pd.DataFrame({"open": 1.1, "high": 1.1, "low": 1.1, "close": 1.1}, index=index)
    return Bars.from_frame(frame, symbol="EURUSD", every=every)


def test_the_day_is_a_circle_read_when_the_bar_is_known():
    # the bar of 05:00 is known at 06:00: a quarter of the day
    found = time_of_day(hours("2024-01-01 05:00", 19))
    assert found.iloc[0].tolist() == pytest.approx([1.0, 0.0], abs=1e-12)
    assert found.iloc[18].tolist() == pytest.approx([0.0, 1.0], abs=1e-12)  # known at midnight


def test_the_week_begins_on_monday():
    found = time_of_week(hours("2023-12-31 23:00", 1))  # known on Monday 2024-01-01 00:00
    assert found.iloc[0].tolist() == pytest.approx([0.0, 1.0], abs=1e-12)
    wednesday = time_of_week(hours("2024-01-03 23:00", 1))  # three of seven days gone
    assert wednesday["sin"].iloc[0] == pytest.approx(np.sin(2 * np.pi * 3 / 7))


def test_both_circles_have_radius_one(bars):
    for found in (time_of_day(bars), time_of_week(bars)):
        assert (found**2).sum(axis=1).to_numpy() == pytest.approx(1.0)


def test_sessions_follow_daylight_saving_time():
    winter, summer = (sessions(hours(day, 1)) for day in ("2024-01-10 12:00", "2024-07-10 11:00"))
    assert winter.iloc[0].tolist() == [0.0, 1.0, 1.0]  # 13:00 UTC: London 13:00, New York 08:00
    assert summer.iloc[0].tolist() == [0.0, 1.0, 1.0]  # 12:00 UTC: London 13:00, New York 08:00
    assert sessions(hours("2024-01-10 11:00", 1))["new_york"].iloc[0] == 0.0  # 12:00 UTC is 07:00 there


def test_no_centre_works_at_the_weekend():
    assert not sessions(hours("2024-01-06 00:00", 24)).to_numpy().any()
