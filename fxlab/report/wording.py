"""Numbers as a reader meets them: the unit decides the decimals, "–" stands for a figure without meaning."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

ABSENT = "–"
"""What a figure without a value reads as, such as the Sharpe ratio of a flat run."""


def told(value: Any, decimals: int | None = None) -> str:
    """A value as text: thousands apart, a real minus sign, times in UTC, "–" for NaN and None.

    Args:
        value: number, text, truth value, time, time span or None.
        decimals: of a float; None gives two, fewer than 0.01 in absolute value gives three digits that count.

    >>> told(-12345.678), told(float("nan")), told(7), told(0.00123)
    ('−12,345.68', '–', '7', '0.00123')
    """
    if value is None or value is pd.NaT:
        return ABSENT
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d %H:%M}" + (" UTC" if value.tzinfo is not None else "")
    if isinstance(value, pd.Timedelta):
        return _span(value)
    if isinstance(value, (int, np.integer)):
        return _signed(f"{int(value):,}")
    if isinstance(value, (float, np.floating)):
        return _float(float(value), decimals)
    return str(value)


def percent(fraction: float, decimals: int = 1) -> str:
    """A fraction as percent.

    >>> percent(0.1234), percent(-0.5, 0)
    ('12.3 %', '−50 %')
    """
    text = told(fraction * 100, decimals)
    return text if text == ABSENT else f"{text} %"


def between(low: float, high: float) -> str:
    """An interval as words: "from −1.10 to 0.52"."""
    return f"from {told(low)} to {told(high)}"


def counted(n: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> counted(1, "trade"), counted(1200, "entry", "entries")
    ('1 trade', '1,200 entries')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def _float(value: float, decimals: int | None) -> str:
    if math.isnan(value):
        return ABSENT
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if decimals is None:
        if 0 < abs(value) < 0.01:
            return _signed(f"{value:.3g}")
        decimals = 2
    text = f"{value:,.{decimals}f}"
    return _signed(text if float(text.replace(",", "")) else text.lstrip("-"))  # no "-0.00"


def _span(value: pd.Timedelta) -> str:
    seconds = round(abs(value.total_seconds()))
    parts = []
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count:,} {unit}")
    return ("−" if value < pd.Timedelta(0) else "") + " ".join(parts[:2] or ["0 s"])


def _signed(text: str) -> str:
    return "−" + text[1:] if text.startswith("-") else text
