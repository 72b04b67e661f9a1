"""Channel breakout: buy a new high, sell a new low, leave at the opposite end of a shorter channel.

Thesis: a price beyond everything seen for days is news that others have yet to act on. Many small losses, few large
gains; without a long move in the sample there is nothing to earn.

Source: Donchian (1960), "High finance in copper", Financial Analysts Journal 16(6), for the channel; Faith (2007),
"Way of the Turtle", McGraw-Hill, for entry at the 20-day and exit at the 10-day channel. Departures: bars of any
length instead of days, decided at the close instead of inside the bar, one unit instead of pyramids, no stop.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fxlab.market import Bars


def channel_breakout(bars: Bars, entry: int = 120, leave: int = 60, exposure: float = 1.0) -> pd.DataFrame:
    """Long after a close above the highest high of the `entry` bars before it, until one below the lowest low of the
    `leave` bars before it; short the other way round.

    Args:
        bars: one pair or several, each by itself.
        entry, leave: bars of the two channels; leave at most entry.
        exposure: multiple of equity held in each pair.

    Returns:
        exposure (bars × symbols); 0 outside a trend, NaN until the entry channel is known.

    Raises:
        ValueError: leave is above entry, or below 1.
    """
    if not 1 <= leave <= entry:
        raise ValueError(f"channel_breakout: entry is {entry} and leave is {leave}; give 1 <= leave <= entry")
    high, low, close = bars.high, bars.low, bars.close
    top, bottom = high.rolling(entry).max().shift(1), low.rolling(entry).min().shift(1)
    near_top, near_bottom = high.rolling(leave).max().shift(1), low.rolling(leave).min().shift(1)
    # a break upwards is above the near top too and ends a short, so never both at once
    is_long = _switched(close > top, close < near_bottom)
    is_short = _switched(close < bottom, close > near_top)
    return (exposure * (is_long - is_short)).where(top.notna())


def _switched(on: pd.DataFrame, off: pd.DataFrame) -> pd.DataFrame:
    """1 from each `on` until the next `off`, else 0."""
    switches = np.where(on, 1.0, np.where(off, 0.0, np.nan))
    return pd.DataFrame(switches, index=on.index, columns=on.columns).ffill().fillna(0.0)
