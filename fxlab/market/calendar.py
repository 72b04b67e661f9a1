"""The FX calendar: the trading week, the 17:00 New York roll-over, and how many bars a year holds."""

from __future__ import annotations

import numpy as np
import pandas as pd

NEW_YORK = "America/New_York"
DAY_NS = 86_400_000_000_000
WEEKDAYS_PER_YEAR = 260  # 52 weeks of five trading days


def bars_per_year(every_ns: int) -> float:
    """Bars a year of the FX week holds, for annualising: 260 daily, 260 * 24 hourly, 365.25 / 7 weekly.

    Args:
        every_ns: length of a bar in nanoseconds, positive.

    >>> bars_per_year(DAY_NS // 24)
    6240.0
    """
    if every_ns <= 0:
        raise ValueError(f"a bar's length is positive, got {every_ns} ns")
    if every_ns <= DAY_NS:
        return WEEKDAYS_PER_YEAR * DAY_NS / every_ns
    if every_ns < 7 * DAY_NS:
        return WEEKDAYS_PER_YEAR / (every_ns / DAY_NS)
    return 365.25 * DAY_NS / every_ns


def is_open(times_ns: np.ndarray) -> np.ndarray:
    """Whether the FX week is open at each instant: Sunday 17:00 to Friday 17:00 New York, holidays not modelled.

    Args:
        times_ns: (instants,) int64 nanoseconds since 1970 UTC.

    Returns:
        (instants,) booleans; the opening instant is open, the closing one is not.
    """
    local = pd.DatetimeIndex(times_ns, tz="UTC").tz_convert(NEW_YORK)
    day, hour = local.day_of_week.to_numpy(), local.hour.to_numpy()  # Monday is 0
    weekend = (day == 5) | ((day == 4) & (hour >= 17)) | ((day == 6) & (hour < 17))
    return ~weekend


def rollovers(start_ns: int, end_ns: int) -> tuple[np.ndarray, np.ndarray]:
    """Swap cut-offs R with start < R <= end and the days of interest each one books.

    The cut-off is 17:00 New York on weekdays, through every change of daylight saving time; Wednesday books
    three days because its value date crosses the weekend. Bank holidays are not modelled.

    Args:
        start_ns, end_ns: int64 nanoseconds since 1970 UTC.

    Returns:
        (cut-offs,) int64 instants and (cut-offs,) int64 days, 1 or 3.

    >>> from pandas import Timestamp
    >>> at, days = rollovers(Timestamp("2017-03-06", tz="UTC").value, Timestamp("2017-03-14", tz="UTC").value)
    >>> [str(Timestamp(t))[5:16] for t in at], days.tolist()  # 22:00 UTC in winter, 21:00 from 12 March 2017
    (['03-06 22:00', '03-07 22:00', '03-08 22:00', '03-09 22:00', '03-10 22:00', '03-13 21:00'], [1, 1, 3, 1, 1, 1])
    """
    if end_ns <= start_ns:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    first = pd.Timestamp(start_ns, tz="UTC").tz_convert(NEW_YORK).tz_localize(None).normalize()
    last = pd.Timestamp(end_ns, tz="UTC").tz_convert(NEW_YORK).tz_localize(None).normalize()
    days = pd.date_range(first, last, freq="D")
    days = days[days.day_of_week < 5]
    at = (days + pd.Timedelta(hours=17)).tz_localize(NEW_YORK).tz_convert("UTC").as_unit("ns").asi8
    inside = (at > start_ns) & (at <= end_ns)
    return at[inside], np.where(days.day_of_week[inside] == 2, 3, 1).astype(np.int64)
