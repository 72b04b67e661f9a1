"""Return features: how far the mid close has moved."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fxlab.features.shape import log, one_or_many, whole
from fxlab.market import Bars


def log_return(bars: Bars, horizon: int = 1) -> pd.Series | pd.DataFrame:
    """Log return of the mid close over the last `horizon` bars: ln(close[i] / close[i - horizon]).

    Args:
        bars: one pair or several.
        horizon: bars looked back, one or more.

    Returns:
        dimensionless (0.01 is about 1 %), NaN in the first `horizon` rows; a Series for one pair, a frame
        with a column per symbol for several.

    Raises:
        ValueError: horizon is not a whole number of at least one.
    """
    whole("log_return", "horizon", horizon, 1)
    logs = log(bars.close)
    return one_or_many(logs - logs.shift(horizon), "log_return")


def momentum(bars: Bars, lookback: int = 20) -> pd.Series | pd.DataFrame:
    """Log return over `lookback` bars in units of its own risk: r / (s * sqrt(lookback)).

    s is the standard deviation (ddof 1) of the same one-bar log returns, so the value reads like a
    t-statistic of the trend. A window in which the price never moved counts as 0.

    Args:
        bars: one pair or several.
        lookback: bars, two or more.

    Returns:
        dimensionless, NaN in the first `lookback` rows.

    Raises:
        ValueError: lookback is not a whole number of at least two.

    Source: Moskowitz, Ooi & Pedersen (2012), "Time series momentum", J. Financial Economics 104(2), scaled
        here by the risk of the same window instead of an exponentially weighted one.
    """
    whole("momentum", "lookback", lookback, 2)
    logs = log(bars.close)
    risk = (logs - logs.shift(1)).rolling(lookback).std() * np.sqrt(lookback)
    moved = logs - logs.shift(lookback)
    return one_or_many((moved / risk).mask((risk == 0) & (moved == 0), 0.0), "momentum")
