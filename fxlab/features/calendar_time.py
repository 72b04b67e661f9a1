"""Calendar features: where in the day and the week a bar is decided, in UTC and in the three big centres.

All of them read `bars.known_at`, the moment of decision, not the opening stamp.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fxlab.market import Bars

DAY_NS = 86_400_000_000_000
MONDAY_NS = 3 * DAY_NS  # 1970 began on a Thursday: three days after a Monday
CENTRES = {"tokyo": "Asia/Tokyo", "london": "Europe/London", "new_york": "America/New_York"}


def time_of_day(bars: Bars) -> pd.DataFrame:
    """The time of day in UTC as a point on a circle: columns sin and cos of 2 pi × (part of the day gone).

    Returns:
        (bars × 2), -1 to 1, no warm-up: midnight is (0, 1), 06:00 (1, 0). One for all symbols.
    """
    return _circle(bars, bars.known_at.asi8 % DAY_NS / DAY_NS)


def time_of_week(bars: Bars) -> pd.DataFrame:
    """The time of week in UTC as a point on a circle, from Monday 00:00: columns sin and cos.

    Returns:
        (bars × 2), -1 to 1, no warm-up. One for all symbols.
    """
    return _circle(bars, (bars.known_at.asi8 + MONDAY_NS) % (7 * DAY_NS) / (7 * DAY_NS))


def sessions(bars: Bars) -> pd.DataFrame:
    """Which centres are at work, 08:00 to 17:00 local, Monday to Friday: tokyo, london, new_york.

    Daylight saving time is followed; bank holidays are not.

    Returns:
        (bars × 3) of 1.0 and 0.0, no warm-up. One for all symbols.
    """
    flags = {}
    for centre, zone in CENTRES.items():
        local = bars.known_at.tz_convert(zone)
        hour, day = local.hour.to_numpy(), local.day_of_week.to_numpy()  # Monday is 0
        flags[centre] = ((hour >= 8) & (hour < 17) & (day < 5)).astype(np.float64)
    return pd.DataFrame(flags, index=bars.index)


def _circle(bars: Bars, fraction: np.ndarray) -> pd.DataFrame:
    angle = 2.0 * np.pi * fraction
    return pd.DataFrame({"sin": np.sin(angle), "cos": np.cos(angle)}, index=bars.index)
