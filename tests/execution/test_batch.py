"""Running target arrays on a tape."""

from __future__ import annotations

import numpy as np
import pytest

import fxlab as fx
from fxlab.execution import Account, Costs, make_tape, run_targets
from fxlab.execution.counting import Counter
from fxlab.strategy import target_arrays

BARS = fx.load_bars("EURUSD")[:50]


def test_targets_of_other_bars_are_refused_before_the_run():
    tape = make_tape(BARS[:40], Costs(), Account())
    targets = target_arrays(1.0, BARS)
    with pytest.raises(ValueError, match=r"targets of shape \(50, 1\) do not fit 40 bars of EURUSD"):
        run_targets(targets, tape)
    with pytest.raises(ValueError, match="do not fit 40 bars"):
        Counter(tape, tape.lean()).count(targets)


def test_a_tape_is_kept_for_equal_costs_and_account_and_made_anew_for_others():
    kept = make_tape(BARS, Costs(slippage_pips=0.1), Account())
    assert make_tape(BARS, Costs(slippage_pips=0.1), Account()) is kept
    assert make_tape(BARS, Costs(slippage_pips=0.2), Account()) is not kept


def test_tables_are_made_when_they_are_looked_at_and_stay():
    result = fx.backtest(1.0, BARS)
    assert "trades" not in vars(result)
    assert result.fills is result.fills
    assert "fills" in vars(result)
    with pytest.raises(AttributeError, match="a Result has no 'trade'"):
        result.trade  # noqa: B018


def test_used_margin_after_each_bar_is_notional_over_leverage():
    result = fx.backtest(fx.Targets(lots=0.5), BARS, account=Account(leverage=25))
    expected = 0.5 * 100_000 * BARS.close["EURUSD"] / 25
    assert result.margin.iloc[0] == 0.0
    np.testing.assert_allclose(result.margin.iloc[1:], expected.iloc[1:], rtol=1e-12)
