"""Measures of an equity curve: pure functions of arrays, no pandas, no state.

Conventions for the whole file
    equity      money at the close of each bar, shape (bars,), its first value above zero
    returns     simple return of each bar as a fraction (0.01 is 1 %), shape (bars,)
    exposure    signed multiple of equity held over each bar, shape (bars,) or (bars, symbols)
    pnl         profit of each closed trade in account currency, shape (trades,)
    drawdown    a fraction of the highest equity so far: `drawdowns` is zero or negative,
                `max_drawdown` is its depth and positive
    NaN         the measure is not defined for this input (a Sharpe ratio without risk, a win rate
                without trades); bad input is a ValueError instead

Every function takes anything `numpy.asarray` reads as numbers, a pandas Series included.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "RUIN",
    "annual_return",
    "annual_volatility",
    "calmar_ratio",
    "drawdowns",
    "expectancy",
    "kurtosis",
    "log_growth",
    "log_returns",
    "max_drawdown",
    "max_drawdown_duration",
    "profit_factor",
    "sharpe_ratio",
    "simple_returns",
    "skewness",
    "sortino_ratio",
    "time_in_market",
    "turnover",
    "ulcer_index",
    "win_rate",
]

Floats = NDArray[np.float64]

RUIN = 1e-12
"""The smallest growth factor a log return tells apart from ruin; its logarithm is about -27.6."""


# --- returns -----------------------------------------------------------------------------------------


@numba.njit(cache=True)
def log_growth(before: float, after: float) -> float:
    """Log return from one equity to the next: log(after / before).

    The one function behind every log return: `log_returns` of a finished backtest and the reward of
    an environment's step call this same compiled code, so they agree bit for bit. (No fastmath: it
    would let the compiler round a loop and a single call differently.)

    Ruin is finite, so that sums and learning targets stay finite: an account with nothing before
    (`before <= 0`) has no growth left to lose and returns 0.0; one that loses everything, or falls
    to `RUIN` of what it was or below zero, returns log(RUIN).
    """
    if before <= 0.0:
        return 0.0
    if after <= RUIN * before:
        return math.log(RUIN)
    return math.log(after / before)


@numba.njit(cache=True)
def log_growths(before, after):  # (accounts,), (accounts,) -> (accounts,)
    """`log_growth` of each pair of values: one account's bar for many accounts at once, (accounts,) float64."""
    growth = np.empty(before.size)
    for k in range(before.size):
        growth[k] = log_growth(before[k], after[k])
    return growth


@numba.njit(cache=True)
def _log_returns(equity):  # (bars,) -> (bars - 1,)
    growth = np.empty(equity.size - 1)
    for i in range(equity.size - 1):
        growth[i] = log_growth(equity[i], equity[i + 1])
    return growth


def log_returns(equity: ArrayLike) -> Floats:
    """Log return of each bar after the first, shape (bars - 1,), by `log_growth` and its ruin rule.

    Raises:
        ValueError: fewer than two bars, or an equity that is not finite.

    >>> log_returns([100.0, 110.0, 99.0]).round(4)
    array([ 0.0953, -0.1054])
    """
    return _log_returns(_series(equity, "equity", at_least=2))


def simple_returns(equity: ArrayLike) -> Floats:
    """Simple return of each bar after the first, shape (bars - 1,): after / before - 1.

    Once equity is zero or below there is nothing left to earn a return on: those bars return 0.0, as
    in `log_growth`. A bar that ends below zero returns less than -1.

    Raises:
        ValueError: fewer than two bars, or an equity that is not finite.

    >>> simple_returns([100.0, 110.0, 99.0]).round(4)
    array([ 0.1, -0.1])
    """
    equity = _series(equity, "equity", at_least=2)
    before, after = equity[:-1], equity[1:]
    alive = before > 0.0
    return np.where(alive, after / np.where(alive, before, 1.0) - 1.0, 0.0)


# --- risk and reward ---------------------------------------------------------------------------------


def sharpe_ratio(returns: ArrayLike, bars_per_year: float) -> float:
    """Annualised Sharpe ratio of per-bar returns, with a zero risk-free rate.

    Args:
        returns: simple return of each bar, as a fraction (0.01 is 1 %).
        bars_per_year: bars traded in a year; 260 for daily FX, 260 * 24 for hourly.

    Returns:
        mean / standard deviation * sqrt(bars_per_year), dimensionless; NaN when all returns are equal.

    Raises:
        ValueError: fewer than two bars, or a return is not finite.

    Source: Sharpe (1994), "The Sharpe Ratio", J. Portfolio Management 21(1).

    >>> round(sharpe_ratio(np.array([0.01, -0.01, 0.02]), bars_per_year=260), 2)
    7.04
    """
    returns = np.asarray(returns, dtype=np.float64)
    if returns.size < 2:
        raise ValueError(f"a Sharpe ratio needs two bars or more, got {returns.size}")
    returns = _series(returns, "returns")
    _positive(bars_per_year, "bars_per_year")
    deviation = returns.std(ddof=1)
    if deviation <= 1e-12 * np.abs(returns).max():  # equal returns leave rounding noise, not risk
        return float("nan")
    return float(returns.mean() / deviation * np.sqrt(bars_per_year))


def sortino_ratio(returns: ArrayLike, bars_per_year: float) -> float:
    """Annualised Sortino ratio: mean return over downside deviation, with a target return of zero.

    The downside deviation is the root mean square of min(return, 0) over **all** bars, gains counted
    as zero.

    Returns:
        dimensionless; NaN when no bar lost anything.

    Raises:
        ValueError: fewer than two bars, or a return is not finite.

    Source: Sortino & Price (1994), "Performance Measurement in a Downside Risk Framework",
    J. of Investing 3(3).
    """
    returns = _series(returns, "returns", at_least=2)
    _positive(bars_per_year, "bars_per_year")
    downside = math.sqrt(float(np.mean(np.minimum(returns, 0.0) ** 2)))
    if downside == 0.0:
        return float("nan")
    return float(returns.mean() / downside * math.sqrt(bars_per_year))


def annual_return(equity: ArrayLike, bars_per_year: float) -> float:
    """Compound annual growth rate, as a fraction: (last / first) ** (bars_per_year / steps) - 1.

    Returns:
        -1.0 for an account that ends at zero or below; infinity where a short, steep run compounds
        past the largest float.

    Raises:
        ValueError: fewer than two bars, equity not finite, or a first equity that is not positive.

    >>> round(annual_return([100.0, 105.0, 110.25], bars_per_year=2), 4)
    0.1025
    """
    equity = _curve(equity)
    _positive(bars_per_year, "bars_per_year")
    if equity[-1] <= 0.0:
        return -1.0
    with np.errstate(over="ignore"):  # inf is the honest answer, see Returns
        return float(np.expm1(np.log(equity[-1] / equity[0]) * bars_per_year / (equity.size - 1)))


def annual_volatility(returns: ArrayLike, bars_per_year: float) -> float:
    """Annualised standard deviation of per-bar returns, as a fraction (sample, ddof = 1).

    Raises:
        ValueError: fewer than two bars, or a return is not finite.
    """
    returns = _series(returns, "returns", at_least=2)
    _positive(bars_per_year, "bars_per_year")
    return float(returns.std(ddof=1) * math.sqrt(bars_per_year))


def skewness(returns: ArrayLike) -> float:
    """Skewness g3 of the returns: third central moment over the cube of the deviation (ddof = 0).

    NaN when all returns are equal. Raises ValueError for fewer than two, or one that is not finite.
    """
    return _standard_moment(returns, 3)


def kurtosis(returns: ArrayLike) -> float:
    """Kurtosis g4 of the returns, **not** excess (3 for a normal distribution; ddof = 0).

    NaN when all returns are equal. Raises ValueError for fewer than two, or one that is not finite.
    """
    return _standard_moment(returns, 4)


# --- drawdown ----------------------------------------------------------------------------------------


def drawdowns(equity: ArrayLike) -> Floats:
    """Distance of each bar's equity below the highest so far, as a fraction, shape (bars,).

    Zero at a high and negative below it: -0.25 is a quarter lost since the peak.

    Raises:
        ValueError: no bars, equity not finite, or a first equity that is not positive.

    >>> drawdowns([100.0, 120.0, 90.0]).tolist()
    [0.0, 0.0, -0.25]
    """
    equity = _curve(equity, at_least=1)
    return equity / np.maximum.accumulate(equity) - 1.0


def max_drawdown(equity: ArrayLike) -> float:
    """Deepest drawdown as a positive fraction (0.25 is a quarter lost); above 1 for a debt."""
    return float(-drawdowns(equity).min()) + 0.0  # + 0.0: a curve without a drawdown reads 0.0, not -0.0


def max_drawdown_duration(equity: ArrayLike) -> int:
    """Longest run of consecutive bars below the highest equity so far, in bars.

    A drawdown still open at the last bar counts as far as it has come.
    """
    below = drawdowns(equity) < 0.0
    bars = np.arange(below.size)
    last_high = np.maximum.accumulate(np.where(below, 0, bars))  # the first bar is always a high
    return int((bars - last_high).max())


def calmar_ratio(equity: ArrayLike, bars_per_year: float) -> float:
    """Compound annual return over the deepest drawdown; NaN when equity never fell.

    Source: Young (1991), "Calmar Ratio: A Smoother Tool", Futures 20(1). Departure: measured over the
    whole curve given, not the last 36 months.
    """
    depth = max_drawdown(equity)
    growth = annual_return(equity, bars_per_year)
    return growth / depth if depth > 0.0 else float("nan")


def ulcer_index(equity: ArrayLike) -> float:
    """Root mean square of the drawdowns, as a fraction: long, deep drawdowns weigh most.

    Source: Martin & McCann (1989), The Investor's Guide to Fidelity Funds. Departure: a fraction,
    not a percentage.
    """
    return math.sqrt(float(np.mean(drawdowns(equity) ** 2)))


# --- positions and trades ----------------------------------------------------------------------------


def turnover(exposure: ArrayLike) -> float:
    """Equity traded over the whole run, in multiples of equity, summed over symbols.

    The sum of absolute changes in exposure from a flat start: going from flat to 1 and back to flat
    is a turnover of 2. Divide by the years of the run for an annual figure.

    Raises:
        ValueError: an exposure that is not finite.
    """
    held = _table(exposure, "exposure")
    if held.shape[0] == 0:
        return 0.0
    return float(np.abs(np.diff(held, axis=0, prepend=np.zeros((1, held.shape[1])))).sum())


def time_in_market(exposure: ArrayLike) -> float:
    """Fraction of bars with any position open; NaN when there are no bars."""
    held = _table(exposure, "exposure")
    if held.shape[0] == 0:
        return float("nan")
    return float((held != 0.0).any(axis=1).mean())


def win_rate(pnl: ArrayLike) -> float:
    """Fraction of trades that made money; a trade that breaks even did not. NaN without trades."""
    pnl = _series(pnl, "pnl")
    return float((pnl > 0.0).mean()) if pnl.size else float("nan")


def profit_factor(pnl: ArrayLike) -> float:
    """Gross profit over gross loss; infinite when nothing lost, NaN when nothing won or lost."""
    pnl = _series(pnl, "pnl")
    won, lost = float(pnl[pnl > 0.0].sum()), float(-pnl[pnl < 0.0].sum())
    if lost > 0.0:
        return won / lost
    return float("inf") if won > 0.0 else float("nan")


def expectancy(pnl: ArrayLike) -> float:
    """Mean profit of a trade, in account currency; NaN without trades."""
    pnl = _series(pnl, "pnl")
    return float(pnl.mean()) if pnl.size else float("nan")


# --- what the functions above accept -----------------------------------------------------------------


def _series(values: ArrayLike, name: str, at_least: int = 0) -> Floats:
    """The values as a finite float64 array of shape (n,), or an error that names the first bad one."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}; pass one dimension, a value a bar")
    if array.size < at_least:
        raise ValueError(f"{name} needs {at_least} values or more, got {array.size}")
    if not np.isfinite(array).all():
        i = int(np.flatnonzero(~np.isfinite(array))[0])
        raise ValueError(f"{name}[{i}] is {array[i]}; drop or fill gaps before measuring")
    return array


def _curve(equity: ArrayLike, at_least: int = 2) -> Floats:
    curve = _series(equity, "equity", at_least)
    if curve[0] <= 0.0:
        raise ValueError(f"equity[0] is {curve[0]}; an equity curve starts above zero")
    return curve


def _table(values: ArrayLike, name: str) -> Floats:
    """The values as finite float64 columns, shape (bars, symbols)."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim not in (1, 2):
        raise ValueError(f"{name} has shape {array.shape}; pass (bars,) or (bars, symbols)")
    table = array[:, np.newaxis] if array.ndim == 1 else array
    if not np.isfinite(table).all():
        i, j = (int(k) for k in np.argwhere(~np.isfinite(table))[0])
        raise ValueError(f"{name}[{i}, {j}] is {table[i, j]}; fill it (0 is flat) before measuring")
    return table


def _positive(value: float, name: str) -> None:
    if not (math.isfinite(value) and value > 0.0):
        raise ValueError(f"{name} is {value}; pass a positive number, such as 260 for daily bars")


def _standard_moment(returns: ArrayLike, power: int) -> float:
    returns = _series(returns, "returns", at_least=2)
    centred = returns - returns.mean()
    deviation = math.sqrt(float(np.mean(centred**2)))
    if deviation <= 1e-12 * float(np.abs(returns).max()):  # equal returns, see sharpe_ratio
        return float("nan")
    return float(np.mean((centred / deviation) ** power))
