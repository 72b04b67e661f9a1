"""From forecasts to target positions: Targets, sizing, strategies and policies, and forecasters as strategies."""

from fxlab.strategy.calling import strategy_name, targets_of
from fxlab.strategy.from_forecaster import ForecastStrategy, from_forecaster
from fxlab.strategy.protocols import Policy, Strategy, View
from fxlab.strategy.sharing import remembering, shared
from fxlab.strategy.sizing import (
    fixed_exposure,
    fixed_lots,
    realised_volatility,
    risk_per_trade,
    volatility_target,
)
from fxlab.strategy.targets import TargetArrays, Targets, first_rows, target_arrays, target_row

__all__ = [
    "ForecastStrategy",
    "Policy",
    "Strategy",
    "TargetArrays",
    "Targets",
    "View",
    "first_rows",
    "fixed_exposure",
    "fixed_lots",
    "from_forecaster",
    "realised_volatility",
    "remembering",
    "risk_per_trade",
    "shared",
    "strategy_name",
    "target_arrays",
    "target_row",
    "targets_of",
    "volatility_target",
]
