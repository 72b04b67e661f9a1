"""What features share: a Series for one pair, a column per symbol for several; checked settings."""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd


def one_or_many(frame: pd.DataFrame, name: str) -> pd.Series | pd.DataFrame:
    """The only column as a Series called `name`, or the frame as it is when it has several symbols."""
    return frame.iloc[:, 0].rename(name) if frame.shape[1] == 1 else frame


def log(values: pd.DataFrame) -> pd.DataFrame:
    """Natural logarithm of each value: np.log, typed as the frame it returns."""
    return cast(pd.DataFrame, np.log(values))


def whole(feature: str, setting: str, value: object, least: int) -> None:
    """Raise unless a setting is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{feature}: {setting} is {value!r}; give a whole number of at least {least}")


def wilder_average(values: pd.DataFrame, period: int) -> pd.DataFrame:
    """Wilder's running average: a mean of `period` values, then (a[i - 1] (period - 1) + x[i]) / period.

    Args:
        values: (bars × symbols); leading NaN delay the start, later NaN are skipped and stay NaN.
        period: values in the first mean.

    Returns:
        (bars × symbols), NaN until the first mean exists.

    Source: Wilder (1978), "New Concepts in Technical Trading Systems", p. 65.
    """
    means = values.rolling(period).mean()
    started = means.notna().cummax()
    first = started & ~started.shift(1, fill_value=False)
    seeded = values.where(started).mask(first, means)
    return seeded.ewm(alpha=1 / period, adjust=False, ignore_na=True).mean().where(values.notna())
