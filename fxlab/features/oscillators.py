"""Oscillators: bounded or standardised readings of how stretched the price is."""

from __future__ import annotations

import pandas as pd

from fxlab.features.shape import one_or_many, whole, wilder_average
from fxlab.market import Bars


def rsi(bars: Bars, period: int = 14) -> pd.Series | pd.DataFrame:
    """Relative strength index of the mid close: 100 G / (G + L), Wilder's averages of gains and losses.

    A price that never moved reads 50.

    Args:
        bars: one pair or several.
        period: bars in the averages.

    Returns:
        0 to 100, NaN in the first `period` rows. Its memory is infinite, fading by (period - 1) / period a
        bar.

    Raises:
        ValueError: period is not a whole number of at least one.

    Source: Wilder (1978), "New Concepts in Technical Trading Systems", pp. 63-70.
    """
    whole("rsi", "period", period, 1)
    change = bars.close.diff()
    gains = wilder_average(change.clip(lower=0.0), period)
    losses = wilder_average((-change).clip(lower=0.0), period)
    both = gains + losses
    return one_or_many((100.0 * gains / both).mask(both == 0, 50.0), "rsi")


def bollinger_z(bars: Bars, period: int = 20) -> pd.Series | pd.DataFrame:
    """Distance of the mid close from its moving average in standard deviations: (close - mean) / s.

    s is the population deviation (ddof 0) of the same `period` closes, as in Bollinger's bands: +2 is the
    upper band. A window of equal closes reads 0.

    Args:
        bars: one pair or several.
        period: bars in the window, two or more.

    Returns:
        dimensionless, within ± sqrt(period - 1), NaN in the first period - 1 rows.

    Raises:
        ValueError: period is not a whole number of at least two.

    Source: Bollinger (2001), "Bollinger on Bollinger Bands", ch. 7.
    """
    whole("bollinger_z", "period", period, 2)
    close = bars.close
    window = close.rolling(period)
    spread = window.std(ddof=0)
    return one_or_many(((close - window.mean()) / spread).mask(spread == 0, 0.0), "bollinger_z")


def range_position(bars: Bars, period: int = 14) -> pd.Series | pd.DataFrame:
    """Where the mid close stands in the range of the last `period` bars: (close - low) / (high - low).

    The stochastic oscillator %K divided by 100; a window without any range reads 0.5.

    Args:
        bars: one pair or several.
        period: bars in the range.

    Returns:
        0 (at the low) to 1 (at the high), NaN in the first period - 1 rows.

    Raises:
        ValueError: period is not a whole number of at least one.

    Source: Lane (1984), "Lane's stochastics", Technical Analysis of Stocks & Commodities 2(3).
    """
    whole("range_position", "period", period, 1)
    low = bars.low.rolling(period).min()
    width = bars.high.rolling(period).max() - low
    return one_or_many(((bars.close - low) / width).mask(width == 0, 0.5), "range_position")
