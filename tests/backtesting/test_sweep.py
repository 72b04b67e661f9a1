"""A sweep's rows are the runs themselves, counted on the way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fxlab as fx
from fxlab.backtesting.surface import surface

COSTS = fx.Costs(commission_per_lot=3.0, slippage_pips=0.1, swap={"EURUSD": (-0.6, 0.3)})
BARS = fx.load_bars("EURUSD")["2017-01":"2017-04"]


def ma_cross(bars, fast, slow):
    close = bars.close
    return np.sign(close.rolling(fast).mean() - close.rolling(slow).mean())


def protected(bars, fast, stop, exposure=1.0, trail=None):
    lead = bars.close - bars.close.rolling(fast).mean()
    return fx.Targets(exposure=lead.apply(np.sign) * exposure, stop_loss_pips=stop, trailing_stop_pips=trail)


def assert_rows_are_runs(swept, strategy, bars, params=None, **settings):
    for _, row in swept.table.iterrows():
        combo = {name: int(row[name]) for name in swept.parameters}
        stats = fx.backtest(strategy, bars, params={**(params or {}), **combo}, **settings).stats()
        home = settings.get("account", fx.Account()).currency
        assert row[f"Final equity [{home}]"] == stats[f"Final equity [{home}]"]  # money: to the bit
        for label in swept.table.columns.difference(swept.parameters):
            assert row[label] == pytest.approx(stats[label], rel=1e-9, abs=1e-9, nan_ok=True), label


@pytest.mark.parametrize("executor", ["local", "serial"])
def test_each_row_equals_the_backtest_of_its_combination(executor):
    swept = fx.sweep(ma_cross, BARS, {"fast": [5, 20], "slow": [50, 100]}, costs=COSTS, executor=executor)
    assert list(swept.table[["fast", "slow"]].itertuples(index=False, name=None)) == [
        (5, 50),
        (5, 100),
        (20, 50),
        (20, 100),
    ]
    assert_rows_are_runs(swept, ma_cross, BARS, costs=COSTS)


def test_rows_equal_runs_with_stops_trails_margin_calls_and_stop_outs():
    account = fx.Account(balance=2_000, leverage=500)
    grid = {"fast": [10, 40], "stop": [15.0, 60.0], "trail": [20.0, None], "exposure": [1.0, 300.0]}
    swept = fx.sweep(protected, BARS, grid, costs=COSTS, account=account, close_at_end=True)
    rows = swept.table
    for i in range(len(rows)):
        combo = {name: rows.loc[i, name] for name in swept.parameters}
        combo["trail"] = None if pd.isna(combo["trail"]) else combo["trail"]
        result = fx.backtest(protected, BARS, params=combo, costs=COSTS, account=account, close_at_end=True)
        stats = result.stats()
        assert rows.loc[i, "Final equity [USD]"] == stats["Final equity [USD]"]
        for label in (
            "Sharpe ratio",
            "Max drawdown [%]",
            "Trades",
            "Margin stop-outs",
            "Costs [USD]",
            "Win rate [%]",
        ):
            assert rows.loc[i, label] == pytest.approx(stats[label], rel=1e-9, nan_ok=True), label
    assert rows["Margin stop-outs"].sum() > 0
    assert rows["Refused orders"].sum() > 0


def test_rows_equal_runs_for_pairs_that_need_conversion():
    bars = fx.load_bars(["EURUSD", "USDJPY"], source="ecb", start="2021")
    account = fx.Account(currency="JPY", balance=1_000_000)
    swept = fx.sweep(ma_cross, bars, {"fast": [5, 10], "slow": [30]}, account=account)
    assert_rows_are_runs(swept, ma_cross, bars, account=account)


def test_a_chosen_row_gives_its_full_result():
    swept = fx.sweep(ma_cross, BARS, {"fast": [5, 20], "slow": [50, 100]}, costs=COSTS)
    result = swept.result(fast=20, slow=50)
    again = fx.backtest(ma_cross, BARS, params={"fast": 20, "slow": 50}, costs=COSTS)
    assert np.array_equal(result.equity, again.equity)
    assert result.fills.equals(again.fills)
    with pytest.raises(
        ValueError, match="fast=3, slow=50 is not a combination of this sweep over fast, slow"
    ):
        swept.result(fast=3, slow=50)
    with pytest.raises(ValueError, match="fast=20 is not a combination"):
        swept.result(fast=20)


def test_the_best_rows_come_first_and_those_without_a_figure_last():
    def sometimes(bars, on):
        return 1.0 * on

    swept = fx.sweep(sometimes, BARS, {"on": [0, 1, -1]})
    assert swept.best(3)["on"].iloc[-1] == 0  # flat: no Sharpe ratio
    top = swept.best(1, metric="Return [%]")
    assert top["Return [%]"].iloc[0] == swept.table["Return [%]"].max()
    safest = swept.best(1, metric="Max drawdown [%]")
    assert safest["Max drawdown [%]"].iloc[0] == swept.table["Max drawdown [%]"].min()
    with pytest.raises(ValueError, match="no figure 'Sharp ratio'; did you mean 'Sharpe ratio'"):
        swept.best(metric="Sharp ratio")


def test_shared_columns_are_computed_once_a_sweep_and_anew_for_other_bars():
    calls = []

    @fx.strategy.shared
    def average(bars, length):
        calls.append(length)
        return bars.close.rolling(length).mean()

    def strategy(bars, fast, slow):
        return np.sign(average(bars, fast) - average(bars, slow))

    fx.sweep(strategy, BARS, {"fast": [5, 10], "slow": [40, 80, 160]}, executor="serial")
    assert sorted(calls) == [5, 10, 40, 80, 160]
    average(BARS, 5)
    average(BARS, 5)
    assert len(calls) == 7  # outside a sweep nothing is kept
    fx.sweep(strategy, BARS[:1_000], {"fast": [5], "slow": [40]}, executor="serial")
    assert len(calls) == 9


def test_progress_is_told_after_every_row():
    told = []
    fx.sweep(
        ma_cross,
        BARS,
        {"fast": [5], "slow": [30, 40, 50]},
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_figures_over_one_two_and_three_parameters():
    swept = fx.sweep(ma_cross, BARS, {"fast": [5, 20], "slow": [50, 100]})
    heat = swept.plot("Return [%]").data[0]
    assert heat.type == "heatmap"
    assert heat.z[0][1] == swept.table.query("fast == 20 and slow == 50")["Return [%]"].item()
    line = fx.sweep(ma_cross, BARS, {"fast": [5, 20]}, params={"slow": 50}).plot().data[0]
    assert list(line.x) == [5, 20]
    wide = surface(swept.table.assign(side="long"), ("fast", "slow", "side"), "Sharpe ratio").data[0]
    assert wide.type == "parcoords"
    with pytest.raises(ValueError, match="no figure"):
        swept.plot("Beauty")


def test_what_cannot_be_swept_is_told_with_its_combination():
    with pytest.raises(TypeError, match="targets takes no parameters; a sweep needs a function"):
        fx.sweep(1.0, BARS, {"fast": [5]})
    with pytest.raises(ValueError, match="executor is 'ray'; write 'local'"):
        fx.sweep(ma_cross, BARS, {"fast": [5], "slow": [9]}, executor="ray")
    with pytest.raises(ValueError, match=r"with fast=5, slow=100000: ma_cross: exposure is nan in every row"):
        fx.sweep(ma_cross, BARS, {"fast": [5], "slow": [100_000]})
    with pytest.raises(TypeError, match="sweep needs Bars, got DataFrame"):
        fx.sweep(ma_cross, BARS.frame, {"fast": [5], "slow": [9]})
