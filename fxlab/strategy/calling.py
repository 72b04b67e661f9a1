"""Calling a strategy: functions of bars, or targets that were given instead of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from fxlab.market import Bars
from fxlab.strategy.targets import Targets


def targets_of(strategy: Any, bars: Bars, params: Mapping[str, Any], name: str) -> Any:
    """What a strategy function returns for these bars, or the targets that were given instead of one."""
    if callable(strategy):
        return strategy(bars, **params)
    if params:
        raise TypeError(f"{name} are targets already and take no params; they were given {', '.join(params)}")
    if isinstance(strategy, (Targets, pd.DataFrame, pd.Series, np.ndarray, int, float)):
        return strategy
    raise TypeError(
        f"{type(strategy).__name__} is not a strategy; give a function of bars, Targets, a DataFrame, or a Policy"
    )


def strategy_name(strategy: Any) -> str:
    """How messages and tables call a strategy."""
    if isinstance(strategy, (Targets, pd.DataFrame, pd.Series, np.ndarray, int, float)):
        return "targets"
    return getattr(strategy, "__name__", None) or type(strategy).__name__
