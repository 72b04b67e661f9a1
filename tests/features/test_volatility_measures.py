"""Volatility measures: hand-worked bars, and a walk whose volatility is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fxlab as fx
from fxlab.features import atr, garman_klass_volatility, parkinson_volatility, volatility
from fxlab.market import Bars


def of(*rows: tuple[float, float, float, float]) -> Bars:
    index = pd.date_range("2024-01-01", periods=len(rows), freq="1h", tz="UTC")
    frame = pd.DataFrame(rows, columns=["open", "high", "low", "close"], index=index)
    return Bars.from_frame(frame, symbol="EURUSD", spread_pips=0.0, every="1h")


def test_close_to_close_volatility_by_hand():
    flat = [(p, p, p, p) for p in (1.0, np.exp(0.01), np.exp(0.04))]
    assert volatility(of(*flat), period=2).iloc[-1] == pytest.approx(0.01 * np.sqrt(2))


def test_parkinson_by_hand():
    # one bar with high = e * low: sqrt(1 / (4 ln 2)) = 0.600561
    bars = of((1.0, np.e, 1.0, 2.0))
    assert parkinson_volatility(bars, period=1).iloc[0] == pytest.approx(0.6005612, abs=1e-6)


def test_garman_klass_by_hand():
    # ln(high / low) = 0.02, ln(close / open) = 0.01: 0.5 * 0.0004 - 0.386294 * 0.0001 = 0.0001613706
    bars = of((1.0, np.exp(0.015), np.exp(-0.005), np.exp(0.01)))
    assert garman_klass_volatility(bars, period=1).iloc[0] == pytest.approx(np.sqrt(1.613706e-4), rel=1e-6)


def test_atr_by_hand_sees_the_gap_from_the_previous_close():
    # true ranges from the second bar on: 12 - 10 = 2; a gap up, 15 - 11 = 4; a fall from 15, 15 - 12 = 3
    bars = of(
        (10.0, 11.0, 9.0, 10.0), (11.0, 12.0, 10.5, 11.0), (14.0, 15.0, 13.0, 15.0), (13.0, 14.0, 12.0, 12.5)
    )
    found = atr(bars, period=2)
    assert found.isna().tolist() == [True, True, False, False]
    assert found.iloc[2:].tolist() == pytest.approx([3.0 / 15.0, (3.0 + 3.0) / 2 / 12.5])


def test_all_measures_agree_on_a_walk_of_known_volatility(rng):
    steps = rng.normal(0, 1e-4, (4000, 100))  # 1e-3 a bar, seen 100 times within it
    path = np.exp(np.cumsum(steps.ravel())).reshape(4000, 100)
    start = np.concatenate([[1.0], path[:-1, -1]])
    rows = np.column_stack(
        [start, np.maximum(path.max(1), start), np.minimum(path.min(1), start), path[:, -1]]
    )
    bars = of(*map(tuple, rows))
    for measure, bias in ((volatility, 0.02), (parkinson_volatility, 0.12), (garman_klass_volatility, 0.15)):
        # ranges read low because a high between two looks goes unseen
        assert measure(bars, period=3900).iloc[-1] == pytest.approx(1e-3, rel=bias)


def test_one_price_a_day_has_no_range(pairs):
    assert (parkinson_volatility(pairs).dropna() == 0).all(axis=None)
    assert (atr(pairs).dropna() > 0).all(axis=None)  # but its closes move


def test_a_missing_bar_of_one_pair_leaves_a_gap_and_not_an_invention():
    days = fx.load_bars(["EURUSD", "USDJPY"], source="ecb", start="2019-01", end="2019-03")
    quotes = days.quotes.copy()
    quotes[30, 1] = np.nan
    holed = days.replace(quotes=quotes)
    whole, found = atr(days, period=5), atr(holed, period=5)
    assert np.isnan(found["USDJPY"].iloc[30]) and found["USDJPY"].iloc[32:].notna().all()
    assert found["EURUSD"].equals(whole["EURUSD"])


@pytest.mark.parametrize(
    ("feature", "least"),
    [(volatility, 2), (parkinson_volatility, 1), (garman_klass_volatility, 1), (atr, 1)],
)
def test_a_bad_period_is_named(feature, least, bars):
    with pytest.raises(
        ValueError, match=f"{feature.__name__}: period is 0; give a whole number of at least {least}"
    ):
        feature(bars, period=0)
