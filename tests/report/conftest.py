"""Runs to report on: real ones from the sample, and ones whose returns are planted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import fxlab as fx
from fxlab.execution import Result

COSTS = fx.Costs(slippage_pips=0.1, commission_per_lot=3.5, swap={"EURUSD": (-0.6, 0.3)})


def ma_cross(bars: fx.Bars, fast: int = 24, slow: int = 120) -> pd.DataFrame:
    close = bars.close
    return np.sign(close.rolling(fast).mean() - close.rolling(slow).mean())


@pytest.fixture(scope="session")
def bars() -> fx.Bars:
    return fx.load_bars("EURUSD")["2017-09":"2017-11"]


@pytest.fixture(scope="session")
def crossing(bars: fx.Bars) -> Result:
    """A moving-average cross over three months of the sample, all costs charged."""
    return fx.backtest(ma_cross, bars, costs=COSTS)


@pytest.fixture(scope="session")
def flat(bars: fx.Bars) -> Result:
    return fx.backtest(0.0, bars, costs=COSTS)


@pytest.fixture(scope="session")
def holding(bars: fx.Bars) -> Result:
    return fx.backtest(1.0, bars, costs=COSTS)


@pytest.fixture(scope="session")
def runs(flat: Result, holding: Result, crossing: Result) -> dict[str, Result]:
    return {"Flat": flat, "Buy and hold": holding, "Cross": crossing}


@pytest.fixture(scope="session")
def planted(crossing: Result) -> Callable[..., Result]:
    """planted(returns, name="planted"): a Result with these simple returns a bar, fills and trades as `crossing`."""

    def plant(returns: np.ndarray, name: str = "planted") -> Result:
        index = pd.date_range("2017-01-02", periods=len(returns) + 1, freq="h", tz="UTC")
        equity = pd.Series(10_000.0 * np.cumprod(np.r_[1.0, 1.0 + returns]), index=index, name="equity")
        nothing = pd.DataFrame({"EURUSD": np.zeros(len(index))}, index=index)
        return dataclasses.replace(
            crossing,
            equity=equity,
            balance=equity,
            exposure=nothing + 1.0,
            lots=nothing,
            close=nothing + 1.1,
            info={**crossing.info, "strategy": name},
        )

    return plant
