"""`Result.to_vectorbt`: vectorbt's portfolio of our fills is worth our equity at every bar."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fxlab as fx
from fxlab.execution import make_tape, run_targets
from fxlab.execution.vectorbt_bridge import orders_and_closes
from strategies.ma_cross import ma_cross
from tests.execution.scenarios import random_run

SAMPLE = "2017-01", "2017-06"


def by_our_hands(result: fx.Result) -> np.ndarray:
    """Value of the orders at the closes, added up without vectorbt."""
    orders, closes = orders_and_closes(result)
    n, n_symbols = closes.shape
    held, cash = np.zeros((n, n_symbols)), np.zeros(n)
    for one in orders.itertuples():
        sign = 1.0 if one.side == 0 else -1.0
        held[one.idx, one.col] += sign * one.size
        cash[one.idx] -= sign * one.size * one.price + one.fees
    units = held.cumsum(axis=0)
    worth = np.where(np.abs(units) > 1e-6, units * np.nan_to_num(closes.to_numpy()), 0.0)
    return result.account.balance + cash.cumsum() + worth.sum(axis=1)


@pytest.fixture(scope="module")
def crossing() -> fx.Result:
    """Half a year of the sample with every cost but swap, closed at the end."""
    bars = fx.load_bars("EURUSD")[SAMPLE[0] : SAMPLE[1]]
    costs = fx.Costs(slippage_pips=0.2, commission_per_lot=3.5)
    return fx.backtest(ma_cross, bars, params={"exposure": 3.0}, costs=costs, close_at_end=True)


def test_the_final_value_is_ours_to_the_cent(crossing):
    pytest.importorskip("vectorbt")
    portfolio = crossing.to_vectorbt()
    assert round(portfolio.final_value(), 2) == round(crossing.equity.iloc[-1], 2)
    assert np.allclose(portfolio.value(), crossing.equity, rtol=0, atol=1e-6)


def test_without_swap_each_order_is_a_fill_at_its_own_price_and_commission(crossing):
    pytest.importorskip("vectorbt")
    orders, fills = crossing.to_vectorbt().orders.records, crossing.fills
    assert len(orders) == len(fills)
    assert np.allclose(orders["size"], fills["lots"] * 100_000)
    assert np.allclose(orders["price"], fills["price"], rtol=1e-12)
    assert np.allclose(orders["fees"], fills["commission"], rtol=1e-9)
    assert np.array_equal(orders["side"] == 0, fills["side"] == "buy")
    at = crossing.equity.index[orders["idx"]]
    assert (at[:-1] == pd.DatetimeIndex(fills["time"])[:-1]).all()
    assert at[-1] == crossing.equity.index[-1], "the end is the close of the last bar"


def test_each_closed_trade_earns_what_ours_earned(crossing):
    pytest.importorskip("vectorbt")
    trades = crossing.to_vectorbt().trades.closed.records
    assert np.allclose(trades["pnl"], crossing.trades["net"], rtol=0, atol=1e-6)


def test_its_ratios_are_ours_when_a_year_is_one_of_the_fx_week(crossing):
    pytest.importorskip("vectorbt")
    year = crossing.bars_per_year * pd.Timedelta("1h")
    portfolio = crossing.to_vectorbt()
    stats = crossing.stats()
    # vectorbt counts a first return of zero, we do not
    assert portfolio.sharpe_ratio(year_freq=year) == pytest.approx(stats["Sharpe ratio"], rel=1e-3)
    assert portfolio.max_drawdown() * 100 == pytest.approx(-stats["Max drawdown [%]"], rel=1e-9)


def test_an_open_position_is_marked_at_the_side_it_would_close_on():
    pytest.importorskip("vectorbt")
    bars = fx.load_bars("EURUSD")["2017-03-01":"2017-03-02"]
    result = fx.backtest(fx.Targets(lots=0.1), bars)
    portfolio = result.to_vectorbt()
    assert np.allclose(portfolio.close.iloc[1:], bars.bid.close["EURUSD"].iloc[1:], rtol=1e-9)
    assert np.allclose(portfolio.value(), result.equity, rtol=0, atol=1e-6)


def test_several_pairs_share_the_cash_and_swap_and_conversion_leave_the_money_right():
    pytest.importorskip("vectorbt")
    bars = fx.load_bars(["EURUSD", "USDJPY", "EURGBP", "GBPUSD"], source="ecb", start="2010", end="2010-12")
    rng = np.random.default_rng(0)
    targets = fx.Targets(
        exposure=rng.integers(-2, 3, (len(bars), 4)) * 0.7, stop_loss_pips=100, min_change=0.05
    )
    costs = fx.Costs(commission_per_lot=3.5, swap={symbol: (-0.5, -0.3) for symbol in bars.symbols})
    result = fx.backtest(targets, bars, costs=costs)
    portfolio = result.to_vectorbt()
    assert list(portfolio.wrapper.columns) == list(bars.symbols)
    assert np.allclose(portfolio.value(), result.equity, rtol=0, atol=1e-6)
    ours = result.trades.groupby("symbol")["net"].sum()
    trades = portfolio.trades.closed.records
    theirs = trades.groupby("col")["pnl"].sum()
    assert [theirs[bars.symbols.index(symbol)] for symbol in ours.index] == pytest.approx(list(ours))


@pytest.mark.parametrize("seed", range(40))
def test_any_run_is_worth_its_equity_at_every_bar(seed):
    bars, costs, account, targets, at_end = random_run(seed)
    result = run_targets(targets, make_tape(bars, costs, account), close_at_end=at_end)
    scale = max(account.balance, np.abs(result.equity).max())
    assert np.allclose(by_our_hands(result), result.equity, rtol=0, atol=1e-8 * scale)


def test_lots_of_another_size_are_counted_in_units():
    index = pd.date_range("2021-03-01", periods=4, freq="1h", tz="UTC")
    frame = pd.DataFrame({"open": 1700.0, "high": 1710.0, "low": 1690.0, "close": 1705.0}, index=index)
    gold = fx.Bars.from_frame(frame, fx.Instrument("XAUUSD", pip=0.1, lot=100.0), spread_pips=2.0)
    result = fx.backtest(fx.Targets(lots=0.05), gold)
    orders, _ = orders_and_closes(result)
    assert orders["size"].tolist() == [5.0]
    assert np.allclose(by_our_hands(result), result.equity)


def test_a_loaded_result_makes_the_same_orders(crossing, tmp_path):
    crossing.save(tmp_path / "run")
    for ours, theirs in zip(
        orders_and_closes(crossing), orders_and_closes(fx.Result.load(tmp_path / "run")), strict=True
    ):
        pd.testing.assert_frame_equal(ours, theirs, check_freq=False)


def test_a_run_without_fills_is_a_portfolio_of_cash():
    pytest.importorskip("vectorbt")
    bars = fx.load_bars("EURUSD")["2017-03-01":"2017-03-02"]
    portfolio = fx.backtest(0.0, bars).to_vectorbt()
    assert (portfolio.value() == 10_000.0).all()
    assert len(portfolio.orders.records) == 0


def test_without_vectorbt_the_error_says_what_to_install(crossing, monkeypatch: Any):
    monkeypatch.setitem(sys.modules, "vectorbt", None)
    with pytest.raises(ImportError, match=r'not installed; run pip install "fxlab\[vectorbt\]"'):
        crossing.to_vectorbt()
