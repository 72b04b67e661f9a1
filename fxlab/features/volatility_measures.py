"""Volatility features: the size of moves, per bar, from closes, ranges, or all four prices."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fxlab.features.shape import log, one_or_many, whole, wilder_average
from fxlab.market import Bars


def volatility(bars: Bars, period: int = 20) -> pd.Series | pd.DataFrame:
    """Close-to-close volatility: standard deviation (ddof 1) of the last `period` one-bar log returns.

    Args:
        bars: one pair or several.
        period: returns in the window, two or more.

    Returns:
        per bar, as a fraction (multiply by sqrt(bars.bars_per_year) for a year's), NaN in the first `period`
        rows.

    Raises:
        ValueError: period is not a whole number of at least two.
    """
    whole("volatility", "period", period, 2)
    logs = log(bars.close)
    return one_or_many((logs - logs.shift(1)).rolling(period).std(), "volatility")


def parkinson_volatility(bars: Bars, period: int = 20) -> pd.Series | pd.DataFrame:
    """Volatility from high and low: sqrt(mean over `period` bars of ln(high / low)² / (4 ln 2)).

    Unbiased without drift and gaps, with a fifth of the variance of the close-to-close estimate. Zero on bars
    whose source has one price a day (open = high = low = close).

    Args:
        bars: one pair or several.
        period: bars in the window.

    Returns:
        per bar, as a fraction, NaN in the first period - 1 rows.

    Raises:
        ValueError: period is not a whole number of at least one.

    Source: Parkinson (1980), "The extreme value method for estimating the variance of the rate of return",
        J. Business 53(1), eq. 7.
    """
    whole("parkinson_volatility", "period", period, 1)
    spans = log(bars.high / bars.low)
    return one_or_many(
        np.sqrt((spans * spans / (4.0 * np.log(2.0))).rolling(period).mean()), "parkinson_volatility"
    )


def garman_klass_volatility(bars: Bars, period: int = 20) -> pd.Series | pd.DataFrame:
    """Volatility from all four prices: sqrt(mean of ln(high / low)² / 2 - (2 ln 2 - 1) ln(close / open)²).

    Args:
        bars: one pair or several.
        period: bars in the window.

    Returns:
        per bar, as a fraction, NaN in the first period - 1 rows.

    Raises:
        ValueError: period is not a whole number of at least one.

    Source: Garman & Klass (1980), "On the estimation of security price volatilities from historical data",
        J. Business 53(1), eq. 20 with the opening jump left out.
    """
    whole("garman_klass_volatility", "period", period, 1)
    spans, body = log(bars.high / bars.low), log(bars.close / bars.open)
    variance = 0.5 * spans * spans - (2.0 * np.log(2.0) - 1.0) * body * body
    # a running sum may leave -1e-25 where every term is zero or more
    return one_or_many(np.sqrt(variance.rolling(period).mean().clip(lower=0.0)), "garman_klass_volatility")


def atr(bars: Bars, period: int = 14) -> pd.Series | pd.DataFrame:
    """Average true range as a fraction of the mid close.

    True range: the largest of high - low, |high - previous close| and |low - previous close|, averaged as
    Wilder does from the second bar on.

    Args:
        bars: one pair or several.
        period: bars in the average.

    Returns:
        dimensionless, NaN in the first `period` rows. Its memory is infinite, fading by (period - 1) /
        period a bar.

    Raises:
        ValueError: period is not a whole number of at least one.

    Source: Wilder (1978), "New Concepts in Technical Trading Systems", p. 21.
    """
    whole("atr", "period", period, 1)
    high, low, before = bars.high, bars.low, bars.close.shift(1)
    # against a NaN previous close both comparisons fail, and the range becomes NaN as it must
    true_range = high.where(high >= before, before) - low.where(low <= before, before)
    return one_or_many(wilder_average(true_range, period) / bars.close, "atr")
