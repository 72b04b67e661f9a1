"""Models: columns in, forecasts out, with scikit-learn's verbs.

Heavy libraries load with the class that needs them.

`labels` makes y (and is the only module that looks ahead); `MODELS` names the forecasters for YAML; `load`
reads a saved one back; the random walk is the one to beat.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from fxlab.models.catalogue import MODELS
from fxlab.models.evaluation import directional_accuracy, forecast_table, mae, relative_rmse, rmse
from fxlab.models.labels import direction, forward_return
from fxlab.models.storage import load

if TYPE_CHECKING:
    from fxlab.models.baselines import DriftForecaster, RandomWalkForecaster
    from fxlab.models.forecaster import Forecaster
    from fxlab.models.linear import RidgeForecaster
    from fxlab.models.lstm import LSTMForecaster

_LAZY = {
    "DriftForecaster": "fxlab.models.baselines",
    "Forecaster": "fxlab.models.forecaster",
    "LSTMForecaster": "fxlab.models.lstm",
    "RandomWalkForecaster": "fxlab.models.baselines",
    "RidgeForecaster": "fxlab.models.linear",
}

__all__ = [
    "MODELS",
    "DriftForecaster",
    "Forecaster",
    "LSTMForecaster",
    "RandomWalkForecaster",
    "RidgeForecaster",
    "direction",
    "directional_accuracy",
    "forecast_table",
    "forward_return",
    "load",
    "mae",
    "relative_rmse",
    "rmse",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        value = getattr(importlib.import_module(_LAZY[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'fxlab.models' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
