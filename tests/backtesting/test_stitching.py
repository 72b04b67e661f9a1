"""Targets without NaN trade as those with it, and a part of a run is measured like a run."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fxlab as fx
from fxlab.backtesting.part import part_of
from fxlab.backtesting.stitching import in_force, joined
from fxlab.execution import make_tape, run_targets
from fxlab.strategy import target_arrays

NAN = float("nan")


@pytest.fixture(scope="module")
def euro() -> fx.Bars:
    return fx.load_bars("EURUSD", start="2017-03-06", end="2017-03-10")


def column(bars: fx.Bars, values: list[float]) -> np.ndarray:
    return np.resize(np.array(values), (len(bars), 1))


def test_a_row_that_holds_repeats_the_last_request_and_its_distances(euro: fx.Bars) -> None:
    bars = euro[:6]
    targets = fx.Targets(
        exposure=np.array([NAN, 1.0, NAN, NAN, 0.0, NAN])[:, None],
        stop_loss_pips=np.array([NAN, 20.0, NAN, 30.0, NAN, NAN])[:, None],
    )
    arrays = target_arrays(targets, bars)
    assert in_force(arrays, 0).values[:, 0].tolist() == [0.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    later = in_force(arrays, 2)
    assert later.values[:, 0].tolist() == [1.0, 1.0, 0.0, 0.0]
    # the stop of the row that asked for the position, not of the row that held it
    assert later.brackets[:, 0, 0].tolist()[:2] == [20.0, 20.0]


@given(st.data())
def test_what_is_in_force_trades_to_the_bit_as_the_targets_do(euro: fx.Bars, data: st.DataObject) -> None:
    bars = euro[:80]

    def draw(values: list[float]) -> np.ndarray:
        picks = data.draw(st.lists(st.sampled_from([NAN, *values]), min_size=80, max_size=80))
        return np.array(picks)[:, None]

    exposure = draw([-2.0, 0.0, 1.0, 1.5])
    exposure[0] = 1.0
    targets = fx.Targets(
        exposure=exposure,
        stop_loss_pips=draw([5.0, 15.0]),
        take_profit_pips=draw([10.0]),
        entry_limit_pips=draw([2.0]),
        limit_expiry_bars=draw([3.0]),
    )
    arrays, tape = target_arrays(targets, bars), make_tape(bars, fx.Costs(), fx.Account())
    one, other = run_targets(arrays, tape), run_targets(in_force(arrays, 0), tape)
    assert np.array_equal(one.equity, other.equity)
    pd.testing.assert_frame_equal(one.fills, other.fills)


def test_parts_with_and_without_changing_distances_are_joined(euro: fx.Bars) -> None:
    bars = euro[:4]
    constant = target_arrays(fx.Targets(exposure=1.0, stop_loss_pips=20.0), bars)
    changing = target_arrays(fx.Targets(exposure=-1.0, stop_loss_pips=column(bars, [5, 6])), bars)
    both = joined([in_force(constant, 0), in_force(changing, 1)])
    assert both.values[:, 0].tolist() == [1.0] * 4 + [-1.0] * 3
    assert both.brackets[:, 0, 0].tolist() == [20.0] * 4 + [6.0, 5.0, 6.0]


# ------------------------------------------------------------------------------------------------------- parts


@pytest.fixture(scope="module")
def run(euro: fx.Bars) -> fx.Result:
    targets = column(euro, [1.0, 1.0, NAN, 0.0, -1.0, -1.0])
    costs = fx.Costs(commission_per_lot=3.5, swap={"EURUSD": (-0.9, 0.2)})
    return fx.backtest(targets, euro, costs=costs)


def test_parts_that_follow_each_other_hold_everything_once(run: fx.Result) -> None:
    n = len(run.equity)
    for cuts in ([0, 1, n], [0, 40, 60, n], [0, n]):
        parts = [part_of(run, a, b) for a, b in itertools.pairwise(cuts)]
        for table in ("fills", "trades", "ledger", "refusals", "margin_calls"):
            both = pd.concat([getattr(part, table) for part in parts])
            pd.testing.assert_frame_equal(both, getattr(run, table))


def test_returns_of_parts_compound_to_the_whole(run: fx.Result) -> None:
    n = len(run.equity)
    parts = [part_of(run, 0, 40), part_of(run, 40, n)]
    grown = [1 + part.stats()["Return [%]"] / 100 for part in parts if part is not None]
    assert np.prod(grown) == pytest.approx(1 + run.stats()["Return [%]"] / 100, rel=1e-12)
    first, second = (part.returns() for part in parts if part is not None)
    pd.testing.assert_series_equal(pd.concat([first, second]), run.returns(), check_freq=False)


def test_the_whole_is_its_own_part(run: fx.Result) -> None:
    part = part_of(run, 0, len(run.equity))
    assert part is not None
    pd.testing.assert_series_equal(part.stats(), run.stats())


def test_a_part_begins_with_the_mark_before_it(run: fx.Result) -> None:
    part = part_of(run, 40, 60)
    assert part is not None
    assert part.equity.index.equals(run.equity.index[39:60])
    assert part.account.balance == run.equity.iloc[39]
    assert part.stats()["Return [%]"] == pytest.approx((run.equity.iloc[59] / run.equity.iloc[39] - 1) * 100)


def test_nothing_is_measured_once_the_equity_is_used_up(euro: fx.Bars) -> None:
    prices = euro.quotes.copy()
    prices[50:] *= 0.9  # a gap down through everything
    fallen = euro.replace(quotes=prices)
    ruined: Any = fx.backtest(20.0, fallen)
    assert ruined.equity.iloc[60] < 0
    assert part_of(ruined, 60, 80) is None
    assert part_of(ruined, 40, 80) is not None
