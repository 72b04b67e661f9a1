"""fxlab: forex trading research from price files to a verdict, with one kernel where money is counted.

The public names below are all there is at the top; they load on first use (PEP 562), so that `import fxlab`
stays light. Rooms (`fx.features`, `fx.models`, …) stay importable.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_NAMES = {
    "Account": "fxlab.execution",
    "Bars": "fxlab.market",
    "Costs": "fxlab.execution",
    "DQNAgent": "fxlab.agents",
    "Instrument": "fxlab.market",
    "LSTMForecaster": "fxlab.models",
    "Result": "fxlab.execution",
    "Targets": "fxlab.strategy",
    "TradingEnv": "fxlab.envs",
    "VectorTradingEnv": "fxlab.envs",
    "backtest": "fxlab.backtesting",
    "check_lookahead": "fxlab.validation",
    "load_bars": "fxlab.data",
    "paper_trade": "fxlab.paper",
    "sweep": "fxlab.backtesting",
    "walk_forward": "fxlab.backtesting",
}
_ROOMS = (
    "agents",
    "backtesting",
    "data",
    "envs",
    "execution",
    "features",
    "market",
    "metrics",
    "models",
    "paper",
    "report",
    "sentiment",
    "strategy",
    "validation",
)

__all__ = [
    "Account",
    "Bars",
    "Costs",
    "DQNAgent",
    "Instrument",
    "LSTMForecaster",
    "Result",
    "Targets",
    "TradingEnv",
    "VectorTradingEnv",
    "backtest",
    "check_lookahead",
    "load_bars",
    "paper_trade",
    "sweep",
    "walk_forward",
]

if TYPE_CHECKING:
    from fxlab.agents import DQNAgent
    from fxlab.backtesting import backtest, sweep, walk_forward  # type: ignore[no-redef]
    from fxlab.data import load_bars
    from fxlab.envs import TradingEnv, VectorTradingEnv
    from fxlab.execution import Account, Costs, Result
    from fxlab.market import Bars, Instrument
    from fxlab.models import LSTMForecaster
    from fxlab.paper import paper_trade
    from fxlab.strategy import Targets
    from fxlab.validation import check_lookahead


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        value = getattr(importlib.import_module(_NAMES[name]), name)
        globals()[name] = value
        return value
    if name in _ROOMS:
        return importlib.import_module(f"fxlab.{name}")
    raise AttributeError(f"module 'fxlab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS, "__version__"])
