"""Sharpe ratios corrected for luck, length and many trials, and the scaled error of a forecast.

Sharpe ratios in this file are **per period** (not annualised) unless an argument or a name says annual;
kurtosis is **not** excess (3 for a normal distribution).

Sources
    Bailey & López de Prado (2012), "The Sharpe Ratio Efficient Frontier", J. of Risk 15(2)
    Bailey & López de Prado (2014), "The Deflated Sharpe Ratio", J. Portfolio Management 40(5)
    Bailey, Borwein, López de Prado & Zhu (2014), "Pseudo-Mathematics and Financial Charlatanism",
        Notices of the AMS 61(5)
    Lo (2002), "The Statistics of Sharpe Ratios", Financial Analysts Journal 58(4)
    Hyndman & Koehler (2006), "Another look at measures of forecast accuracy", Int. J. Forecasting 22(4)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from fxlab.validation.bootstrap import (
    Interval,
    automatic_block_length,
    bootstrap_interval,
    sharpe_difference_interval,
    sharpe_interval,
    stationary_bootstrap,
)
from fxlab.validation.checking import finite_series

__all__ = [
    "DeflatedSharpe",
    "Interval",
    "annualization_factor",
    "automatic_block_length",
    "bootstrap_interval",
    "deflated_sharpe_ratio",
    "expected_max_sharpe",
    "mase",
    "minimum_backtest_length",
    "minimum_track_record_length",
    "probabilistic_sharpe_ratio",
    "sharpe_difference_interval",
    "sharpe_interval",
    "sharpe_standard_error",
    "stationary_bootstrap",
]

EULER_GAMMA = 0.5772156649015329
_NORMAL = NormalDist()


def sharpe_standard_error(sharpe: float, n: int, skew: float = 0.0, kurtosis: float = 3.0) -> float:
    """Standard error of a per-period Sharpe ratio measured on n returns of any distribution.

    Source: Bailey & López de Prado (2012), eq. 8: sqrt((1 - g3 SR + (g4 - 1)/4 SR²) / (n - 1)).

    Raises:
        ValueError: fewer than two returns, or moments no distribution has.
    """
    if n < 2:
        raise ValueError(f"n is {n}; a standard error needs two returns or more")
    return math.sqrt(_sharpe_variance(sharpe, skew, kurtosis) / (n - 1))


def probabilistic_sharpe_ratio(
    sharpe: float, n: int, skew: float = 0.0, kurtosis: float = 3.0, benchmark: float = 0.0
) -> float:
    """Probability that the true per-period Sharpe ratio is above `benchmark`.

    Source: Bailey & López de Prado (2012), eq. 11.

    >>> round(probabilistic_sharpe_ratio(0.458, n=24), 4)
    0.9817
    """
    return _NORMAL.cdf((sharpe - benchmark) / sharpe_standard_error(sharpe, n, skew, kurtosis))


def expected_max_sharpe(n_trials: int, variance: float = 1.0) -> float:
    """The best Sharpe ratio to expect of `n_trials` independent strategies without any skill.

    Args:
        n_trials: strategies tried; one trial picks nothing, so its expected best is 0.
        variance: variance of the trials' Sharpe ratios; the result is in the same period.

    Source: Bailey & López de Prado (2014), eq. 1, with a mean of zero.

    >>> round(expected_max_sharpe(100), 4)
    2.5306
    """
    if n_trials < 1:
        raise ValueError(f"n_trials is {n_trials}; count every variant tried, at least 1")
    if not (math.isfinite(variance) and variance >= 0.0):
        raise ValueError(f"variance is {variance}; pass the variance of the trials' Sharpe ratios, 0 or more")
    if n_trials == 1:
        return 0.0  # the formula's quantile of 1 - 1/1 is minus infinity; the mean of one draw is zero
    quantile = _NORMAL.inv_cdf
    best = (1 - EULER_GAMMA) * quantile(1 - 1 / n_trials) + EULER_GAMMA * quantile(
        1 - 1 / (n_trials * math.e)
    )
    return math.sqrt(variance) * best


@dataclass(frozen=True)
class DeflatedSharpe:
    """Deflated Sharpe ratio.

    Attributes:
        value: probability that the true Sharpe ratio beats `threshold`; above 0.95 is the usual bar.
        threshold: per-period Sharpe ratio that the best of the trials reaches by luck alone.
    """

    value: float
    threshold: float


def deflated_sharpe_ratio(
    sharpe: float,
    n: int,
    n_trials: int,
    trial_variance: float,
    skew: float = 0.0,
    kurtosis: float = 3.0,
) -> DeflatedSharpe:
    """Probabilistic Sharpe ratio of the best of many trials, against what luck alone would reach.

    Args:
        sharpe: per-period Sharpe ratio of the strategy chosen.
        n: returns it was measured on.
        n_trials: independent variants tried before choosing it.
        trial_variance: variance of the trials' **per-period** Sharpe ratios (annual / bars_per_year).
        skew, kurtosis: moments of its returns; kurtosis not excess.

    Source: Bailey & López de Prado (2014), eq. 2.
    """
    threshold = expected_max_sharpe(n_trials, trial_variance)
    return DeflatedSharpe(probabilistic_sharpe_ratio(sharpe, n, skew, kurtosis, threshold), threshold)


def minimum_track_record_length(
    sharpe: float,
    benchmark: float = 0.0,
    confidence: float = 0.95,
    skew: float = 0.0,
    kurtosis: float = 3.0,
) -> float:
    """Returns needed before a per-period Sharpe ratio is above `benchmark` with this confidence.

    Returns:
        a count of returns, not rounded; infinite when the ratio is not above the benchmark.

    Source: Bailey & López de Prado (2012), eq. 13.
    """
    if not 0.5 < confidence < 1.0:
        raise ValueError(f"confidence is {confidence}; pass a probability between 0.5 and 1, such as 0.95")
    if sharpe <= benchmark:
        return float("inf")
    z = _NORMAL.inv_cdf(confidence)
    return 1.0 + _sharpe_variance(sharpe, skew, kurtosis) * (z / (sharpe - benchmark)) ** 2


def minimum_backtest_length(n_trials: int, target_sharpe: float = 1.0) -> float:
    """Years of history below which `n_trials` skilless trials are expected to show `target_sharpe`.

    Args:
        n_trials: independent variants tried.
        target_sharpe: annualised Sharpe ratio that should not appear by luck.

    Source: Bailey, Borwein, López de Prado & Zhu (2014), theorem 1, the exact left-hand side.
    """
    if not target_sharpe > 0.0:
        raise ValueError(f"target_sharpe is {target_sharpe}; pass a positive annualised Sharpe ratio")
    return (expected_max_sharpe(n_trials) / target_sharpe) ** 2


def annualization_factor(periods: int, autocorrelations: Sequence[float] = ()) -> float:
    """What a per-period Sharpe ratio is multiplied by to span `periods` periods.

    Args:
        periods: periods in the longer one, 12 for monthly to annual.
        autocorrelations: of the returns at lags 1, 2, …; lags beyond those given count as zero.
            With none this is the square root of `periods`.

    Raises:
        ValueError: periods below 1, an autocorrelation outside [-1, 1], or ones so negative that the
            longer period would have no variance.

    Source: Lo (2002), eq. 20.
    """
    if periods < 1:
        raise ValueError(f"periods is {periods}; pass 1 or more")
    lags = np.asarray(autocorrelations, dtype=np.float64)[: periods - 1]
    if not (np.abs(lags) <= 1.0).all():  # NaN fails the comparison too
        k = int(np.flatnonzero(~(np.abs(lags) <= 1.0))[0])
        raise ValueError(f"the autocorrelation at lag {k + 1} is {lags[k]}; it lies between -1 and 1")
    variance = periods + 2.0 * float(np.sum((periods - np.arange(1, lags.size + 1)) * lags))
    if variance <= 0.0:
        raise ValueError(
            f"these autocorrelations leave {periods} periods a variance of {variance:.3g} times one; "
            "no series has them"
        )
    return periods / math.sqrt(variance)


def _sharpe_variance(sharpe: float, skew: float, kurtosis: float) -> float:
    """n - 1 times the variance of a Sharpe estimate, shared by its error and the track record."""
    if not math.isfinite(sharpe):
        raise ValueError(f"sharpe is {sharpe}; a flat or empty series has no Sharpe ratio to judge")
    if not kurtosis >= 1.0 + skew**2 - 1e-9:
        raise ValueError(
            f"skew {skew} and kurtosis {kurtosis} belong to no distribution: kurtosis (3 for normal, not "
            "excess) is at least 1 + skew²"
        )
    return 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2


# --- forecasts ---------------------------------------------------------------------------------------


def mase(truth: ArrayLike, forecast: ArrayLike, in_sample: ArrayLike, season: int = 1) -> float:
    """Mean absolute scaled error: below 1 beats the average in-sample naive step.

    Args:
        truth, forecast: shape (steps,).
        in_sample: the history the forecaster was fitted on, in time order.
        season: rows between an observation and its naive forecast; 1 repeats the last value.

    Returns:
        mean absolute error / mean absolute naive step; NaN when the history never moved.

    Source: Hyndman & Koehler (2006), section 3.

    >>> round(mase([7, 5], [6, 6], in_sample=[1, 3, 2, 5, 4, 6]), 4)
    0.5556
    """
    actual, predicted = finite_series(truth, "truth"), finite_series(forecast, "forecast")
    history = finite_series(in_sample, "in_sample")
    if actual.size != predicted.size or actual.size == 0:
        raise ValueError(
            f"truth has {actual.size} values and forecast {predicted.size}; pair them, one or more"
        )
    if season < 1 or history.size <= season:
        raise ValueError(
            f"in_sample has {history.size} values and season is {season}; pass more values than a season, "
            "which is 1 or more"
        )
    naive_step = float(np.abs(history[season:] - history[:-season]).mean())
    if naive_step == 0.0:
        return float("nan")
    return float(np.abs(actual - predicted).mean()) / naive_step
