"""RSI, Bollinger z and the stochastic, against numbers worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fxlab.features import bollinger_z, range_position, rsi
from fxlab.market import Bars


def closes(*prices: float) -> Bars:
    index = pd.date_range("2024-01-01", periods=len(prices), freq="1h", tz="UTC")
    close = np.array(prices)
    frame = pd.DataFrame({"open": close, "high": close + 1, "low": close - 1, "close": close}, index=index)
    return Bars.from_frame(frame, symbol="EURUSD", spread_pips=0.0)


def test_rsi_by_hand():
    # changes +2 -1 +3 -2; the first mean of 2: gain 1, loss 0.5 → 100 * 1 / 1.5
    # then gain (1 + 3) / 2 = 2, loss 0.25 → 100 * 2 / 2.25; then gain 1, loss (0.25 + 2) / 2 = 1.125
    found = rsi(closes(10.0, 12.0, 11.0, 14.0, 12.0), period=2)
    assert found.isna().tolist() == [True, True, False, False, False]
    assert found.iloc[2:].tolist() == pytest.approx([100 / 1.5, 200 / 2.25, 100 / 2.125])


def test_rsi_of_a_straight_line_is_extreme_and_of_a_flat_one_middling():
    assert rsi(closes(10.0, 11.0, 12.0, 13.0), period=2).iloc[-1] == 100.0
    assert rsi(closes(13.0, 12.0, 11.0, 10.0), period=2).iloc[-1] == 0.0
    assert rsi(closes(10.0, 10.0, 10.0, 10.0), period=2).iloc[-1] == 50.0


def test_bollinger_z_uses_the_population_deviation():
    # closes 10 12 14: mean 12, deviation sqrt(8 / 3)
    assert bollinger_z(closes(10.0, 12.0, 14.0), period=3).iloc[-1] == pytest.approx(2 / np.sqrt(8 / 3))
    assert bollinger_z(closes(10.0, 10.0, 10.0), period=3).iloc[-1] == 0.0


def test_bollinger_z_stays_within_its_bound(bars):
    assert bollinger_z(bars, period=20).abs().max() <= np.sqrt(19) + 1e-9


def test_range_position_runs_from_the_low_to_the_high(bars):
    # lows 9 11 13, highs 11 13 15, close 14 → (14 - 9) / (15 - 9)
    assert range_position(closes(10.0, 12.0, 14.0), period=3).iloc[-1] == pytest.approx(5 / 6)
    assert range_position(bars).dropna().between(0, 1).all()


def test_without_any_range_the_position_is_the_middle(pairs):
    assert (range_position(pairs["EURUSD"], period=1) == 0.5).all()


@pytest.mark.parametrize(("feature", "least"), [(rsi, 1), (bollinger_z, 2), (range_position, 1)])
def test_a_bad_period_is_named(feature, least, bars):
    with pytest.raises(
        ValueError, match=f"{feature.__name__}: period is 0; give a whole number of at least {least}"
    ):
        feature(bars, period=0)
