"""Trend features: where the price stands against its own averages."""

from __future__ import annotations

import pandas as pd

from fxlab.features.shape import log, one_or_many, whole
from fxlab.market import Bars


def moving_average_ratio(bars: Bars, fast: int = 10, slow: int = 50) -> pd.Series | pd.DataFrame:
    """Log ratio of two simple moving averages of the mid close: ln(mean of `fast` / mean of `slow` bars).

    Args:
        bars: one pair or several.
        fast, slow: bars in each average, fast below slow.

    Returns:
        dimensionless, positive in an up-trend, NaN in the first slow - 1 rows.

    Raises:
        ValueError: fast or slow is not a whole number of at least one, or fast is not below slow.

    Source: Brock, Lakonishok & LeBaron (1992), "Simple technical trading rules", J. Finance 47(5).
    """
    _fast_below_slow("moving_average_ratio", fast, slow)
    close = bars.close
    return one_or_many(log(close.rolling(fast).mean() / close.rolling(slow).mean()), "moving_average_ratio")


def macd(bars: Bars, fast: int = 12, slow: int = 26, signal: int = 9) -> pd.Series | pd.DataFrame:
    """MACD histogram as a fraction of the mid close.

    With EMA_n the exponential average of span n started at the first close: m = EMA_fast - EMA_slow;
    histogram = (m - EMA_signal of m) / close. Relative to the price, so that pairs compare.

    Args:
        bars: one pair or several.
        fast, slow: spans of the two averages of the close in bars, fast below slow.
        signal: span of the average of their difference.

    Returns:
        dimensionless, NaN in the first slow + signal - 2 rows. Its memory is infinite: values on a later
        start differ in the last digits long after the warm-up.

    Raises:
        ValueError: a span is not a whole number of at least one, or fast is not below slow.

    Source: Appel (1979), "The Moving Average Convergence-Divergence Method"; histogram after Aspray (1986).
    """
    _fast_below_slow("macd", fast, slow)
    whole("macd", "signal", signal, 1)
    close = bars.close
    difference = _ema(close, fast) - _ema(close, slow)
    return one_or_many((difference - _ema(difference, signal)) / close, "macd")


def _ema(values: pd.DataFrame, span: int) -> pd.DataFrame:
    average = values.ewm(span=span, adjust=False, min_periods=span, ignore_na=True).mean()
    return average.where(values.notna())  # pandas repeats the last average where a bar is missing


def _fast_below_slow(feature: str, fast: int, slow: int) -> None:
    whole(feature, "fast", fast, 1)
    whole(feature, "slow", slow, 1)
    if fast >= slow:
        raise ValueError(f"{feature}: fast is {fast} and slow is {slow}; give a fast below slow")
