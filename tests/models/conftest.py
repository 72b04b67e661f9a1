"""What the model tests learn from: real features, and a series that can be learned."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fxlab as fx
from fxlab.features import FeaturePipeline
from fxlab.market import Bars


@pytest.fixture(scope="session")
def bars() -> Bars:
    """1,200 hourly EURUSD bars of 2017."""
    return fx.load_bars("EURUSD")[:1200]


@pytest.fixture(scope="session")
def columns(bars) -> pd.DataFrame:
    """Scaled default features of those bars, fitted on the first 800; 49 rows of warm-up."""
    return FeaturePipeline().fit(bars[:800]).transform(bars)


@pytest.fixture(scope="session")
def ahead(bars) -> pd.Series:
    """Log return of the next bar."""
    return fx.models.forward_return(bars)


@pytest.fixture(scope="session")
def learnable() -> tuple[pd.DataFrame, pd.Series]:
    """1,500 rows of an AR(1), coefficient 0.8, unit shocks: the best forecast has 60 % of the RMSE of 0."""
    shocks = np.random.default_rng(7).normal(size=1500)
    values = np.zeros(1500)
    for i in range(1, 1500):
        values[i] = 0.8 * values[i - 1] + shocks[i]
    index = pd.date_range("2020-01-01", periods=1500, freq="1h", tz="UTC")
    frame = pd.DataFrame({"x": values}, index=index)
    return frame, frame["x"].shift(-1)
