"""Known answers of the papers' formulas, and what a bootstrap interval must and must not do."""

from __future__ import annotations

import math
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab import metrics, validation
from fxlab.validation import (
    annualization_factor,
    automatic_block_length,
    bootstrap_interval,
    deflated_sharpe_ratio,
    expected_max_sharpe,
    mase,
    minimum_backtest_length,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
    sharpe_difference_interval,
    sharpe_interval,
    sharpe_standard_error,
    stationary_bootstrap,
)

sharpes = st.floats(-0.5, 0.5)


# --- formulas


def test_known_answers_of_the_papers():
    assert probabilistic_sharpe_ratio(0.458, 24) == pytest.approx(0.9816749, abs=1e-6)
    assert probabilistic_sharpe_ratio(0.458, 24, skew=-2.448, kurtosis=10.164) == pytest.approx(
        0.9133611, abs=1e-6
    )
    assert sharpe_standard_error(0.7079, 134, skew=-0.2250, kurtosis=2.9570) == pytest.approx(
        0.1027608, abs=1e-6
    )
    assert expected_max_sharpe(100) == pytest.approx(2.5306029, abs=1e-6)
    assert mase([7, 5], [6, 6], in_sample=[1, 3, 2, 5, 4, 6]) == pytest.approx(0.5555556, abs=1e-6)


def test_the_deflated_sharpe_ratio_of_the_paper():
    found = deflated_sharpe_ratio(
        2.5 / math.sqrt(250), n=1250, n_trials=100, trial_variance=0.5 / 250, skew=-3, kurtosis=10
    )
    assert found.threshold == pytest.approx(0.1131720, abs=1e-6)
    assert found.value == pytest.approx(0.9003968, abs=1e-6)


@given(sharpes, st.integers(2, 5000), st.floats(-1, 1), st.floats(3, 10))
def test_being_better_and_being_worse_have_probabilities_that_sum_to_one(sharpe, n, skew, kurtosis):
    above = probabilistic_sharpe_ratio(sharpe, n, skew, kurtosis, benchmark=sharpe - 0.1)
    below = probabilistic_sharpe_ratio(sharpe, n, skew, kurtosis, benchmark=sharpe + 0.1)
    assert above + below == pytest.approx(1.0)
    assert probabilistic_sharpe_ratio(sharpe, n, skew, kurtosis, benchmark=sharpe) == pytest.approx(0.5)


@given(st.floats(0.02, 0.5), st.floats(-1, 1), st.floats(3, 10))
def test_a_track_record_of_minimum_length_has_the_confidence_asked_for(sharpe, skew, kurtosis):
    n = minimum_track_record_length(sharpe, confidence=0.95, skew=skew, kurtosis=kurtosis)
    # the paper's length is a real number; put it back into the same formula
    error = sharpe_standard_error(sharpe, 2, skew, kurtosis) / math.sqrt(n - 1)
    assert sharpe / error == pytest.approx(1.6448536, abs=1e-6)


def test_no_track_record_is_long_enough_for_a_ratio_below_its_benchmark():
    assert minimum_track_record_length(0.1, benchmark=0.1) == math.inf


def test_forty_five_trials_need_five_years_to_doubt_a_sharpe_ratio_of_one():
    # Bailey et al. (2014): "after trying only 45 ... five years of data"
    assert minimum_backtest_length(45) == pytest.approx(5.0, abs=0.1)


def test_one_trial_expects_nothing_and_more_trials_expect_more():
    best = [expected_max_sharpe(n) for n in (1, 2, 5, 50, 500)]
    assert best[0] == 0.0
    assert all(np.diff(best) > 0)


def test_the_expected_maximum_is_near_what_a_simulation_gives(rng):
    simulated = rng.normal(size=(20_000, 100)).max(axis=1).mean()
    assert expected_max_sharpe(100) == pytest.approx(simulated, abs=0.04)


def test_independent_returns_annualise_by_the_square_root():
    assert annualization_factor(12) == pytest.approx(math.sqrt(12))
    assert annualization_factor(1, [0.5]) == 1.0


def test_trending_returns_annualise_by_less_worked_by_hand():
    # q = 3, rho = .5, .25: 3 / sqrt(3 + 2 (2 * .5 + 1 * .25))
    assert annualization_factor(3, [0.5, 0.25]) == pytest.approx(3 / math.sqrt(5.5))


def test_a_naive_forecast_of_one_more_step_scores_the_step_over_the_average_step():
    assert mase([5], [3], in_sample=[1, 2, 3]) == 2.0
    assert mase([5], [3], in_sample=[1, 9, 2, 8, 3, 9], season=2) == pytest.approx(2 / 1.0)
    assert math.isnan(mase([5], [3], in_sample=[2, 2, 2]))


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: sharpe_standard_error(0.1, 1), "n is 1; a standard error needs two"),
        (lambda: sharpe_standard_error(0.1, 9, 0.0, 0.5), "belong to no distribution"),
        (lambda: probabilistic_sharpe_ratio(math.nan, 9), "sharpe is nan; a flat or empty series"),
        (lambda: expected_max_sharpe(0), "n_trials is 0; count every variant tried"),
        (lambda: expected_max_sharpe(5, -1.0), "variance is -1.0; pass the variance"),
        (lambda: minimum_track_record_length(0.1, confidence=95), "confidence is 95; pass a probability"),
        (lambda: minimum_backtest_length(10, 0.0), "target_sharpe is 0.0; pass a positive"),
        (lambda: annualization_factor(0), "periods is 0; pass 1 or more"),
        (lambda: annualization_factor(12, [0.1, 2.0]), "autocorrelation at lag 2 is 2.0"),
        (lambda: annualization_factor(3, [-1.0, -1.0]), "no series has them"),
        (lambda: mase([1, 2], [1], [1, 2]), "truth has 2 values and forecast 1"),
        (lambda: mase([1], [1], [1]), "in_sample has 1 values and season is 1"),
        (lambda: mase([np.nan], [1], [1, 2]), r"truth\[0\] is nan"),
    ],
)
def test_unusable_arguments_are_named(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call()


# --- the bootstrap


def test_resamples_are_blocks_that_run_on_and_wrap_round():
    rows = np.concatenate(list(stationary_bootstrap(50, 400, block=10, seed=1)))
    assert rows.shape == (400, 50)
    assert rows.min() == 0
    assert rows.max() == 49
    runs_on = (np.diff(rows, axis=1) % 50) == 1
    # a new block begins one time in ten and by chance runs on one time in fifty
    assert runs_on.mean() == pytest.approx(1 - 0.1 * 49 / 50, abs=0.01)
    assert np.bincount(rows.ravel(), minlength=50) / rows.size == pytest.approx(np.full(50, 0.02), abs=0.004)


def test_blocks_of_one_row_are_independent_draws():
    rows = np.concatenate(list(stationary_bootstrap(50, 400, block=1, seed=1)))
    assert ((np.diff(rows, axis=1) % 50) == 1).mean() == pytest.approx(1 / 50, abs=0.005)


def test_batches_bound_memory_without_losing_resamples(monkeypatch):
    monkeypatch.setattr(validation.statistics, "_INDICES_AT_ONCE", 100)
    batches = [len(batch) for batch in stationary_bootstrap(30, 10, block=2)]
    assert batches == [3, 3, 3, 1]


def test_the_same_seed_gives_the_same_interval_and_another_seed_another(rng):
    returns = rng.normal(0.0002, 0.01, 300)
    assert sharpe_interval(returns, 260, seed=3, block=2) == sharpe_interval(returns, 260, seed=3, block=2)
    assert sharpe_interval(returns, 260, seed=3, block=2) != sharpe_interval(returns, 260, seed=4, block=2)


def test_the_fast_sharpe_interval_is_the_plain_one(rng):
    returns = rng.normal(0.0002, 0.01, 120)
    fast = sharpe_interval(returns, 260, n_resamples=200, block=3)
    plain = bootstrap_interval(returns, lambda x: metrics.sharpe_ratio(x, 260), n_resamples=200, block=3)
    assert (fast.low, fast.high) == pytest.approx((plain.low, plain.high), rel=1e-12)
    assert fast.estimate == metrics.sharpe_ratio(returns, 260)


def test_an_interval_of_independent_returns_is_as_wide_as_theory_says(rng):
    returns = rng.normal(0.0005, 0.01, 2000)
    found = sharpe_interval(returns, 260, n_resamples=2000, block=1)
    error = sharpe_standard_error(found.estimate / math.sqrt(260), 2000) * math.sqrt(260)
    assert found.high - found.low == pytest.approx(2 * 1.6448536 * error, rel=0.08)


def test_ninety_percent_intervals_hold_the_truth_about_nine_times_in_ten(rng):
    truth = 0.05 * math.sqrt(260)
    held = [
        truth in sharpe_interval(rng.normal(0.0005, 0.01, 250), 260, n_resamples=300, block=1, seed=rng)
        for _ in range(200)
    ]
    assert 0.83 <= np.mean(held) <= 0.96  # binomial deviation 0.02


def test_autocorrelated_rows_get_longer_blocks_and_a_wider_interval(rng):
    noise = rng.normal(size=3000)
    trending = np.empty(3000)
    trending[0] = noise[0]
    for i in range(1, 3000):
        trending[i] = 0.7 * trending[i - 1] + noise[i]
    pytest.importorskip("arch")
    assert automatic_block_length(noise) < 5 < automatic_block_length(trending)
    narrow = bootstrap_interval(trending, np.mean, block=1, n_resamples=500)
    wide = bootstrap_interval(trending, np.mean, n_resamples=500)
    # the variance of such a mean is (1 + 0.7) / (1 - 0.7) times that of independent rows
    assert (wide.high - wide.low) / (narrow.high - narrow.low) == pytest.approx(
        math.sqrt(1.7 / 0.3), rel=0.25
    )


def test_short_series_need_no_arch(monkeypatch, rng):
    monkeypatch.setitem(sys.modules, "arch.bootstrap", None)
    assert automatic_block_length(rng.normal(size=27)) == pytest.approx(3.0)


def test_a_missing_arch_says_what_to_install(monkeypatch, rng):
    monkeypatch.setitem(sys.modules, "arch.bootstrap", None)
    with pytest.raises(ImportError, match=r'pip install "fxlab\[validation\]", or pass block='):
        sharpe_interval(rng.normal(size=100), 260)


def test_one_column_that_hardly_moves_does_not_upset_the_block_length():
    pytest.importorskip("arch")
    spike = np.zeros(200)
    spike[90] = 0.1
    assert automatic_block_length(np.column_stack([spike, np.zeros(200)])) == 1.0


@pytest.mark.parametrize("value", [0.0, 0.01])
def test_a_flat_series_has_no_interval_and_no_warning(value):
    found = sharpe_interval(np.full(100, value), 260)
    assert math.isnan(found.estimate)
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert 0.0 not in found


def test_resamples_without_risk_are_left_out():
    one_trade = np.zeros(50)
    one_trade[7] = 0.01
    found = sharpe_interval(one_trade, 260, block=1)  # a third of the resamples miss the trade
    assert 0.0 < found.low < found.high


def test_an_interval_from_a_minority_of_resamples_is_none():
    values = np.array([1.0] + [0.0] * 4)
    found = bootstrap_interval(values, lambda x: x.mean() if x[0] > 0 else np.nan, block=1)  # one in five
    assert found.estimate == 0.2
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_a_strategy_against_itself_differs_by_exactly_nothing(rng):
    returns = rng.normal(0, 0.01, 200)
    found = sharpe_difference_interval(returns, returns, 260, block=2)
    assert (found.low, found.high, found.estimate) == (0.0, 0.0, 0.0)


def test_pairing_removes_what_both_series_share(rng):
    market = rng.normal(0, 0.01, 500)
    better = market + 0.0005 + rng.normal(0, 0.0005, 500)
    paired = sharpe_difference_interval(better, market, 260, block=1)
    alone = sharpe_interval(better, 260, block=1)
    assert paired.low > 0.0
    assert paired.high - paired.low < 0.3 * (alone.high - alone.low)


def test_several_columns_are_resampled_by_the_same_rows(rng):
    x = rng.normal(size=300)
    found = bootstrap_interval(np.column_stack([x, 2 * x]), lambda v: np.corrcoef(v.T)[0, 1], block=1)
    assert (found.low, found.high) == pytest.approx((1.0, 1.0))


def test_a_thousand_resamples_of_two_thousand_returns_take_less_than_a_second(rng):
    returns = rng.normal(0, 0.01, 2000)
    sharpe_interval(returns, 260, n_resamples=10)  # imports arch
    took = []
    for _ in range(3):
        begin = time.perf_counter()
        sharpe_interval(returns, 260)
        took.append(time.perf_counter() - begin)
    assert min(took) < 1.0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"level": 90}, "level is 90; pass a share between 0 and 1"),
        ({"n_resamples": 0}, "n_resamples is 0; draw one or more"),
        ({"block": 0.5}, "block is 0.5; pass a mean block length of 1 row or more"),
        ({"values": [0.01]}, "a bootstrap needs two rows or more, got 1"),
        ({"values": [0.01, np.nan]}, r"values\[1, 0\] is nan; drop or fill gaps"),
        ({"values": np.zeros((2, 2, 2))}, r"values has shape \(2, 2, 2\)"),
    ],
)
def test_unusable_bootstraps_are_named(arguments, complaint):
    values = arguments.pop("values", [0.01, 0.02, 0.03]) if "values" in arguments else [0.01, 0.02, 0.03]
    with pytest.raises(ValueError, match=complaint):
        bootstrap_interval(values, np.mean, **arguments)


def test_a_paired_comparison_needs_the_same_bars():
    with pytest.raises(ValueError, match="returns has 3 bars and benchmark_returns 2"):
        sharpe_difference_interval([0.1, 0.2, 0.1], [0.1, 0.2], 260)
    with pytest.raises(ValueError, match=r"benchmark_returns\[1\] is nan"):
        sharpe_difference_interval([0.1, 0.2], [0.1, np.nan], 260)
