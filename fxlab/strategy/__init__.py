"""From forecasts to target positions: Targets, what strategies and policies are, and forecasters as strategies."""

from fxlab.strategy.from_forecaster import ForecastStrategy, from_forecaster
from fxlab.strategy.protocols import Policy, Strategy, View
from fxlab.strategy.targets import TargetArrays, Targets, target_arrays, target_row

__all__ = [
    "ForecastStrategy",
    "Policy",
    "Strategy",
    "TargetArrays",
    "Targets",
    "View",
    "from_forecaster",
    "target_arrays",
    "target_row",
]
