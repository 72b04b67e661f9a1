"""How far could luck have moved a number? Percentile intervals by the stationary block bootstrap.

Sources
    Politis & Romano (1994), "The Stationary Bootstrap", JASA 89(428)
    Politis & White (2004), "Automatic Block-Length Selection for the Dependent Bootstrap",
        Econometric Reviews 23(1), with the correction of Patton, Politis & White (2009), 28(4)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxlab.metrics import sharpe_ratio
from fxlab.validation.checking import finite_series

__all__ = [
    "Interval",
    "automatic_block_length",
    "bootstrap_interval",
    "sharpe_difference_interval",
    "sharpe_interval",
    "stationary_bootstrap",
]

Floats = NDArray[np.float64]
_INDICES_AT_ONCE = 2**22  # 32 MiB of row numbers, whatever the length of the series


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
        finite_series(returns, "returns"),
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
    ours = finite_series(returns, "returns")
    theirs = finite_series(benchmark_returns, "benchmark_returns")
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
