"""Bars of one pair in which nothing happens are lived through in short: with the same result as the long way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fxlab as fx
from tests.execution.reference import Reference
from tests.execution.scenarios import START, as_targets
from tests.execution.test_kernel_against_reference import assert_same
from tests.execution.test_laws import Replay, assert_equal_runs

HOUR = 3_600_000_000_000
STILL = [1.1999, 1.1999, 1.1999, 1.1999, 1.2001, 1.2001, 1.2001, 1.2001]


def three_ways(
    quotes: list[list[float]], lots: list[float], costs: fx.Costs, account: fx.Account, **distances: Any
) -> tuple[fx.Result, fx.Bars]:
    """At once, bar by bar, and by the reference: equal; returns the first."""
    times = START.as_unit("ns").value + HOUR * np.arange(len(quotes))
    bars = fx.Bars(times, np.array(quotes)[:, None], (fx.Instrument("EURUSD"),), HOUR)
    arrays = fx.strategy.target_arrays(fx.Targets(lots=np.array(lots), **distances), bars)
    at_once = fx.backtest(as_targets(arrays, bars), bars, costs=costs, account=account)
    assert_equal_runs(at_once, fx.backtest(Replay(arrays), bars, costs=costs, account=account))
    assert_same(at_once, Reference(bars, costs, account).run(arrays), bars)
    return at_once, bars


def test_an_open_that_a_scaled_spread_leaves_below_the_low_still_stops() -> None:
    # the open's spread is 20 pips, the low's 3; three times as wide they are 60 and 9, and the open's bid 1.1970
    # lies below the low's 1.1987. In at 1.2003, the stop 23 pips lower at 1.1980 is passed by the open only
    wide = [1.1990, 1.2004, 1.1990, 1.2004, 1.2010, 1.2010, 1.1993, 1.2006]
    nan = float("nan")
    result, bars = three_ways(
        [STILL, STILL, STILL, wide, STILL],
        [1.0, nan, nan, nan, nan],
        fx.Costs(spread_scale=3.0),
        fx.Account(leverage=100.0),
        stop_loss_pips=23,
    )
    assert result.fills["time"].tolist() == [bars.index[1], bars.index[3]]
    assert result.fills["price"].tolist() == pytest.approx([1.2003, 1.1970])


def test_an_account_that_a_commission_ruined_refuses_even_what_is_below_a_step() -> None:
    # 100 − 60 to open, + 1 at the target, − 60 to close: −19
    rise = [1.1999, 1.2031, 1.1999, 1.2029, 1.2001, 1.2033, 1.2001, 1.2031]
    nan = float("nan")
    result, bars = three_ways(
        [STILL, STILL, rise, STILL, STILL, STILL, STILL],
        [0.01, nan, nan, nan, nan, 0.001, nan],
        fx.Costs(commission_min=60.0),
        fx.Account(balance=100.0, leverage=500.0, stop_out=0.0),
        take_profit_pips=10,
    )
    assert result.equity.iloc[-1] == pytest.approx(-19.0)
    assert list(result.refusals.itertuples(index=False, name=None)) == [
        (bars.index[6], "EURUSD", 0.001, "ruined")
    ]


def test_a_quiet_year_is_marked_at_every_close() -> None:
    bars = fx.load_bars("EURUSD")
    result = fx.backtest(fx.Targets(lots=0.1), bars)
    expected = 10_000 + 10_000 * (bars.bid.close["EURUSD"] - bars.ask.open["EURUSD"].iloc[1])
    assert np.allclose(result.equity[1:], expected[1:], rtol=1e-12)
    assert result.margin.iloc[-1] == pytest.approx(10_000 * bars.close["EURUSD"].iloc[-1] / 30)
