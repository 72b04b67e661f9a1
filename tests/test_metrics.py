"""Measures of an equity curve, worked by hand, against scipy-free second sources, and as laws."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fxlab import metrics

returns_in_bp = hnp.arrays(np.int64, st.integers(2, 60), elements=st.integers(-500, 500))
equities = hnp.arrays(np.float64, st.integers(2, 60), elements=st.floats(1.0, 1e6))


# --- returns


def test_simple_and_log_returns_by_hand():
    equity = [100.0, 110.0, 99.0]
    np.testing.assert_allclose(metrics.simple_returns(equity), [0.1, -0.1], rtol=1e-15)
    np.testing.assert_allclose(metrics.log_returns(equity), [math.log(1.1), math.log(0.9)], rtol=1e-14)


@given(equities)
def test_log_returns_are_log_growth_called_once_a_bar_to_the_bit(equity):
    one_by_one = np.array([metrics.log_growth(a, b) for a, b in itertools.pairwise(equity)])
    assert np.array_equal(metrics.log_returns(equity), one_by_one)


@given(equities)
def test_log_returns_sum_to_the_log_of_total_growth(equity):
    assert metrics.log_returns(equity).sum() == pytest.approx(math.log(equity[-1] / equity[0]), abs=1e-9)


@pytest.mark.parametrize("after", [0.0, -50.0, 1e-13, 1e-10])
def test_ruin_is_a_finite_log_return(after):
    assert metrics.log_growth(100.0, after) == math.log(1e-12)


def test_just_above_ruin_is_an_ordinary_log_return():
    assert metrics.log_growth(100.0, 2e-10) == pytest.approx(math.log(2e-12))


@pytest.mark.parametrize("before", [0.0, -5.0])
def test_nothing_left_has_no_growth(before):
    assert metrics.log_growth(before, 10.0) == 0.0
    assert metrics.simple_returns([1.0, before, 10.0])[1] == 0.0


def test_a_debt_is_a_simple_return_below_minus_one():
    assert metrics.simple_returns([100.0, -20.0])[0] == pytest.approx(-1.2)


# --- risk and reward


def test_sharpe_ratio_by_hand():
    # mean 0.0066667, deviations 0.0033333, -0.0166667, 0.0133333: 0.0066667 / 0.0152753 * sqrt(260)
    assert metrics.sharpe_ratio([0.01, -0.01, 0.02], 260) == pytest.approx(7.037316, abs=1e-6)


@given(returns_in_bp, st.floats(0.1, 10))
def test_leverage_leaves_the_sharpe_ratio_alone(bp, leverage):
    returns = bp / 10_000
    assert metrics.sharpe_ratio(returns * leverage, 260) == pytest.approx(
        metrics.sharpe_ratio(returns, 260), rel=1e-9, abs=1e-9, nan_ok=True
    )


@given(returns_in_bp)
def test_annualising_over_four_times_the_bars_doubles_the_sharpe_ratio(bp):
    assert metrics.sharpe_ratio(bp / 1e4, 1040) == pytest.approx(
        2 * metrics.sharpe_ratio(bp / 1e4, 260), rel=1e-12, nan_ok=True
    )


@given(st.floats(-0.1, 0.1), st.integers(2, 50))
def test_equal_returns_have_no_sharpe_ratio_skewness_or_kurtosis(value, n):
    returns = np.full(n, value)
    assert math.isnan(metrics.sharpe_ratio(returns, 260))
    assert math.isnan(metrics.skewness(returns))
    assert math.isnan(metrics.kurtosis(returns))


@pytest.mark.parametrize(
    ("returns", "complaint"),
    [
        ([0.01], "two bars or more, got 1"),
        ([], "two bars or more, got 0"),
        ([0.01, np.nan], r"returns\[1\] is nan; drop or fill gaps"),
        ([0.01, 0.02, -np.inf], r"returns\[2\] is -inf"),
        ([[0.01, 0.02]], r"returns has shape \(1, 2\)"),
    ],
)
def test_unusable_returns_are_named(returns, complaint):
    with pytest.raises(ValueError, match=complaint):
        metrics.sharpe_ratio(np.array(returns), bars_per_year=260)


@pytest.mark.parametrize("bars_per_year", [0, -260, math.nan, math.inf])
def test_a_year_has_bars(bars_per_year):
    with pytest.raises(ValueError, match=r"bars_per_year is .*; pass a positive number"):
        metrics.sharpe_ratio([0.01, 0.02], bars_per_year)


def test_sortino_ratio_counts_gains_as_zero_in_the_downside():
    # mean 0.005; downside sqrt((0 + 0.01² + 0 + 0)/4) = 0.005
    assert metrics.sortino_ratio([0.01, -0.01, 0.02, 0.0], 4) == pytest.approx(2.0)


def test_a_curve_without_a_loss_has_no_sortino_and_no_calmar_ratio():
    assert math.isnan(metrics.sortino_ratio([0.01, 0.02], 260))
    assert math.isnan(metrics.calmar_ratio([100.0, 101.0, 102.0], 260))


def test_annual_return_compounds():
    assert metrics.annual_return([100.0, 105.0, 110.25], bars_per_year=2) == pytest.approx(0.1025)


def test_annual_return_of_a_ruined_account_is_minus_one():
    assert metrics.annual_return([100.0, 0.0], 260) == -1.0
    assert metrics.annual_return([100.0, -30.0], 260) == -1.0


def test_a_short_steep_run_compounds_to_infinity_without_a_warning():
    assert metrics.annual_return([1.0, 1e6], 6240) == math.inf


def test_annual_volatility_by_hand():
    assert metrics.annual_volatility([0.01, -0.01, 0.01, -0.01], 3) == pytest.approx(0.02)


def test_skewness_and_kurtosis_by_hand():
    # centred -1, -1, -1, 3: second moment 3, third 6, fourth 21
    values = [0.0, 0.0, 0.0, 4.0]
    assert metrics.skewness(values) == pytest.approx(6 / 3**1.5)
    assert metrics.kurtosis(values) == pytest.approx(21 / 9)


def test_moments_agree_with_scipy(rng):
    stats = pytest.importorskip("scipy.stats")
    returns = rng.standard_t(5, 500) / 100
    assert metrics.skewness(returns) == pytest.approx(stats.skew(returns), rel=1e-12)
    assert metrics.kurtosis(returns) == pytest.approx(stats.kurtosis(returns, fisher=False), rel=1e-12)


# --- drawdown


def test_drawdowns_are_zero_at_highs_and_negative_below():
    equity = [100.0, 120.0, 90.0, 120.0, 150.0, 75.0]
    np.testing.assert_allclose(metrics.drawdowns(equity), [0, 0, -0.25, 0, 0, -0.5])
    assert metrics.max_drawdown(equity) == 0.5
    assert metrics.ulcer_index(equity) == pytest.approx(math.sqrt((0.25**2 + 0.5**2) / 6))
    assert metrics.calmar_ratio(equity, 5) == pytest.approx((75 / 100 - 1) / 0.5)


def test_a_rising_curve_has_no_drawdown():
    assert math.copysign(1, metrics.max_drawdown([1.0, 2.0, 3.0])) == 1.0
    assert metrics.max_drawdown([1.0, 2.0, 3.0]) == 0.0
    assert metrics.max_drawdown_duration([1.0, 2.0, 3.0]) == 0


@pytest.mark.parametrize(
    ("equity", "bars"),
    [
        ([10, 9, 10, 9, 8, 10], 2),
        ([10, 9, 8, 7], 3),  # still open
        ([10, 9, 9.5, 10, 11, 10.5], 2),
        ([10], 0),
    ],
)
def test_the_longest_drawdown_is_counted_in_bars_below_the_high(equity, bars):
    assert metrics.max_drawdown_duration(equity) == bars


@given(equities, st.floats(0.01, 100))
def test_drawdowns_do_not_depend_on_the_currency(equity, rate):
    np.testing.assert_allclose(metrics.drawdowns(equity * rate), metrics.drawdowns(equity), atol=1e-12)


@given(equities)
def test_the_longest_drawdown_agrees_with_a_plain_count(equity):
    longest = run = 0
    high = equity[0]
    for value in equity:
        high = max(high, value)
        run = run + 1 if value / high - 1.0 < 0 else 0
        longest = max(longest, run)
    assert metrics.max_drawdown_duration(equity) == longest


@pytest.mark.parametrize(
    ("equity", "complaint"),
    [
        ([], "equity needs 1 values or more, got 0"),
        ([0.0, 1.0], r"equity\[0\] is 0.0; an equity curve starts above zero"),
        ([1.0, np.nan], r"equity\[1\] is nan"),
    ],
)
def test_unusable_equity_is_named(equity, complaint):
    with pytest.raises(ValueError, match=complaint):
        metrics.max_drawdown(equity)


# --- positions and trades


def test_turnover_counts_from_a_flat_start_over_all_symbols():
    assert metrics.turnover([0.0, 1.0, 1.0, -1.0, 0.0]) == 4.0
    assert metrics.turnover([[1.0, -0.5], [0.0, -0.5]]) == 2.5
    assert metrics.turnover([]) == 0.0


def test_time_in_market_counts_bars_with_any_position():
    assert metrics.time_in_market([0.0, 1.0, -1.0, 0.0]) == 0.5
    assert metrics.time_in_market([[0.0, 0.0], [0.0, 2.0]]) == 0.5
    assert math.isnan(metrics.time_in_market([]))


def test_a_gap_in_exposure_is_named():
    with pytest.raises(ValueError, match=r"exposure\[1, 0\] is nan; fill it \(0 is flat\)"):
        metrics.turnover([0.0, np.nan])
    with pytest.raises(ValueError, match=r"exposure has shape \(1, 1, 1\)"):
        metrics.time_in_market([[[1.0]]])


def test_trade_measures_by_hand():
    pnl = [30.0, -10.0, 0.0, 20.0]
    assert metrics.win_rate(pnl) == 0.5
    assert metrics.profit_factor(pnl) == 5.0
    assert metrics.expectancy(pnl) == 10.0


def test_without_trades_there_is_nothing_to_measure():
    assert all(math.isnan(f([])) for f in (metrics.win_rate, metrics.profit_factor, metrics.expectancy))


def test_a_profit_factor_without_losses_is_infinite_and_without_wins_zero():
    assert metrics.profit_factor([5.0]) == math.inf
    assert metrics.profit_factor([-5.0]) == 0.0


def test_a_pandas_series_is_read_as_its_values():
    index = pd.date_range("2021-03-01", periods=3, freq="1h", tz="UTC")
    assert metrics.max_drawdown(pd.Series([100.0, 80.0, 90.0], index=index)) == pytest.approx(0.2)
