"""How sure can we be? Bootstrap intervals, and Sharpe ratios corrected for luck, length and many trials.

Sharpe ratios in this file are **per period** (not annualised) unless an argument is called
`bars_per_year` or a name says annual; kurtosis is **not** excess (3 for a normal distribution).

Sources
    Bailey & López de Prado (2012), "The Sharpe Ratio Efficient Frontier", J. of Risk 15(2)
    Bailey & López de Prado (2014), "The Deflated Sharpe Ratio", J. Portfolio Management 40(5)
    Bailey, Borwein, López de Prado & Zhu (2014), "Pseudo-Mathematics and Financial Charlatanism",
        Notices of the AMS 61(5)
    Lo (2002), "The Statistics of Sharpe Ratios", Financial Analysts Journal 58(4)
    Hyndman & Koehler (2006), "Another look at measures of forecast accuracy", Int. J. Forecasting 22(4)
    Politis & Romano (1994), "The Stationary Bootstrap", JASA 89(428)
    Politis & White (2004), "Automatic Block-Length Selection for the Dependent Bootstrap",
        Econometric Reviews 23(1), with the correction of Patton, Politis & White (2009), 28(4)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxlab.metrics import sharpe_ratio

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

Floats = NDArray[np.float64]
EULER_GAMMA = 0.5772156649015329
_NORMAL = NormalDist()
_INDICES_AT_ONCE = 2**22  # 32 MiB of row numbers, whatever the length of the series


# --- the stationary block bootstrap ------------------------------------------------------------------


@dataclass(frozen=True)
class Interval:
    """A percentile bootstrap interval.

    Attributes:
        low, high: its ends; NaN when the statistic is not defined on the data.
        estimate: the statistic of the data themselves.
        block: mean block length of the resampling, in rows.
        level: share of the resampled statistics between the ends, such as 0.90.
    """

    low: float
    high: float
    estimate: float
    block: float
    level: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def stationary_bootstrap(
    n: int, n_resamples: int, block: float, seed: int | np.random.Generator = 0
) -> Iterator[NDArray[np.int64]]:
    """Row numbers of resampled series, in batches of shape (resamples in the batch, n).

    Each resample strings together blocks that start anywhere, run on (past the last row to the
    first) for a geometrically distributed length of mean `block`, and so keep the dependence of
    neighbouring rows. A batch is bounded so that memory does not grow with `n_resamples`.

    Source: Politis & Romano (1994).
    """
    rng = np.random.default_rng(seed)
    rows = np.arange(n)
    at_once = max(1, _INDICES_AT_ONCE // n)
    for done in range(0, n_resamples, at_once):
        shape = (min(at_once, n_resamples - done), n)
        starts_block = rng.random(shape) < 1.0 / block
        starts_block[:, 0] = True
        start = rng.integers(0, n, shape)
        block_begins = np.maximum.accumulate(np.where(starts_block, rows, 0), axis=1)
        yield (np.take_along_axis(start, block_begins, axis=1) + rows - block_begins) % n


def automatic_block_length(values: ArrayLike) -> float:
    """Mean block length that suits the memory in the values, in rows: 1 for independent ones.

    Args:
        values: shape (rows,) or (rows, columns); the longest of the columns' lengths is taken.

    Returns:
        the stationary bootstrap's length of Politis & White (2004, corrected 2009), held between 1
        and min(3 sqrt(n), n / 3). Series of fewer than 30 rows are too short for it and use the cube
        root of their length; columns whose values are all equal need no blocks and count as 1.

    Raises:
        ImportError: the package arch is not installed.
    """
    table = _rows(values)
    n = len(table)
    varying = table[:, np.ptp(table, axis=0) > 0.0]
    if varying.shape[1] == 0:
        return 1.0
    if n < 30:  # the autocorrelation cut-off divides by zero on the shortest
        return max(1.0, n ** (1 / 3))
    try:
        from arch.bootstrap import optimal_block_length
    except ImportError as error:
        raise ImportError(
            "the automatic block length needs the package arch, which is not installed: "
            'run pip install "fxlab[validation]", or pass block= yourself (1 for independent rows)'
        ) from error
    with np.errstate(all="ignore"):  # near-constant columns divide by zero inside; NaN becomes 1 below
        lengths = optimal_block_length(varying)["stationary"].to_numpy()
    longest = float(np.nan_to_num(lengths, nan=1.0).max())
    return float(np.clip(longest, 1.0, max(1.0, min(3.0 * math.sqrt(n), n / 3.0))))


def bootstrap_interval(
    values: ArrayLike,
    statistic: Callable[[Floats], float],
    level: float = 0.90,
    n_resamples: int = 1000,
    block: float | None = None,
    seed: int | np.random.Generator = 0,
) -> Interval:
    """Percentile interval of any statistic of dependent rows, by the stationary block bootstrap.

    Args:
        values: shape (rows,), or (rows, columns) to resample several series together.
        statistic: a function of such an array, called once on the data and once a resample.
        level: share of the resampled statistics inside the interval.
        n_resamples: resamples drawn; 1,000 settles a 90 % interval to about a tenth of its width.
        block: mean block length in rows; None for `automatic_block_length`.
        seed: a number, or a generator to draw from.

    Returns:
        the interval. Resamples where the statistic is NaN are left out; with more than half of them
        NaN, or a NaN estimate, the ends are NaN.

    Raises:
        ValueError: fewer than two rows, values not finite, or arguments out of range.
        ImportError: block is None and arch is not installed.
    """
    return _percentile_interval(
        values,
        statistic,
        lambda resampled: np.array([statistic(one) for one in resampled]),
        level,
        n_resamples,
        block,
        seed,
    )


def sharpe_interval(
    returns: ArrayLike,
    bars_per_year: float,
    level: float = 0.90,
    n_resamples: int = 1000,
    block: float | None = None,
    seed: int | np.random.Generator = 0,
) -> Interval:
    """Bootstrap interval of the annualised Sharpe ratio of per-bar returns, shape (bars,).

    Returns:
        the interval; (NaN, NaN) around NaN when all returns are equal, as when flat throughout.

    Raises:
        ValueError: fewer than two bars, a return that is not finite, or arguments out of range.
    """
    return _percentile_interval(
        _one_series(returns, "returns"),
        lambda series: sharpe_ratio(series, bars_per_year),
        lambda resampled: _sharpe_of_rows(resampled, bars_per_year),
        level,
        n_resamples,
        block,
        seed,
    )


def sharpe_difference_interval(
    returns: ArrayLike,
    benchmark_returns: ArrayLike,
    bars_per_year: float,
    level: float = 0.90,
    n_resamples: int = 1000,
    block: float | None = None,
    seed: int | np.random.Generator = 0,
) -> Interval:
    """Bootstrap interval of the annualised Sharpe ratio less the benchmark's, bar paired with bar.

    Both series are resampled by the same rows, so what moves both of them cancels.

    Raises:
        ValueError: series of different lengths, or anything `sharpe_interval` refuses.

    Source: Ledoit & Wolf (2008), "Robust performance hypothesis testing with the Sharpe ratio",
    J. Empirical Finance 15(5). Departure: a percentile interval, not a studentised one.
    """
    ours = _one_series(returns, "returns")
    theirs = _one_series(benchmark_returns, "benchmark_returns")
    if ours.size != theirs.size:
        raise ValueError(
            f"returns has {ours.size} bars and benchmark_returns {theirs.size}; "
            "a paired comparison needs the same bars in both"
        )
    return _percentile_interval(
        np.column_stack([ours, theirs]),
        lambda pair: sharpe_ratio(pair[:, 0], bars_per_year) - sharpe_ratio(pair[:, 1], bars_per_year),
        lambda pairs: (
            _sharpe_of_rows(pairs[:, :, 0], bars_per_year) - _sharpe_of_rows(pairs[:, :, 1], bars_per_year)
        ),
        level,
        n_resamples,
        block,
        seed,
    )


def _percentile_interval(
    values: ArrayLike,
    of_data: Callable[[Floats], float],
    of_resamples: Callable[[Floats], Floats],  # (resamples, rows[, columns]) -> (resamples,)
    level: float,
    n_resamples: int,
    block: float | None,
    seed: int | np.random.Generator,
) -> Interval:
    if not 0.0 < level < 1.0:
        raise ValueError(f"level is {level}; pass a share between 0 and 1, such as 0.90")
    if n_resamples < 1:
        raise ValueError(f"n_resamples is {n_resamples}; draw one or more, 1,000 is usual")
    if block is not None and not (math.isfinite(block) and block >= 1.0):
        raise ValueError(
            f"block is {block}; pass a mean block length of 1 row or more, or None to measure it"
        )
    data = np.asarray(values, dtype=np.float64)
    n = len(_rows(data))
    block = automatic_block_length(data) if block is None else float(block)
    estimate = float(of_data(data))
    low = high = float("nan")
    if not math.isnan(estimate):
        drawn = np.concatenate(
            [of_resamples(data[rows]) for rows in stationary_bootstrap(n, n_resamples, block, seed)]
        )
        defined = drawn[~np.isnan(drawn)]
        if 2 * defined.size >= n_resamples:
            low, high = (float(q) for q in np.quantile(defined, [(1 - level) / 2, (1 + level) / 2]))
    return Interval(low, high, estimate, block, level)


def _sharpe_of_rows(returns: Floats, bars_per_year: float) -> Floats:  # (resamples, bars) -> (resamples,)
    """`sharpe_ratio` of every row at once, NaN for the rows whose returns are all equal."""
    deviation = returns.std(axis=1, ddof=1)
    risky = deviation > 1e-12 * np.abs(returns).max(axis=1)
    mean = returns.mean(axis=1)
    ratio = np.divide(mean, deviation, out=np.full(len(returns), np.nan), where=risky)
    return ratio * math.sqrt(bars_per_year)


# --- Sharpe ratios, corrected ------------------------------------------------------------------------


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
    actual, predicted = _one_series(truth, "truth"), _one_series(forecast, "forecast")
    history = _one_series(in_sample, "in_sample")
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


# --- what the functions above accept -----------------------------------------------------------------


def _rows(values: ArrayLike) -> Floats:
    """The values as finite columns, shape (rows, columns)."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim not in (1, 2):
        raise ValueError(f"values has shape {array.shape}; pass (rows,) or (rows, columns)")
    table = array[:, np.newaxis] if array.ndim == 1 else array
    if len(table) < 2:
        raise ValueError(f"a bootstrap needs two rows or more, got {len(table)}")
    if not np.isfinite(table).all():
        i, j = (int(k) for k in np.argwhere(~np.isfinite(table))[0])
        raise ValueError(f"values[{i}, {j}] is {table[i, j]}; drop or fill gaps before resampling")
    return table


def _one_series(values: ArrayLike, name: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}; pass one dimension, a value a bar")
    if not np.isfinite(array).all():
        i = int(np.flatnonzero(~np.isfinite(array))[0])
        raise ValueError(f"{name}[{i}] is {array[i]}; drop or fill gaps first")
    return array


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
