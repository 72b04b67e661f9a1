"""Real bars the feature tests share."""

from __future__ import annotations

import pytest

import fxlab as fx
from fxlab.market import Bars


@pytest.fixture(scope="session")
def bars() -> Bars:
    """1,500 hourly EURUSD bars of 2017: a quarter of the sample, weekends included."""
    return fx.load_bars("EURUSD")[:1500]


@pytest.fixture(scope="session")
def pairs() -> Bars:
    """Daily bars of two pairs, one price a day (open = high = low = close)."""
    return fx.load_bars(["EURUSD", "USDJPY"], source="ecb", start="2019", end="2020")
