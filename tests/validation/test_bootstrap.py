"""What a bootstrap interval must and must not do."""

from __future__ import annotations

import math
import sys
import time

import numpy as np
import pytest

from fxlab import metrics, validation
from fxlab.validation import (
    automatic_block_length,
    bootstrap_interval,
    sharpe_difference_interval,
    sharpe_interval,
    sharpe_standard_error,
    stationary_bootstrap,
)


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
    monkeypatch.setattr(validation.bootstrap, "_INDICES_AT_ONCE", 100)
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
    found = bootstrap_interval(
        np.column_stack([x, 2 * x]), lambda v: np.asarray(np.corrcoef(v.T))[0, 1], block=1
    )
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
