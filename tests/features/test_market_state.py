"""Spread, range of the bar, volume."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fxlab.features import bar_range, spread_pips, volume_ratio
from fxlab.market import Bars


def test_the_spread_comes_in_pips(bars, pairs):
    assert spread_pips(bars).to_numpy() == pytest.approx(0.8)
    assert spread_pips(pairs).to_numpy() == pytest.approx(1.0)


def test_the_range_is_the_log_of_high_over_low(bars):
    found = bar_range(bars)
    assert found.iloc[7] == pytest.approx(np.log(bars.high.iloc[7, 0] / bars.low.iloc[7, 0]))
    assert (found >= 0).all()


def test_volume_is_compared_with_its_mean():
    index = pd.date_range("2024-01-01", periods=3, freq="1h", tz="UTC")
    frame = pd.DataFrame(
        {"open": 1.1, "high": 1.1, "low": 1.1, "close": 1.1, "volume": [1.0, 2.0, 6.0]}, index=index
    )
    found = volume_ratio(Bars.from_frame(frame, symbol="EURUSD"), period=3)
    assert found.iloc[-1] == pytest.approx(np.log(7 / 4))  # (1 + 6) / (1 + 3)


def test_bars_without_volume_say_so(pairs):
    with pytest.raises(
        ValueError, match="volume_ratio: the bars of EURUSD, USDJPY carry no volume; leave it out"
    ):
        volume_ratio(pairs)
