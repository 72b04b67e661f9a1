"""Bars small enough to live through by hand."""

from __future__ import annotations

import pytest

import fxlab as fx


@pytest.fixture(scope="session")
def euro() -> fx.Bars:
    """A week of real hours."""
    return fx.load_bars("EURUSD", start="2017-03-06", end="2017-03-10")


@pytest.fixture(scope="session")
def trio() -> fx.Bars:
    """Three pairs, 80 made-up hours."""
    return fx.load_bars(["EURUSD", "USDJPY", "GBPUSD"], source="synthetic", n_bars=80, seed=1)
