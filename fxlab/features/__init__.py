"""Features: bars in, columns out; each value knows only its own past. One function per feature.

`FEATURES` names them for YAML, `FeaturePipeline` puts them side by side and scales them, `windows` cuts the
columns into what recurrent networks take.
"""

from fxlab.features.calendar_time import sessions, time_of_day, time_of_week
from fxlab.features.catalogue import FEATURES, default_features
from fxlab.features.market_state import bar_range, spread_pips, volume_ratio
from fxlab.features.oscillators import bollinger_z, range_position, rsi
from fxlab.features.pipeline import FeaturePipeline
from fxlab.features.returns import log_return, momentum
from fxlab.features.steps import Step
from fxlab.features.trend import macd, moving_average_ratio
from fxlab.features.volatility_measures import atr, garman_klass_volatility, parkinson_volatility, volatility
from fxlab.features.windowing import window_rows, windows

__all__ = [
    "FEATURES",
    "FeaturePipeline",
    "Step",
    "atr",
    "bar_range",
    "bollinger_z",
    "default_features",
    "garman_klass_volatility",
    "log_return",
    "macd",
    "momentum",
    "moving_average_ratio",
    "parkinson_volatility",
    "range_position",
    "rsi",
    "sessions",
    "spread_pips",
    "time_of_day",
    "time_of_week",
    "volatility",
    "volume_ratio",
    "window_rows",
    "windows",
]
