"""Returns and momentum, against numbers worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fxlab.features import log_return, momentum
from fxlab.market import Bars


def closes(*prices: float) -> Bars:
    index = pd.date_range("2024-01-01", periods=len(prices), freq="1h", tz="UTC")
    close = np.array(prices)
    frame = pd.DataFrame({"open": close, "high": close, "low": close, "close": close}, index=index)
    return Bars.from_frame(frame, symbol="EURUSD", spread_pips=0.0)


def test_a_log_return_is_the_log_of_the_price_ratio():
    returns = log_return(closes(1.0, 1.1, 1.21, 1.0), horizon=2)
    assert returns.name == "log_return"
    assert returns.isna().tolist() == [True, True, False, False]
    assert returns.iloc[2:].tolist() == pytest.approx([np.log(1.21), np.log(1.0 / 1.1)])


def test_several_pairs_give_a_column_each(pairs):
    assert log_return(pairs).columns.tolist() == ["EURUSD", "USDJPY"]


def test_momentum_is_the_move_in_units_of_its_own_risk():
    # returns 1 %, 3 %: sum 4 %, deviation sqrt(2) %, over two bars → 0.04 / (0.014142 * 1.41421) = 2
    bars = closes(1.0, np.exp(0.01), np.exp(0.04))
    assert momentum(bars, lookback=2).iloc[-1] == pytest.approx(2.0)


def test_a_price_that_never_moved_has_no_momentum():
    assert momentum(closes(1.2, 1.2, 1.2, 1.2), lookback=2).tolist()[2:] == [0.0, 0.0]


@pytest.mark.parametrize("horizon", [0, -1, 1.5, True, "3"])
def test_a_horizon_that_is_no_whole_number_is_named(horizon):
    with pytest.raises(ValueError, match=r"log_return: horizon is .*; give a whole number of at least 1"):
        log_return(closes(1.0, 1.1), horizon=horizon)


def test_momentum_needs_two_bars_to_have_risk():
    with pytest.raises(ValueError, match="momentum: lookback is 1; give a whole number of at least 2"):
        momentum(closes(1.0, 1.1), lookback=1)
