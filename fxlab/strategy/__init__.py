"""From forecasts to target positions: Targets, what strategies and policies are, and forecasters as strategies."""

from fxlab.strategy.calling import strategy_name, targets_of
from fxlab.strategy.from_forecaster import ForecastStrategy, from_forecaster
from fxlab.strategy.protocols import Policy, Strategy, View
from fxlab.strategy.targets import TargetArrays, Targets, first_rows, target_arrays, target_row

__all__ = [
    "ForecastStrategy",
    "Policy",
    "Strategy",
    "TargetArrays",
    "Targets",
    "View",
    "first_rows",
    "from_forecaster",
    "strategy_name",
    "target_arrays",
    "target_row",
    "targets_of",
]
