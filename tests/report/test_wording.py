from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fxlab.report.wording import between, counted, percent, told


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567.891, "1,234,567.89"),
        (-3.456, "−3.46"),
        (-0.0, "0.00"),
        (0.0, "0.00"),
        (0.00123456, "0.00123"),
        (np.float64(2.5), "2.50"),
        (np.int64(-1200), "−1,200"),
        (True, "yes"),
        (np.bool_(False), "no"),
        (float("nan"), "–"),
        (None, "–"),
        (pd.NaT, "–"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
        (pd.Timestamp("2017-03-01 22:00", tz="UTC"), "2017-03-01 22:00 UTC"),
        (pd.Timestamp("2017-03-01 22:00"), "2017-03-01 22:00"),
        (pd.Timedelta("1h"), "1 h"),
        (pd.Timedelta("5D 01:00:30"), "5 d 1 h"),
        (pd.Timedelta(0), "0 s"),
        (-pd.Timedelta("90min"), "−1 h 30 min"),
        ("as it is", "as it is"),
    ],
)
def test_every_kind_of_value_reads_as_a_person_would_write_it(value, text):
    assert told(value) == text


def test_decimals_may_be_asked_for():
    assert told(1.17442, 5) == "1.17442"
    assert told(-0.0004, 2) == "0.00"  # never "−0.00"


def test_percent_intervals_and_counts_are_phrases():
    assert percent(-0.0619) == "−6.2 %"
    assert percent(float("nan")) == "–"
    assert between(-1.1, 0.52) == "from −1.10 to 0.52"
    assert (counted(0, "trade"), counted(1, "trade"), counted(2, "trade")) == (
        "0 trades",
        "1 trade",
        "2 trades",
    )
