"""Known answers of the papers' formulas, and the laws that tie them together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab.validation import (
    annualization_factor,
    deflated_sharpe_ratio,
    expected_max_sharpe,
    mase,
    minimum_backtest_length,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
    sharpe_standard_error,
)

sharpes = st.floats(-0.5, 0.5)


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
