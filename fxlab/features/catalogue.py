"""The features a YAML file or a saved pipeline may name, and the dozen the quickstart uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fxlab.features.calendar_time import sessions, time_of_day, time_of_week
from fxlab.features.market_state import bar_range, spread_pips, volume_ratio
from fxlab.features.oscillators import bollinger_z, range_position, rsi
from fxlab.features.returns import log_return, momentum
from fxlab.features.trend import macd, moving_average_ratio
from fxlab.features.volatility_measures import atr, garman_klass_volatility, parkinson_volatility, volatility

FEATURES: dict[str, Callable[..., Any]] = {
    "atr": atr,
    "bar_range": bar_range,
    "bollinger_z": bollinger_z,
    "garman_klass_volatility": garman_klass_volatility,
    "log_return": log_return,
    "macd": macd,
    "momentum": momentum,
    "moving_average_ratio": moving_average_ratio,
    "parkinson_volatility": parkinson_volatility,
    "range_position": range_position,
    "rsi": rsi,
    "sessions": sessions,
    "spread_pips": spread_pips,
    "time_of_day": time_of_day,
    "time_of_week": time_of_week,
    "volatility": volatility,
    "volume_ratio": volume_ratio,
}


def default_features() -> list[tuple[str, str, dict[str, Any]]]:
    """A dozen (name, function, parameters) steps that any source can feed: 14 columns, 49 bars of warm-up."""
    return [
        ("log_return", "log_return", {"horizon": 1}),
        ("log_return_6", "log_return", {"horizon": 6}),
        ("momentum", "momentum", {"lookback": 24}),
        ("moving_average_ratio", "moving_average_ratio", {"fast": 10, "slow": 50}),
        ("macd", "macd", {}),
        ("rsi", "rsi", {"period": 14}),
        ("bollinger_z", "bollinger_z", {"period": 20}),
        ("range_position", "range_position", {"period": 24}),
        ("volatility", "volatility", {"period": 24}),
        ("parkinson_volatility", "parkinson_volatility", {"period": 24}),
        ("time_of_day", "time_of_day", {}),
        ("time_of_week", "time_of_week", {}),
    ]
