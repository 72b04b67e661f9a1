"""Market-state features: what trading costs and how wide a bar is right now."""

from __future__ import annotations

import pandas as pd

from fxlab.features.shape import log, one_or_many, whole
from fxlab.market import Bars


def spread_pips(bars: Bars) -> pd.Series | pd.DataFrame:
    """Spread between ask and bid at the close, in pips, no warm-up.

    Constant where the source quotes one side and the other was completed with a fixed spread.
    """
    return one_or_many(bars.spread_pips, "spread_pips")


def bar_range(bars: Bars) -> pd.Series | pd.DataFrame:
    """Range of the bar itself: ln(high / low) of mid prices, as a fraction, no warm-up."""
    return one_or_many(log(bars.high / bars.low), "bar_range")


def volume_ratio(bars: Bars, period: int = 50) -> pd.Series | pd.DataFrame:
    """Volume against its recent mean: ln((1 + volume) / (1 + mean of the last `period` volumes)).

    Args:
        bars: one pair or several, from a source that counts volume (FX volume is ticks, not money).
        period: bars in the mean, this one included.

    Returns:
        dimensionless, NaN in the first period - 1 rows.

    Raises:
        ValueError: the bars carry no volume, or period is not a whole number of at least one.
    """
    whole("volume_ratio", "period", period, 1)
    if bars.volumes is None:
        raise ValueError(f"volume_ratio: the bars of {', '.join(bars.symbols)} carry no volume; leave it out")
    volume = bars.volume
    return one_or_many(log((1.0 + volume) / (1.0 + volume.rolling(period).mean())), "volume_ratio")
